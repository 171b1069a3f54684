"""A process of the test service: `python -m tests.support.bus.probe worker|relay`, set up as shared/run.py does."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any


def main(role: str) -> int:
    if role == "worker":
        os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
        import eventlet

        eventlet.monkey_patch()
    from shared import contracts, logs
    from shared.contracts import base
    from tests.support.bus import things

    logs.configure(service=things.SERVICE, role=role)
    for event in things.EVENTS:
        base._BY_TYPE[event.type] = event
    contracts.SERVICES = (things.SERVICE,)  # type: ignore[assignment]
    settings = SimpleNamespace(
        service=things.SERVICE, database_url=os.environ["DATABASE_URL"], amqp_url=os.environ["AMQP_URL"]
    )
    return _relay(settings) if role == "relay" else _worker(settings)


def _relay(settings: Any) -> int:
    from shared.bus import relay

    return relay.run(settings)


def _worker(settings: Any) -> int:
    import eventlet
    from nameko.runners import ServiceRunner

    from shared import db
    from shared.bus.inbox import Received, subscribe
    from shared.timers import every
    from tests.support.bus import things

    class Worker:
        name = things.SERVICE

        @subscribe(things.ThingMoved)
        def thing_moved(self, tx: db.Tx, events: Sequence[Received[things.ThingMoved]]) -> None:
            for event in events:
                _behave(tx, event)
            things.record(tx, events, process=os.getpid())

        @subscribe(things.ThingNamed, copy=True)
        def thing_named(self, tx: db.Tx, events: Sequence[Received[things.ThingNamed]]) -> None:
            things.copy_name(tx, events)

        @every(seconds=0.1)
        def tick(self, tx: db.Tx) -> int:
            tx.execute(
                "INSERT INTO names (thing_id, sequence) VALUES ('tick', 1)"
                " ON CONFLICT (thing_id) DO UPDATE SET writes = names.writes + 1"
            )
            return 0

        @every(seconds=0.1)
        def failing_tick(self, tx: db.Tx) -> int:
            raise RuntimeError("this timer always fails")

    runtime = SimpleNamespace(
        config=settings,
        database=db.Database(settings.database_url, service=settings.service, max_size=4),
        authenticator=None,
    )
    runner = ServiceRunner({"runtime": runtime, "max_workers": 10})
    runner.add_service(Worker)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    try:
        runner.wait()
    except Exception as error:
        sys.stderr.write(f"died: {type(error).__name__}: {error}\n")
        return 1
    runtime.database.close()
    return 0


def _behave(tx: Any, event: Any) -> None:
    import eventlet

    mode, _, argument = event.data.mode.partition(":")
    if mode == "raise":
        raise RuntimeError("the handler refuses")
    if mode == "exit":
        os._exit(9)
    if mode == "slow":
        eventlet.sleep(float(argument))
    if mode == "busy":
        # Holds the hub: nothing else in this process gets its turn.
        end = time.monotonic() + float(argument)
        while time.monotonic() < end:
            sum(range(1000))
    if mode == "sql":
        tx.execute("SELECT no_such_column FROM effects")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
