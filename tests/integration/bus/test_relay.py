"""The relay sends everything committed, in order per subject, and nothing else; trouble only delays it."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local import processes
from shared import db, metrics
from shared.bus import relay, topology
from tests.support.bus import things
from tests.support.bus.rig import Rig
from tests.support.bus.things import moved
from tests.support.proxy import Proxy
from tests.support.waiting import eventually


def read_queue(rig: Rig) -> list[dict[str, Any]]:
    """Takes everything out of the inbox's queue."""
    channel = rig.channel()
    found = []
    while True:
        method, _, body = channel.basic_get(rig.queue, auto_ack=True)
        if method is None:
            return found
        found.append(json.loads(body))


def wait_sent(rig: Rig, *, within_seconds: float = 20.0) -> None:
    eventually(lambda: rig.unsent() == 0, within_seconds=within_seconds, what="the outbox is sent")


def interruptions(cause: str) -> float:
    """How often relays of this process had to begin anew."""
    return metrics.relay_interruptions_total.labels(cause)._value.get()


def assert_complete(events: list[dict[str, Any]], expected: int) -> None:
    """Every event came, and those of a subject first came in their order."""
    first: dict[str, list[int]] = {}
    ids = set()
    for event in events:
        if event["id"] not in ids:
            ids.add(event["id"])
            first.setdefault(event["subject"], []).append(int(event["sequence"]))
    assert len(ids) == expected
    for subject, sequences in first.items():
        assert sequences == list(range(1, len(sequences) + 1)), subject


def test_what_is_committed_is_sent_in_order(rig: Rig) -> None:
    rig.commit(*(moved(f"s{n % 7}", n) for n in range(100)))

    running = rig.relay()

    wait_sent(rig)
    running.stop()
    assert_complete(read_queue(rig), 100)


def test_three_relays_share_the_work_and_lose_and_misorder_nothing(rig: Rig) -> None:
    relays = [rig.relay(batch=20) for _ in range(3)]
    for start in range(0, 600, 60):
        rig.commit(*(moved(f"s{n % 30}", n) for n in range(start, start + 60)))

    wait_sent(rig)
    for running in relays:
        running.stop()
    assert_complete(read_queue(rig), 600)


def test_one_busy_subject_does_not_starve_the_others(rig: Rig) -> None:
    rig.commit(*(moved("busy", n) for n in range(300)), moved("quiet", 1), moved("zz", 1))

    running = rig.relay(batch=2, run=3)

    wait_sent(rig)
    running.stop()
    position = [event["subject"] for event in read_queue(rig)]
    assert position.index("quiet") < 10
    assert position.index("zz") < 10


def test_an_event_the_broker_returns_waits_and_holds_only_its_own_subject(rig: Rig) -> None:
    things.declare(rig.channel())
    # The log would take everything: without it an unwanted type has nowhere to go.
    rig.channel().queue_unbind(topology.LOG, topology.EXCHANGE, "#")
    made = relay.Relay(
        service=things.SERVICE,
        database_url=rig.database_url,
        amqp_url=rig.amqp_url,
        settings=relay.Settings(longest_refusal_seconds=0.3),
        declare=lambda _: None,
    )
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    rig.commit(things.ThingSeen(thing_id="a", area=things.AREA), moved("a", 1), moved("b", 1))

    eventually(lambda: rig.value("SELECT max(refusals) FROM outbox") >= 2, what="it was refused twice")
    assert rig.value("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 2
    assert [event["subject"] for event in read_queue(rig)] == ["b"]

    rig.channel().queue_bind(topology.LOG, topology.EXCHANGE, "#")
    wait_sent(rig)
    made.stop()
    thread.join(timeout=10)
    assert [event["subject"] for event in read_queue(rig)] == ["a"]


def test_a_relay_whose_database_connection_is_ended_goes_on(rig: Rig) -> None:
    running = rig.relay()
    rig.commit(moved("a", 1))
    wait_sent(rig)

    ended = rig.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yiwang-probe-relay'"
        " AND datname = current_database()"
    )
    rig.commit(moved("a", 2))

    assert len(ended) == 1
    wait_sent(rig)
    running.stop()
    assert_complete(read_queue(rig), 2)


def test_a_relay_whose_broker_connection_is_closed_goes_on(rig: Rig) -> None:
    running = rig.relay()
    rig.commit(moved("a", 1))
    wait_sent(rig)

    rig.servers.rabbitmq.close_connections()
    rig.commit(moved("a", 2))

    wait_sent(rig)
    running.stop()
    assert_complete(read_queue(rig), 2)


def test_a_silent_broker_link_is_noticed_and_left(rig: Rig) -> None:
    with Proxy(rig.servers.rabbitmq.ports["amqp"]) as proxy:
        port = rig.servers.rabbitmq.ports["amqp"]
        running = rig.relay(
            amqp_url=rig.amqp_url.replace(f":{port}/", f":{proxy.port}/"), confirm_seconds=1.0
        )
        rig.commit(moved("a", 1))
        wait_sent(rig)

        before = interruptions("broker")
        proxy.blackhole()
        rig.commit(moved("a", 2))
        eventually(lambda: interruptions("broker") > before, what="the relay gives the link up")
        proxy.restore()

        wait_sent(rig)
        running.stop()
    assert_complete(read_queue(rig), 2)


def test_a_silent_database_link_is_noticed_and_left(rig: Rig) -> None:
    port = rig.servers.postgresql.port
    with Proxy(port) as proxy:
        running = rig.relay(
            database_url=rig.database_url.replace(f":{port}/", f":{proxy.port}/"), pass_seconds=1.0
        )
        rig.commit(moved("a", 1))
        wait_sent(rig)

        before = interruptions("database")
        proxy.blackhole()
        rig.commit(moved("a", 2))
        eventually(lambda: interruptions("database") > before, what="the relay gives the link up")
        proxy.restore()

        wait_sent(rig)
        running.stop()
    assert_complete(read_queue(rig), 2)


def test_a_blocked_broker_delays_events_and_blocks_nobody(rig: Rig) -> None:
    """nameko's publisher hangs on a disk alarm; here changes commit as before and events follow later."""
    running = rig.relay()
    rig.commit(moved("a", 1))
    wait_sent(rig)

    rig.servers.rabbitmq.raise_disk_alarm()
    try:
        began = time.monotonic()
        for n in range(2, 12):
            rig.commit(moved("a", n))
        assert time.monotonic() - began < 5
        locked = "SELECT count(*) FROM pg_locks WHERE relation = 'outbox'::regclass AND mode = 'RowShareLock'"
        eventually(lambda: rig.value(locked) == 0, what="the relay holds no rows while it waits")
        assert rig.unsent() == 10
    finally:
        rig.servers.rabbitmq.clear_disk_alarm()

    wait_sent(rig)
    running.stop()
    assert_complete(read_queue(rig), 11)


def test_sent_events_are_forgotten_after_a_week_and_unsent_ones_never(rig: Rig) -> None:
    rig.commit(moved("old", 1), moved("unsent", 1), moved("new", 1))
    rig.execute("UPDATE outbox SET sent_at = clock_timestamp() WHERE subject <> 'unsent'")
    rig.execute("UPDATE outbox SET sent_at = sent_at + interval '2 days' WHERE subject = 'new'")
    made = relay.Relay(service=things.SERVICE, database_url="", amqp_url="")
    session = db.session(rig.database_url, name="test")

    pruned = made.prune(session, now=datetime.now(UTC) + timedelta(days=relay.SENT_DAYS, hours=1))

    session.close()
    assert pruned == 1
    assert {row["subject"] for row in rig.execute("SELECT subject FROM outbox")} == {"unsent", "new"}
    rig.commit(moved("old", 2))
    assert rig.value("SELECT sequence FROM outbox WHERE subject = 'old'") == 2


def test_a_relay_process_finishes_its_pass_on_sigterm_and_knows_no_eventlet(rig: Rig) -> None:
    child = rig.process("relay")
    rig.commit(moved("a", 1))
    wait_sent(rig)

    child.stop(deadline_seconds=10)

    assert child.exit_code == 0
    done = subprocess.run(
        [sys.executable, "-c", "import sys, shared.bus.relay; sys.exit('eventlet' in sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(processes.ROOT)},
        timeout=30,
    )
    assert done.returncode == 0


def test_an_outbox_long_empty_is_looked_at_less_often_but_ten_times_a_second(rig: Rig) -> None:
    quiet = relay.Relay(service=things.SERVICE, database_url=rig.database_url, amqp_url=rig.amqp_url)
    settings = quiet.settings

    quiet._found_at = time.monotonic()
    assert quiet._poll_seconds() == settings.poll_seconds
    quiet._found_at -= 3600
    assert quiet._poll_seconds() == settings.longest_poll_seconds == 0.1
