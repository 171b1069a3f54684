"""A real worker process (nameko, eventlet) against what nameko's own messaging does not survive."""

import json

import pytest

from deploy.local import children
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import AREA, ThingNamed, moved
from tests.support.waiting import eventually


@pytest.fixture
def worker(rig: Rig) -> children.Child:
    child = rig.process("worker")
    rig.wait_held()
    return child


def test_an_event_whose_handler_raises_is_kept_and_not_requeued_hot(rig: Rig, worker: children.Child) -> None:
    """nameko acknowledges such a message (lost), or with requeue_on_error spins on it."""
    rig.commit(moved("bad", 1, mode="raise"), moved("good", 1))
    rig.send(*rig.bodies())

    rig.wait_effects(1)
    eventually(lambda: rig.value("SELECT count(*) FROM parked WHERE subject = 'bad'") == 1)
    eventually(
        lambda: rig.value("SELECT tries FROM parked WHERE subject = 'bad'") >= 1, what="it is tried again"
    )
    assert rig.queue_length() == 0
    assert rig.value("SELECT tries FROM parked WHERE subject = 'bad'") <= 2
    assert worker.running


def test_a_message_that_cannot_be_read_is_kept_and_the_next_is_handled(
    rig: Rig, worker: children.Child
) -> None:
    """nameko acknowledges such a message: lost."""
    rig.commit(moved("good", 1))
    rig.send(b"\x80 not json", b"", *rig.bodies())

    rig.wait_effects(1)
    assert rig.value("SELECT count(*) FROM parked WHERE state = 'undecodable'") == 2


def test_order_holds_though_the_process_has_many_greenlets(rig: Rig, worker: children.Child) -> None:
    """With ten nameko workers, 84 of 300 events ran out of order."""
    rig.commit(*(moved(f"s{n % 3}", n) for n in range(300)))
    rig.send(*rig.bodies())

    assert_in_order(rig.wait_effects(300))


def test_sigterm_finishes_and_acknowledges_what_is_under_way(rig: Rig, worker: children.Child) -> None:
    """nameko loses the acknowledgement of the message in flight."""
    rig.commit(moved("a", 1, mode="slow:1.0"))
    rig.send(*rig.bodies())
    eventually(
        lambda: rig.value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'yiwang-probe-inbox'"
            " AND datname = current_database() AND state = 'idle in transaction'"
        ),
        what="the handler is at work",
    )

    worker.stop(deadline_seconds=15)

    assert worker.exit_code == 0
    assert len(rig.effects()) == 1
    assert rig.queue_length() == 0


def test_a_hub_kept_busy_past_the_heartbeat_costs_a_reconnect_and_not_the_process(
    rig: Rig, worker: children.Child
) -> None:
    """With nameko a heartbeat missed while the hub was busy kills the process."""
    rig.commit(moved("a", 1, mode="busy:3"), moved("a", 2))
    rig.send(*rig.bodies())
    # The broker would need 20 seconds to miss the heartbeats; it is told to give up the link now.
    eventually(lambda: rig.queue_length() == 0, what="the worker has taken them")
    rig.servers.rabbitmq.close_connections()

    assert_in_order(rig.wait_effects(2, within_seconds=30))
    eventually(lambda: rig.queue_consumers() == 1, within_seconds=20, what="the worker is back")
    assert worker.running
    assert len(rig.effects()) == 2


def test_an_event_that_ends_the_process_is_parked_in_the_end_and_takes_no_other_with_it(rig: Rig) -> None:
    rig.commit(
        moved("a", 1), moved("deadly", 1, mode="exit"), moved("b", 1), moved("deadly", 2), moved("c", 1)
    )
    rig.send(*rig.bodies())

    for _ in range(20):
        child = rig.process("worker")
        child.wait(deadline_seconds=4 if rig.value("SELECT count(*) FROM parked") == 0 else 1)
        if rig.value("SELECT count(*) FROM parked") > 0 and len(rig.effects()) == 3:
            break

    assert {row["subject"] for row in rig.effects()} == {"a", "b", "c"}
    rows = rig.execute("SELECT subject FROM parked ORDER BY key")
    assert [row["subject"] for row in rows] == ["deadly", "deadly"]


def test_timers_go_on_whatever_happens_in_them(rig: Rig, worker: children.Child) -> None:
    def ticks() -> int:
        rows = rig.execute("SELECT writes FROM names WHERE thing_id = 'tick'")
        return rows[0]["writes"] if rows else 0

    eventually(lambda: ticks() >= 5, what="the timer ticks")
    rig.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'yiwang-probe' AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    seen = ticks()

    eventually(lambda: ticks() >= seen + 5, within_seconds=20, what="the timer ticks again")
    assert worker.running


def test_the_trace_of_an_event_and_its_copies_reach_the_worker(rig: Rig, worker: children.Child) -> None:
    rig.commit(ThingNamed(thing_id="a", area=AREA, name="gate"))
    (body,) = rig.bodies()
    rig.send(body, routing_key="probe.thing_named.v1.37.01.02.007")

    eventually(lambda: rig.execute("SELECT name FROM names WHERE thing_id = 'a'") == [{"name": "gate"}])
    assert json.loads(body)["subject"] == "a"
