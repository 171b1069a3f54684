"""Applying migrations: the tables of the shared library first, then the service's own, forward only."""

from pathlib import Path

import yoyo

_ROOT = Path(__file__).resolve().parents[2]


def apply(database_url: str, *, service: str) -> int:
    """Brings a service's database up to date; answers how many migrations it took. Safe to run at once
    from several places: the second waits."""
    backend = yoyo.get_backend(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with backend, backend.lock():
        pending = backend.to_apply(migrations_of(service))
        backend.apply_migrations(pending)
        return len(pending)


def migrations_of(service: str) -> "yoyo.migrations.MigrationList":
    """All migrations of a service in their order: shared ones come before the service's."""
    return yoyo.read_migrations(str(Path(__file__).parent)) + yoyo.read_migrations(
        str(_ROOT / "services" / service / "migrations")
    )
