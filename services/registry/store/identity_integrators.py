"""Outside systems, and what the worker still has to do for them on the broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.domain import identity_integrators
from services.registry.store.sql import queries
from shared import db

_CONSTRAINTS: Mapping[str, Any] = {
    "integrators_name_key": identity_integrators.IntegratorNameTaken,
}


@dataclass(frozen=True, kw_only=True)
class Client:
    """What an outside system's secret is checked against."""

    integrator_id: str
    name: str
    areas: tuple[str, ...]
    secret_hash: bytes
    is_alive: bool


@dataclass(frozen=True, kw_only=True)
class BrokerWork:
    """An outside system whose place on the broker is to be brought about, and how far it is."""

    integrator: identity_integrators.Integrator
    broker_password_hash: str
    # The next offset of the log to copy from.
    history_offset: int
    history_done: bool
    # Live events flow into the stream.
    bound: bool
    attempts: int


def client(tx: db.Tx, name: str) -> Client | None:
    row = queries.identity_client(tx, name=name)
    if row is None:
        return None
    return Client(
        integrator_id=str(row["integrator_id"]),
        name=row["name"],
        areas=tuple(row["areas"]),
        secret_hash=bytes(row["secret_hash"]),
        is_alive=row["state"] in ("pending", "ready"),
    )


def integrator(
    tx: db.Tx, integrator_id: str, *, scopes: Sequence[str], lock: bool = False
) -> identity_integrators.Integrator:
    """Raises IntegratorUnknown, also for one that receives nothing of the scopes."""
    if lock:
        queries.identity_lock_integrator(tx, integrator_id=integrator_id)
    row = queries.identity_integrator(tx, integrator_id=integrator_id)
    if row is None or not any(code.startswith(scope) for code in row["areas"] for scope in scopes):
        raise identity_integrators.IntegratorUnknown()
    return _integrator(row)


def integrators(
    tx: db.Tx, *, scopes: Sequence[str], after: str | None, limit: int
) -> list[identity_integrators.Integrator]:
    return [
        _integrator(row) for row in queries.identity_integrators(tx, scopes=scopes, after=after, limit=limit)
    ]


def add_integrator(
    tx: db.Tx, added: identity_integrators.Integrator, *, secret_hash: bytes, broker_password_hash: str
) -> None:
    """Raises IntegratorNameTaken."""
    with db.translating(_CONSTRAINTS):
        queries.identity_add_integrator(
            tx,
            **_integrator_columns(added),
            secret_hash=secret_hash,
            broker_password_hash=broker_password_hash,
        )


def put_integrator(
    tx: db.Tx, wanted: identity_integrators.Integrator, *, secret_hash: bytes, broker_password_hash: str
) -> None:
    """Stores demonstration data, again and again without harm."""
    queries.identity_put_integrator(
        tx, **_integrator_columns(wanted), secret_hash=secret_hash, broker_password_hash=broker_password_hash
    )


def save_integrator(tx: db.Tx, changed: identity_integrators.Integrator) -> None:
    queries.identity_save_integrator(
        tx, integrator_id=changed.integrator_id, state=changed.state, version=changed.version
    )


def due_integrator(tx: db.Tx) -> BrokerWork | None:
    """The next outside system whose place on the broker is not as it should be; no other worker takes it meanwhile."""
    row = queries.identity_due_integrator(tx)
    if row is None:
        return None
    return BrokerWork(
        integrator=_integrator(row),
        broker_password_hash=row["broker_password_hash"],
        history_offset=row["history_offset"] or 0,
        history_done=row["history_done"],
        bound=row["bound"],
        attempts=row["attempts"],
    )


def integrator_filled(
    tx: db.Tx, work: BrokerWork, *, history_offset: int, history_done: bool, bound: bool
) -> None:
    """Notes how far the stream is; in vain when the row was changed meanwhile."""
    queries.identity_integrator_filled(
        tx,
        integrator_id=work.integrator.integrator_id,
        version=work.integrator.version,
        history_offset=history_offset,
        history_done=history_done,
        bound=bound,
    )


def integrator_reached(tx: db.Tx, work: BrokerWork, *, state: str) -> None:
    """The broker is as wanted; in vain when something else is wanted meanwhile."""
    queries.identity_integrator_reached(
        tx, integrator_id=work.integrator.integrator_id, version=work.integrator.version, state=state
    )


def integrator_troubled(tx: db.Tx, work: BrokerWork, *, trouble: str, wait_seconds: float) -> None:
    queries.identity_integrator_troubled(
        tx,
        integrator_id=work.integrator.integrator_id,
        version=work.integrator.version,
        trouble=trouble,
        wait_seconds=wait_seconds,
    )


def _integrator(row: Mapping[str, Any]) -> identity_integrators.Integrator:
    return identity_integrators.Integrator(
        integrator_id=str(row["integrator_id"]),
        name=row["name"],
        title=row["title"],
        event_types=tuple(row["event_types"]),
        areas=tuple(row["areas"]),
        state=row["state"],
        trouble=row["trouble"],
        version=row["version"],
    )


def _integrator_columns(value: identity_integrators.Integrator) -> dict[str, Any]:
    return {
        "integrator_id": value.integrator_id,
        "name": value.name,
        "title": value.title,
        "event_types": list(value.event_types),
        "areas": list(value.areas),
    }
