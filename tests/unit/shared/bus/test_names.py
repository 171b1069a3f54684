"""Names, versions and bounds that other systems rely on."""

import uuid
from datetime import UTC, datetime

import pytest

from shared import db, ids
from shared.bus import parked, topology
from shared.bus.inbox import partitions


@pytest.mark.parametrize(
    ("version", "major"), [("3.10.8", 3), (b"4.1.0-rc.1", 4), ("", 99), (None, 99), ("latest", 99)]
)
def test_the_brokers_release_is_read_from_its_version(version: str | bytes | None, major: int) -> None:
    assert topology.major(version) == major


def test_queue_names() -> None:
    assert topology.inbox_queue("cases") == "cases.inbox"
    assert topology.integrator_queue("hotline") == "integrator.hotline"


def test_connections_notice_a_dead_link_and_never_wait_without_an_end() -> None:
    parameters = topology.parameters("amqp://u:p@127.0.0.1:1/v", name="x")

    assert parameters.heartbeat == 10
    assert parameters.socket_timeout is not None
    assert parameters.stack_timeout is not None


def test_ids_made_in_a_week_lie_between_its_bounds() -> None:
    made = uuid.UUID(ids.new())
    now = datetime.now(UTC)

    assert partitions.first_id(now.replace(microsecond=0)) <= made
    assert made < partitions.first_id(now.replace(year=now.year + 1))


def test_a_reason_has_no_more_than_one_line_and_no_unstorable_character() -> None:
    reason = db.reason_of(ValueError("first\0 \ud800\nDETAIL: Key (phone)=(139…) exists"))

    assert reason == "ValueError: first\\0 \\ud800"
    assert reason.encode()


def test_tries_come_ever_later() -> None:
    assert list(parked.DELAYS_SECONDS) == sorted(parked.DELAYS_SECONDS)
    assert 3 * 3600 < sum(parked.DELAYS_SECONDS) < 5 * 3600
