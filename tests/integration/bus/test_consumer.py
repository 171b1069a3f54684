"""The worker's part in the inbox: one holder, in order, acknowledged only after the commit."""

import threading
from collections.abc import Sequence

from shared import db, health, metrics
from shared.bus import topology
from shared.bus.envelope import Received
from shared.bus.inbox.batch import Subscription
from shared.bus.inbox.consumer import INBOX_LOCK
from tests.support.bus import things
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import ThingMoved, moved
from tests.support.proxy import Proxy
from tests.support.waiting import eventually


def interruptions(cause: str) -> float:
    """How often consumers of this process had to begin anew."""
    return metrics.inbox_interruptions_total.labels(cause)._value.get()


def handled_by(handler: object) -> dict[str, Subscription]:
    return {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}  # type: ignore[arg-type]


def fill(rig: Rig, count: int, *, subjects: int = 1, start: int = 0) -> None:
    """Events straight into the queue, as a relay would have sent them."""
    rig.execute("DELETE FROM outbox")
    rig.commit(*(moved(f"s{n % subjects}", n) for n in range(start, start + count)))
    rig.send(*rig.bodies())


def test_events_have_their_effect_once_and_the_queue_is_empty_then(rig: Rig) -> None:
    fill(rig, 1000, subjects=10)

    running = rig.consumer()

    assert_in_order(rig.wait_effects(1000))
    running.stop()
    assert rig.queue_length() == 0


def test_events_that_wait_are_taken_in_batches(rig: Rig) -> None:
    sizes: list[int] = []

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        sizes.append(len(events))
        things.record(tx, events)

    fill(rig, 600, subjects=600)

    running = rig.consumer(handled_by(handler))

    rig.wait_effects(600)
    running.stop()
    assert max(sizes) <= 300
    assert len(sizes) < 60


def test_a_batch_that_cannot_commit_is_not_acknowledged(rig: Rig) -> None:
    fill(rig, 5)
    with rig.database.transaction() as tx:
        tx.execute("LOCK TABLE effects IN ACCESS EXCLUSIVE MODE")
        running = rig.consumer(batch_seconds=0.5)
        before = interruptions("database")
        eventually(lambda: interruptions("database") > before, what="it gives up on the batch")

    assert_in_order(rig.wait_effects(5))
    running.stop()
    assert rig.value("SELECT count(*) FROM parked") == 0


def test_a_standby_does_not_touch_the_queue(rig: Rig) -> None:
    first = rig.consumer()
    rig.wait_held()
    second = rig.consumer()

    fill(rig, 50)
    rig.wait_effects(50)

    assert rig.queue_consumers() == 1
    second.stop()
    first.stop()


def test_order_holds_when_a_worker_stops_in_the_middle_with_a_standby_waiting(rig: Rig) -> None:
    """With a standby consumer on the queue a clean stop hands later messages over before earlier ones."""
    half_way, go_on = threading.Event(), threading.Event()

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        things.record(tx, events)
        if any(event.data.n == 50 for event in events):
            half_way.set()
            go_on.wait(10)

    fill(rig, 1000, subjects=4)
    first = rig.consumer(handled_by(handler), batch=50)
    assert half_way.wait(15)
    second = rig.consumer(batch=50)

    first.part.stop()
    go_on.set()
    first.stop()

    assert_in_order(rig.wait_effects(1000))
    second.stop()


def test_losing_the_lock_session_abandons_the_batch_and_begins_anew(rig: Rig) -> None:
    reached, go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        calls.append(len(events))
        things.record(tx, events)
        if len(calls) == 1:
            reached.set()
            go_on.wait(10)

    fill(rig, 20)
    running = rig.consumer(handled_by(handler))
    assert reached.wait(15)
    rig.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND objid = %s::bigint & 4294967295 AND granted",
        INBOX_LOCK,
    )
    go_on.set()

    assert_in_order(rig.wait_effects(20))
    running.stop()


def test_who_gets_the_lock_waits_until_the_queue_has_no_other_consumer(rig: Rig) -> None:
    """A worker whose link is dead but not yet noticed still holds messages that come before the rest."""
    fill(rig, 20)
    port = rig.servers.rabbitmq.ports["amqp"]
    # The link ends by a cut: a client that says goodbye cancels first and gives its messages back a moment later.
    with Proxy(port) as proxy:
        stranger = rig.channel(rig.amqp_url.replace(f":{port}/", f":{proxy.port}/"))
        stranger.basic_qos(prefetch_count=10)
        stranger.basic_consume(rig.queue, lambda *_: None)
        stranger.connection.process_data_events(time_limit=0.5)

        running = rig.consumer()
        eventually(
            lambda: "somebody else" in (health.process.reports.get("inbox") or ""),
            what="it waits for the queue",
        )
        assert rig.effects() == []
        proxy.reset()

        assert_in_order(rig.wait_effects(20))
        running.stop()


def test_a_deleted_queue_is_declared_again_and_consumed(rig: Rig) -> None:
    running = rig.consumer()
    rig.wait_held()

    rig.channel().queue_delete(rig.queue)

    eventually(lambda: interruptions("broker") > 0, what="it notices")
    rig.wait_held()
    fill(rig, 3)
    rig.wait_effects(3)
    running.stop()


def test_a_silently_dead_broker_link_is_noticed(rig: Rig) -> None:
    port = rig.servers.rabbitmq.ports["amqp"]
    with Proxy(port) as proxy:
        running = rig.consumer(
            amqp_url=rig.amqp_url.replace(f":{port}/", f":{proxy.port}/"), heartbeat_seconds=1
        )
        rig.wait_held()
        before = interruptions("broker")

        proxy.blackhole()
        eventually(lambda: interruptions("broker") > before, within_seconds=20, what="it notices")
        proxy.restore()

        fill(rig, 3)
        rig.wait_effects(3, within_seconds=30)
        running.stop()


def test_a_silently_dead_database_link_is_noticed(rig: Rig) -> None:
    port = rig.servers.postgresql.port
    with Proxy(port) as proxy:
        running = rig.consumer(
            database_url=rig.database_url.replace(f":{port}/", f":{proxy.port}/"),
            batch_seconds=1.0,
            ping_seconds=0.3,
        )
        rig.wait_held()
        before = interruptions("database")

        proxy.blackhole()
        eventually(lambda: interruptions("database") > before, within_seconds=20, what="it notices")
        # The server frees the lock of a session it hears nothing from; the test does not wait that long.
        rig.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'yiwang-probe-inbox' AND datname = current_database()"
        )
        proxy.restore()

        fill(rig, 3)
        rig.wait_effects(3, within_seconds=30)
        running.stop()


def test_the_server_is_told_to_end_a_silent_session(rig: Rig) -> None:
    session = db.session(rig.database_url, name="test")

    row = session.execute(
        "SELECT current_setting('idle_session_timeout') AS idle,"
        " current_setting('idle_in_transaction_session_timeout') AS in_transaction"
    ).fetchone()

    session.close()
    assert row == {"idle": f"{db.SESSION_IDLE_SECONDS}s", "in_transaction": f"{db.SESSION_IDLE_SECONDS}s"}


def test_a_batch_that_takes_longer_than_the_broker_waits_for_a_heartbeat_keeps_the_link(rig: Rig) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        # The broker gives a silent link up after two heartbeats.
        tx.execute("SELECT pg_sleep(4)")
        things.record(tx, events)

    fill(rig, 1)
    before = interruptions("broker")
    running = rig.consumer(handled_by(handler), heartbeat_seconds=1)

    assert_in_order(rig.wait_effects(1))
    running.stop()
    assert interruptions("broker") == before
    assert rig.queue_length() == 0


def test_only_the_front_message_counts_as_the_one_that_ends_the_process(rig: Rig) -> None:
    """Ten deaths of a worker leave ten deliveries on every message it had been handed, tried or not."""
    fill(rig, 30, subjects=30)
    for _ in range(10):
        channel = rig.channel()
        channel.basic_qos(prefetch_count=600)
        got: list[int] = []
        channel.basic_consume(rig.queue, lambda *a, got=got: got.append(1))
        eventually(lambda c=channel, g=got: c.connection.process_data_events(time_limit=0.1) or len(g) == 30)
        channel.connection.close()
        eventually(lambda: rig.queue_length() == 30)

    running = rig.consumer()

    rig.wait_effects(29)
    running.stop()
    assert rig.value("SELECT count(*) FROM parked") == 1


def test_a_broker_that_goes_while_a_batch_runs_costs_a_repetition_and_no_double_effect(rig: Rig) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        things.record(tx, events)
        reached.set()
        go_on.wait(10)

    fill(rig, 10)
    running = rig.consumer(handled_by(handler))
    assert reached.wait(15)
    rig.servers.rabbitmq.close_connections()
    go_on.set()

    eventually(lambda: rig.queue_length() == 0 and rig.queue_consumers() == 1, within_seconds=20)
    assert_in_order(rig.wait_effects(10))
    running.stop()
    assert len(rig.effects()) == 10
    assert topology.inbox_queue(things.SERVICE) == rig.queue
