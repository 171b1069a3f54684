"""Hearings that are due, their tries, and the rules they follow."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.cases.domain.hearing_queue import Attempt, Hearing, Kind, Rules
from services.cases.store.sql import queries
from shared import db, errors

MOST_COUNTED = 10_000

__all__ = ["Hearing"]


def rules(tx: db.Tx) -> Rules:
    """The deployment's rules in force."""
    return Rules(**queries.hearing_rules(tx))


def set_rules(tx: db.Tx, new: Rules, *, by: str) -> None:
    """Writes a version of the rules. Raises AlreadyExists where somebody else wrote it first."""
    queries.add_hearing_rules(tx, **asdict(new), set_by=by)


def case_of(tx: db.Tx, hearing_id: str) -> str:
    """The matter of a hearing, to be locked first. Raises NotFound."""
    case_id = queries.case_of_hearing(tx, hearing_id=hearing_id)
    if case_id is None:
        raise errors.NotFound()
    return str(case_id)


def lock(tx: db.Tx, hearing_id: str) -> Hearing:
    """A hearing, locked; the caller holds its matter. Raises NotFound."""
    row = queries.lock_hearing(tx, hearing_id=hearing_id)
    if row is None:
        raise errors.NotFound()
    return _hearing_of(row)


def lock_of(tx: db.Tx, case_id: str, kind: Kind) -> Hearing | None:
    """The open hearing of a kind a matter has, locked."""
    row = queries.lock_hearing_of(tx, case_id=case_id, kind=kind)
    return None if row is None else _hearing_of(row)


def save(tx: db.Tx, hearing: Hearing, attempt: Attempt | None = None) -> None:
    queries.save_hearing(
        tx,
        hearing_id=hearing.hearing_id,
        ready_at=hearing.ready_at,
        claimed_by=hearing.claimed_by,
        claimed_until=hearing.claimed_until,
        attempts=hearing.attempts,
    )
    if attempt is not None:
        queries.add_attempt(
            tx,
            hearing_id=hearing.hearing_id,
            number=attempt.number,
            person_id=attempt.by.person_id,
            role=attempt.by.role,
            at=attempt.at,
            outcome=attempt.outcome,
            words=attempt.words,
            next_at=hearing.ready_at,
        )


def end(tx: db.Tx, hearing: Hearing, at: datetime) -> None:
    queries.end_hearing(tx, hearing_id=hearing.hearing_id, at=at)


def view(tx: db.Tx, hearing_id: str) -> dict[str, Any]:
    row: dict[str, Any] = queries.hearing_view(tx, hearing_id=hearing_id)
    return row


def attempts(tx: db.Tx, hearing_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.attempts_of(tx, hearing_id=hearing_id)
    return rows


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    kind: str | None,
    person_id: str | None,
    is_ready: bool,
    after: Sequence[Any] | None,
    most: int,
) -> tuple[list[dict[str, Any]], int]:
    """Open hearings of these areas, first due first, and how many there are in all (counted to MOST_COUNTED)."""
    after_at, after_id = after or (None, None)
    wanted = {"scopes": scopes, "kind": kind, "person_id": person_id, "is_ready": is_ready}
    rows = queries.list_hearings(tx, **wanted, after_at=after_at, after_id=after_id, most=most)
    return rows, queries.count_hearings(tx, **wanted, most=MOST_COUNTED)


def handlings(tx: db.Tx, case_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.handlings_of(tx, case_id=case_id)
    return rows


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _hearing_of(row: Mapping[str, Any]) -> Hearing:
    return Hearing(
        **{
            **row,
            "hearing_id": str(row["hearing_id"]),
            "case_id": str(row["case_id"]),
            "kind": Kind(row["kind"]),
            "claimed_by": _text(row["claimed_by"]),
            "about_case_id": _text(row["about_case_id"]),
        }
    )
