"""The process clock. Decisions about deadlines use the database's clock instead (`shared.db.now`)."""

from datetime import UTC, datetime, timedelta, timezone

# Users of the platform think in Beijing time; storage and the API are UTC.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339 text in UTC with microseconds, e.g. `2026-11-20T05:51:00.000000Z`."""
    # A quarter of what strftime takes, and every event has several.
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"
