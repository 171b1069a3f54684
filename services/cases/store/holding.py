"""Requests to put matters off, and the queue of their reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from services.cases.domain import errors
from services.cases.domain.case import Hold
from services.cases.domain.holding import HoldRequest, Limits
from services.cases.store.sql import queries
from shared import db

MOST_COUNTED = 10_000
_WRITTEN_LATER = ("decided_by", "decided_at", "renewals", "missed_at")


def limits(tx: db.Tx, case_id: str) -> Limits:
    """What is known of a matter's limit to finish; the caller holds its lock."""
    return Limits(**queries.limits_of(tx, case_id=case_id))


def add(tx: db.Tx, request: HoldRequest, *, area: str) -> None:
    """Raises HoldAsked where one waits for its decision."""
    columns = {name: value for name, value in asdict(request).items() if name not in _WRITTEN_LATER}
    with db.translating({"holds_standing_key": errors.HoldAsked}):
        queries.add_hold(tx, **columns, area=area)


def lock(tx: db.Tx, case_id: str, *, state: str) -> HoldRequest | None:
    """The matter's request in a state, locked; the caller holds the matter."""
    row = queries.lock_hold(tx, case_id=case_id, state=state)
    return None if row is None else _request_of(row)


def save(tx: db.Tx, request: HoldRequest) -> None:
    queries.save_hold(
        tx,
        hold_id=request.hold_id,
        review_on=request.review_on,
        state=request.state,
        decided_by=request.decided_by,
        decided_at=request.decided_at,
        renewals=request.renewals,
        missed_at=request.missed_at,
    )


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    hold: str | None,
    state: str | None,
    due_on: date | None,
    after: Sequence[Any] | None,
    most: int,
) -> tuple[list[dict[str, Any]], int]:
    """Requests and holds of these areas, first to be reviewed first, and how many there are in all."""
    after_on, after_id = after or (None, None)
    wanted = {"scopes": scopes, "hold": hold, "state": state, "due_on": due_on}
    rows = queries.list_holds(tx, **wanted, after_on=after_on, after_id=after_id, most=most)
    return rows, queries.count_holds(tx, **wanted, most=MOST_COUNTED)


def missed(tx: db.Tx, *, today: date, most: int) -> list[str]:
    """Matters whose review date went by, oldest first; to be locked and looked at again."""
    return [str(row["case_id"]) for row in queries.missed_reviews(tx, today=today, most=most)]


def _request_of(row: Mapping[str, Any]) -> HoldRequest:
    text = {name: None if row[name] is None else str(row[name]) for name in ("asked_by", "decided_by")}
    return HoldRequest(
        **{
            **row,
            **text,
            "hold_id": str(row["hold_id"]),
            "case_id": str(row["case_id"]),
            "hold": Hold(row["hold"]),
        }
    )
