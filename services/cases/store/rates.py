"""The counts behind the rates, and the matters behind the counts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.cases.domain import rates as domain
from services.cases.domain.rates import Rate
from services.cases.store.sql import queries
from shared import clock, db

# How many digits the next lower area has.
_NEXT = {4: 6, 6: 9, 9: 12, 12: 15, 15: 15, 17: 17}


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month in Beijing and of the month after, for a month as `2026-11`."""
    year, number = int(month[:4]), int(month[5:])
    following = (year + number // 12, number % 12 + 1)
    return tuple(  # type: ignore[return-value]
        datetime(y, m, 1, tzinfo=clock.BEIJING).astimezone(UTC) for y, m in ((year, number), following)
    )


def figures(
    tx: db.Tx,
    *,
    month: str,
    scopes: list[str],
    department: str | None,
    by: str,
    rates: tuple[Rate, ...],
) -> list[dict[str, Any]]:
    """One line per key (area, department, or one of all), each rate with the counts it is made of."""
    since, until = month_bounds(month)
    bounds = {"scopes": scopes, "since": since, "until": until, "month": month, "department": department}
    if by == "department":
        rows = queries.figures_by_department(tx, **bounds)
    else:
        digits = _NEXT[min(map(len, scopes))] if by == "area" and scopes else 0
        rows = queries.figures_by_area(tx, **bounds, digits=digits)
    return [{**row, "rates": [_figure(rate, row) for rate in rates]} for row in rows]


# What counts in the month it was said, whenever the matter was reported.
_ANSWERED = frozenset({"met", "finished", "settled", "satisfied"})


def rows_behind(
    tx: db.Tx,
    *,
    month: str,
    scopes: list[str],
    department: str | None,
    counted: str,
    is_hit: bool | None,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    """The next matters behind a count; `placed_at` is the moment they are sorted by."""
    after_at, after_id = after or (None, None)
    asked = {
        "scopes": scopes,
        "month": month,
        "department": department,
        "after_at": after_at,
        "after_id": after_id,
        "most": most,
    }
    rows: list[dict[str, Any]]
    if counted == "removed":
        # Few of all matters: found from the requests, and each of them counts.
        rows = [] if is_hit is False else queries.removed_rows(tx, **asked)
    else:
        since, until = month_bounds(month)
        find = queries.answered_rows if counted in _ANSWERED else queries.reported_rows
        rows = list(find(tx, **asked, since=since, until=until, counted=counted, is_hit=is_hit))
    return rows


def _figure(rate: Rate, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": rate.code,
        "label": rate.label,
        "definition": rate.definition,
        "hits": row[rate.hits],
        "base": row[rate.base],
        "percent": domain.percent(row[rate.hits], row[rate.base]),
    }
