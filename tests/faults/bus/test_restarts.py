"""Processes and servers come and go under load; order holds and every event has its effect once."""

import contextlib
import signal
import threading
from collections.abc import Iterator

import pytest

from deploy.local import children
from shared import errors
from tests.support.bus import chaos
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import moved
from tests.support.waiting import eventually

SUBJECTS = 10


@contextlib.contextmanager
def load(rig: Rig, *, per_second: float = 200.0) -> Iterator[list[int]]:
    """Commits events all the time; the list grows by one for each that was committed."""
    committed: list[int] = []
    ended = threading.Event()

    def write() -> None:
        n = 0
        while not ended.wait(10 / per_second):
            # A database that is gone refuses the change and its events together.
            with contextlib.suppress(errors.Unavailable):
                rig.commit(*(moved(f"s{(n + i) % SUBJECTS}", n + i) for i in range(10)))
                committed.extend(range(n, n + 10))
            n += 10

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield committed
    finally:
        ended.set()
        writer.join(timeout=30)


def assert_all_applied(rig: Rig, *, within_seconds: float = 90.0) -> None:
    """As many effects as committed events, once each, in order; the database itself is the witness."""
    eventually(lambda: rig.unsent() == 0, within_seconds=within_seconds, what="the outbox is sent")
    count = rig.value("SELECT count(*) FROM outbox")
    effects = rig.wait_effects(count, within_seconds=within_seconds)
    assert len(effects) == count
    assert_in_order(effects)
    assert rig.value("SELECT count(*) FROM parked") == 0


def progress(rig: Rig, *, by: int = 20, within_seconds: float = 60.0) -> None:
    """Waits until so many more events have had their effect."""
    before = rig.value("SELECT count(*) FROM effects")
    eventually(
        lambda: rig.value("SELECT count(*) FROM effects") >= before + by,
        within_seconds=within_seconds,
        what="events are applied",
    )


def test_rolling_restarts_with_a_standby_waiting(rig: Rig) -> None:
    workers: list[children.Child] = [rig.process("worker"), rig.process("worker")]
    relay = rig.relay()
    with load(rig):
        progress(rig)
        for n in range(chaos.times(4, 20)):
            workers[n % 2].terminate()
            workers[n % 2].wait(deadline_seconds=20)
            workers[n % 2] = rig.process("worker")
            progress(rig)

    assert_all_applied(rig)
    relay.stop()
    processes = {effect["process"] for effect in rig.effects()}
    assert len(processes) >= 2


def test_a_backlog_handed_over_in_the_middle_keeps_its_order(rig: Rig) -> None:
    """Everything the first worker had been given and not finished comes to the second before the rest."""
    handovers = chaos.times(3, 8)
    relay = rig.relay()
    # More than so many workers can finish: each gets a batch or two of 300 done before it is gone.
    rig.commit(*(moved(f"s{n % SUBJECTS}", n, mode="slow:0.001") for n in range(1000 * handovers)))
    eventually(lambda: rig.unsent() == 0, within_seconds=60)
    relay.stop()
    for _ in range(handovers):
        worker = rig.process("worker")
        progress(rig, by=1)
        worker.terminate()
        worker.wait(deadline_seconds=20)

    rig.process("worker")
    assert_all_applied(rig)


def test_workers_killed_without_warning(rig: Rig) -> None:
    dice = chaos.dice("workers")
    workers = [rig.process("worker"), rig.process("worker")]
    relay = rig.relay()
    with load(rig):
        progress(rig)
        for _ in range(chaos.times(3, 30)):
            victim = dice.randrange(2)
            workers[victim].kill()
            workers[victim] = rig.process("worker")
            progress(rig)

    assert_all_applied(rig)
    relay.stop()


def broker_has_noted_its_queues(rig: Rig) -> bool:
    """RabbitMQ 3.10 writes down which queues it has some seconds after making them.

    Killed before that it never finds a new stream again (it answers 404, "down or inaccessible") or a leader for
    a new quorum queue, and an operator has to delete them. That is about the first seconds of an
    installation, and not what is tested here.
    """
    noted = rig.servers.rabbitmq.folder.glob("data/node/coordination/*/names.dets")
    queues = rig.servers.rabbitmq.folder.glob("data/node/quorum/*/names.dets")
    return any(b"rabbit_stream_coordinator" in path.read_bytes() for path in noted) and any(
        f"{rig.vhost}_{rig.queue}".encode() in path.read_bytes() for path in queues
    )


def test_the_broker_is_killed_and_comes_back(rig: Rig) -> None:
    relay, consumer = rig.relay(), rig.consumer()
    with load(rig) as committed:
        progress(rig)
        eventually(lambda: broker_has_noted_its_queues(rig), within_seconds=30)
        for _ in range(chaos.times(1, 5)):
            rig.servers.rabbitmq.kill()
            before = len(committed)
            eventually(
                lambda before=before: len(committed) > before + 50, what="changes commit without a broker"
            )
            rig.servers.rabbitmq.start()
            progress(rig)

    assert_all_applied(rig)
    relay.stop()
    consumer.stop()


def test_the_database_stops_at_once_and_comes_back(rig: Rig) -> None:
    relay, consumer = rig.relay(), rig.consumer()
    with load(rig):
        progress(rig)
        for _ in range(chaos.times(1, 5)):
            rig.servers.postgresql.stop_immediately()
            rig.servers.postgresql.start()
            progress(rig)

    assert_all_applied(rig)
    relay.stop()
    consumer.stop()


@pytest.mark.long
def test_a_frozen_worker_is_replaced_and_harms_nothing_when_it_wakes(rig: Rig) -> None:
    """It waits for real heartbeats and idle sessions: a minute and more."""
    relay = rig.relay()
    first = rig.process("worker")
    rig.wait_held()
    second = rig.process("worker")
    with load(rig):
        progress(rig)
        first.signal(signal.SIGSTOP)
        progress(rig, within_seconds=120)
        first.signal(signal.SIGCONT)
        progress(rig)

    assert_all_applied(rig)
    relay.stop()
    assert second.running
