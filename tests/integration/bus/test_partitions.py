"""The inbox's partitions come ahead of time and go when nothing in them can come again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared import db, ids
from shared.bus.inbox import partitions
from shared.bus.statements import sql
from tests.support.bus.rig import Rig


@pytest.fixture
def session(rig: Rig) -> Iterator[db.Tx]:
    connection = db.session(rig.database_url, name="test")
    yield connection
    connection.close()


def names(session: db.Tx) -> list[str]:
    return [row["name"] for row in sql.partitions(session)]


def count(session: db.Tx, table: str) -> int:
    row = session.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone()
    assert row is not None
    n: int = row["n"]
    return n


def test_this_week_and_the_next_ones_have_partitions(session: db.Tx) -> None:
    partitions.maintain(session)
    partitions.maintain(session)

    assert len(names(session)) == 5
    sql.take_in(session, ids=[ids.new()])
    assert count(session, "inbox_other") == 0


def test_what_the_default_holds_moves_into_a_new_partition_and_stays_known(session: db.Tx) -> None:
    event_id = ids.new()
    sql.take_in(session, ids=[event_id])
    assert count(session, "inbox_other") == 1

    partitions.maintain(session)

    assert count(session, "inbox_other") == 0
    assert sql.take_in(session, ids=[event_id]) == []


def test_a_partition_is_dropped_thirty_days_after_its_last_day(session: db.Tx) -> None:
    now = datetime.now(UTC)
    partitions.maintain(session, now=now)
    first = names(session)[0]

    partitions.maintain(session, now=now + timedelta(days=partitions.KEPT_DAYS))
    assert first in names(session)

    partitions.maintain(session, now=now + timedelta(days=partitions.KEPT_DAYS + 15))
    assert first not in names(session)


def test_a_partition_in_which_something_arrived_late_is_kept(session: db.Tx) -> None:
    now = datetime.now(UTC)
    partitions.maintain(session, now=now)
    first = names(session)[0]
    sql.take_in(session, ids=[ids.new()])
    session.execute("UPDATE inbox SET received_at = %s", [now + timedelta(days=40)])

    partitions.maintain(session, now=now + timedelta(days=60))

    assert first in names(session)


def test_rows_of_the_default_are_forgotten_by_the_time_they_came(session: db.Tx) -> None:
    now = datetime.now(UTC)
    sql.take_in(session, ids=["00000000-0000-7000-8000-000000000001"])

    partitions.maintain(session, now=now + timedelta(days=29))
    assert count(session, "inbox_other") == 1

    partitions.maintain(session, now=now + timedelta(days=31))
    assert count(session, "inbox_other") == 0
