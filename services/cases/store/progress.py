"""Matters that stand still, and how long they may."""

from collections.abc import Mapping
from typing import Any

from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import CaseStalled

REASONS = ("no_progress", "order_not_opened", "task_not_answered", "nobody_assigned")
ABOUT = (
    *("received", "triaged", "handling", "resolved", "checked", "called_back"),
    *("order_not_opened", "task_not_answered", "nobody_assigned"),
)


def mark(tx: db.Tx, *, most: int) -> list[CaseStalled]:
    """Marks what stands still and was not marked; the events say so."""
    return [
        CaseStalled(
            case_id=str(row["case_id"]),
            area=row["area"],
            state=row["state"],
            reason=row["reason"],
            since=row["since"],
        )
        for row in queries.mark_stalled(tx, most=most)
    ]


def unmark(tx: db.Tx, *, most: int) -> int:
    """Takes the mark from what moves again; answers how many."""
    unmarked: int = queries.unmark_moving(tx, most=most)
    return unmarked


def counts(tx: db.Tx) -> dict[str, int]:
    """How many stand still, by reason; all reasons are there."""
    return dict.fromkeys(REASONS, 0) | {row["reason"]: row["n"] for row in queries.stalled_counts(tx)}


def limits(tx: db.Tx) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queries.progress_limits(tx)
    return found


def set_limits(tx: db.Tx, hours: Mapping[str, int], *, by: str) -> None:
    for about, length in sorted(hours.items()):
        queries.set_progress_limit(tx, about=about, hours=length, person_id=by)
