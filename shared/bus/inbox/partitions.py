"""The inbox's partitions: a week of ids each, made ahead, dropped when nothing in them can come again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared import db
from shared.bus.statements import sql

# Longer than any redelivery: a broker's queue, an outage and an operator's holiday together.
KEPT_DAYS = 30
_WEEKS_AHEAD = 4
_WEEK = timedelta(days=7)
_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_PREFIX = "inbox_w"
# Rows of the default partition forgotten per call.
_FORGET_MOST = 10_000


def maintain(connection: db.Tx, *, now: datetime | None = None) -> None:
    """Makes the partitions of this week and the next few, drops those no longer needed.

    Ids outside every partition (a sender's clock is wrong, or the id has no time) stand in the default one
    and are forgotten by the time they were received. Call with the connection in autocommit.
    """
    moment = now or datetime.now(UTC)
    present = {row["name"] for row in sql.partitions(connection)}
    this_week = moment - (moment - _FIRST_MONDAY) % _WEEK
    for n in range(_WEEKS_AHEAD + 1):
        start = this_week + n * _WEEK
        if name_of(start) not in present:
            with connection.transaction():
                sql.add_partition(
                    connection, name=name_of(start), lower=first_id(start), upper=first_id(start + _WEEK)
                )
    keep_from = moment - timedelta(days=KEPT_DAYS)
    for name in present:
        if name < name_of(keep_from - _WEEK):
            with connection.transaction():
                sql.drop_partition(connection, name=name, received_before=keep_from)
    sql.forget_other(connection, received_before=keep_from, most=_FORGET_MOST)


def name_of(start: datetime) -> str:
    return f"{_PREFIX}{start:%Y%m%d}"


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7-ordered id of a moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
