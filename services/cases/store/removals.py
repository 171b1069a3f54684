"""Requests to leave matters out of a department's base, and months that are frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.cases.domain import errors as domain_errors
from services.cases.domain.removal import Removal
from services.cases.store.sql import queries
from shared import db, errors

_WRITTEN_LATER = ("decided_by", "decided_at", "decision_words")


def add(tx: db.Tx, removal: Removal, *, area: str) -> None:
    """Raises RemovalAsked where the department asked for the month before and was not refused."""
    columns = {name: value for name, value in asdict(removal).items() if name not in _WRITTEN_LATER}
    with db.translating({"removals_month_key": domain_errors.RemovalAsked}):
        queries.add_removal(tx, **columns, area=area)


def case_of(tx: db.Tx, removal_id: str) -> str:
    """Raises NotFound."""
    case_id = queries.case_of_removal(tx, removal_id=removal_id)
    if case_id is None:
        raise errors.NotFound()
    return str(case_id)


def lock(tx: db.Tx, removal_id: str) -> Removal:
    row: Mapping[str, Any] = queries.lock_removal(tx, removal_id=removal_id)
    return Removal(
        **{
            **row,
            "removal_id": str(row["removal_id"]),
            "case_id": str(row["case_id"]),
            "asked_by": None if row["asked_by"] is None else str(row["asked_by"]),
            "decided_by": None if row["decided_by"] is None else str(row["decided_by"]),
        }
    )


def save(tx: db.Tx, removal: Removal) -> None:
    queries.save_removal(
        tx,
        removal_id=removal.removal_id,
        state=removal.state,
        decided_by=removal.decided_by,
        decided_at=removal.decided_at,
        decision_words=removal.decision_words,
    )


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    area: str | None,
    department: str | None,
    state: str | None,
    month: str | None,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_removals(
        tx,
        scopes=scopes,
        area=area,
        department=department,
        state=state,
        month=month,
        after_at=after_at,
        after_id=after_id,
        most=most,
    )
    return rows


def is_frozen(tx: db.Tx, *, area: str, month: str) -> bool:
    """Whether a ranking that covers the area is frozen for the month."""
    return bool(queries.is_frozen(tx, area=area, month=month))
