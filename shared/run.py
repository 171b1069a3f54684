"""Starts one process of one service: `python -m shared.run <service> <role>`.

Roles: `api` and `worker` (nameko under eventlet), `relay` (no eventlet), `migrate`, `seed` (reference data)
and `demo` (demonstration data, local mode only), which end when done.
"""

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

# Before anything is patched: the admin thread is native and must share native locks with the metrics.
import prometheus_client  # noqa: F401

ROLES = ("api", "worker", "relay", "migrate", "seed", "demo")
_HEALTH_SECONDS = 2.0
_DATABASE_SECONDS = 10.0


def main(arguments: list[str]) -> int:
    """Runs a role until it ends or is told to stop. Answers the exit status."""
    if len(arguments) != 2 or arguments[1] not in ROLES:
        print(f"usage: python -m shared.run <service> {'|'.join(ROLES)}", file=sys.stderr)
        return 2
    service, role = arguments
    if role in ("api", "worker"):
        # psycopg reads this at import and would otherwise stall every greenlet on each query.
        os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
        import eventlet

        eventlet.monkey_patch()
    from shared import config, contracts, files, logs, personal

    if service not in contracts.SERVICES:
        print(f"there is no service {service!r}; there are {', '.join(contracts.SERVICES)}", file=sys.stderr)
        return 2
    # A service says so in its package: `KEEPS_PERSONAL_DATA = True`.
    keeps_personal_data = getattr(
        importlib.import_module(f"services.{service}"), "KEEPS_PERSONAL_DATA", False
    )
    needs_personal_keys = keeps_personal_data and role in ("api", "worker", "demo")
    try:
        settings = config.load(
            service, needs_broker=role in ("worker", "relay"), needs_personal_keys=needs_personal_keys
        )
    except config.ConfigError as error:
        print(f"{service} {role} cannot start: {error}", file=sys.stderr)
        return 2
    logs.configure(service=service, role=role, level=settings.log_level)
    if needs_personal_keys:
        personal.use(personal.Vault(settings.personal_keys, settings.personal_index_key))
    files.configure(settings.files)
    if role in ("api", "worker"):
        return _serve(settings, role)
    if role == "relay":
        return _relay(settings)
    return _once(settings, role)


def _serve(settings: Any, role: str) -> int:
    import eventlet
    from nameko.runners import ServiceRunner

    from shared import auth, db, health, logs
    from shared.runtime import Runtime

    log = logs.get(__name__)
    runtime = Runtime(
        config=settings,
        database=db.Database(settings.database_url, service=settings.service, max_size=settings.concurrency),
        authenticator=auth.Authenticator(settings),
    )
    module = importlib.import_module(f"services.{settings.service}.{role}")
    runner = ServiceRunner(
        {
            "runtime": runtime,
            "AMQP_URI": settings.amqp_url,
            "WEB_SERVER_ADDRESS": f"{settings.http_host}:{settings.http_port}",
            "max_workers": settings.concurrency,
        }
    )
    runner.add_service(getattr(module, role.capitalize()))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        eventlet.spawn_n(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    health.serve(settings.admin_host, settings.admin_port)
    runner.start()
    eventlet.spawn_n(_beat)
    eventlet.spawn_n(_watch, runtime)
    log.info("started", port=settings.http_port if role == "api" else None, admin_port=settings.admin_port)
    try:
        runner.wait()
    except Exception:
        log.exception("died")
        return 1
    runtime.database.close()
    log.info("stopped")
    return 0


def _beat() -> None:
    """Says that the hub still turns."""
    import eventlet

    from shared import health

    while True:
        health.beat("hub")
        eventlet.sleep(_HEALTH_SECONDS)


def _watch(runtime: Any) -> None:
    """Reports whether the database answers; one that is silent counts as one that is not there."""
    import eventlet

    from shared import errors, health

    while True:
        try:
            with eventlet.Timeout(_DATABASE_SECONDS):
                runtime.database.check()
            health.report("database", problem=None)
        except errors.Unavailable as error:
            health.report("database", problem=error.detail)
        except eventlet.Timeout:
            health.report("database", problem=f"The database did not answer within {_DATABASE_SECONDS} s.")
        eventlet.sleep(_HEALTH_SECONDS)


def _relay(settings: Any) -> int:
    from shared import health
    from shared.bus import relay

    health.serve(settings.admin_host, settings.admin_port)
    status: int = relay.run(settings)
    return status


def _once(settings: Any, role: str) -> int:
    from shared import db

    if role == "demo" and not settings.is_local:
        print("demo data is for local mode only; set YIWANG_MODE=local", file=sys.stderr)
        return 2
    database = db.Database(settings.database_url, service=settings.service, max_size=2)
    try:
        _patiently(
            database.check if role == "migrate" else _loader(settings.service, role, database),
            seconds=settings.database_patience_seconds,
        )
    except db.DatabaseUnavailable:
        print(
            f"{settings.service} {role}: its database was not reached within {settings.database_patience_seconds} s;"
            " see whether it runs and what DATABASE_URL says, then start this again",
            file=sys.stderr,
        )
        return 1
    finally:
        database.close()
    if role == "migrate":
        _migrate(settings)
    return 0


def _migrate(settings: Any) -> None:
    from shared import logs, migrations

    applied = migrations.apply(settings.database_url, service=settings.service)
    logs.get(__name__).info("migrated", applied=applied)


def _loader(service: str, role: str, database: Any) -> Callable[[], None]:
    """What loads a service's data of that kind; nothing where it has none. It may be done again."""
    from shared import logs

    def load() -> None:
        module.load(database)
        logs.get(__name__).info("loaded")

    try:
        module = importlib.import_module(f"services.{service}.{role}")
    except ModuleNotFoundError as missing:
        if missing.name != f"services.{service}.{role}":
            raise
        return lambda: None
    return load


def _patiently(act: Callable[[], None], *, seconds: float) -> None:
    """Does it again while the database cannot be reached, as it is kept busy by a platform that starts all at once.

    Raises DatabaseUnavailable in the end.
    """
    from shared import db, logs

    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except db.DatabaseUnavailable:
            if time.monotonic() > end:
                raise
            logs.get(__name__).warning("database_awaited")
            time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
