"""Copies of households and kinships, and the passbooks that follow them."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.points.domain import passbooks
from services.points.domain.ledger import Kind
from services.points.domain.passbooks import Passbook
from services.points.store import ledger
from services.points.store.statements import sql
from shared import db, ids

_ACCOUNTS = (Kind.HOUSEHOLD, Kind.HELD, Kind.ARREARS)


@dataclass(frozen=True, kw_only=True)
class Household:
    """A household as its latest event describes it."""

    id: str
    area: str
    members: tuple[str, ...]
    active: bool
    # Numbers the household's events; older ones are ignored.
    sequence: int
    changed_at: datetime


def apply_households(tx: db.Tx, households: Sequence[Household]) -> set[str]:
    """Brings the copy up to date; answers the ids that changed, whose books are to follow them."""
    latest = {h.id: h for h in sorted(households, key=lambda h: h.sequence)}
    rows = sql.apply_households(
        tx,
        ids=list(latest),
        areas=[h.area for h in latest.values()],
        active=[h.active for h in latest.values()],
        sequences=[h.sequence for h in latest.values()],
        changed_at=[h.changed_at for h in latest.values()],
    )
    changed = {row["id"] for row in rows}
    pairs = [(h.id, person) for h in latest.values() if h.id in changed and h.active for person in h.members]
    sql.forget_members(tx, household_ids=sorted(changed))
    sql.add_members(tx, household_ids=[h for h, _ in pairs], person_ids=[person for _, person in pairs])
    return changed


def follow(tx: db.Tx, household_ids: Iterable[str]) -> None:
    """Books move and close with their households. Not before new books are opened: that locks their scheme."""
    wanted = sorted(set(household_ids))
    sql.lock_passbooks(tx, household_ids=wanted)
    sql.follow_households(tx, household_ids=wanted)


def households_of(tx: db.Tx, person_ids: Iterable[str]) -> dict[str, str]:
    """Person → the household they live in; persons without one are missing."""
    rows = sql.households_of(tx, person_ids=sorted(set(person_ids)))
    return {row["person_id"]: row["household_id"] for row in rows}


def apply_kinships(tx: db.Tx, kinships: Sequence[tuple[str, str, str, str, int]]) -> None:
    """Brings the copy of (id, person, relative, relation, sequence) up to date."""
    latest = {row[0]: row for row in sorted(kinships, key=lambda row: row[4])}
    columns = list(zip(*latest.values(), strict=True))
    names = ("ids", "person_ids", "relative_ids", "relations", "sequences")
    if columns:
        sql.apply_kinships(tx, **{name: list(column) for name, column in zip(names, columns, strict=True)})


def open_books(tx: db.Tx, household_ids: Iterable[str]) -> None:
    """Opens a book for each of these households that has none and lives where there is a scheme."""
    waiting = sql.households_without_book(tx, household_ids=sorted(set(household_ids)))
    waiting.sort(key=lambda row: row["scheme_id"])
    for scheme_id, group in itertools.groupby(waiting, key=lambda row: row["scheme_id"]):
        rows = list(group)
        last = sql.take_serials(tx, scheme_id=scheme_id, books=len(rows))
        numbers = [
            passbooks.book_number(row["scheme_area"], serial)
            for row, serial in zip(rows, range(last - len(rows) + 1, last + 1), strict=True)
        ]
        owners = [row["household_id"] for row in rows]
        sql.open_passbooks(
            tx,
            ids=[ids.new() for _ in rows],
            household_ids=owners,
            scheme_ids=[scheme_id] * len(rows),
            numbers=numbers,
            areas=[row["area"] for row in rows],
        )
        ledger.open_accounts(tx, scheme_id=scheme_id, kinds=_ACCOUNTS, owner_ids=owners)


def open_books_of_scheme(tx: db.Tx, scheme_id: str) -> None:
    """Opens the books of households that were there before their scheme."""
    open_books(tx, [row["household_id"] for row in sql.households_of_scheme(tx, scheme_id=scheme_id)])


def lock_books(tx: db.Tx, household_ids: Iterable[str]) -> dict[str, Passbook]:
    """Locks the books of households, by household; households without a book are missing."""
    rows = sql.lock_passbooks(tx, household_ids=sorted(set(household_ids)))
    return {row["household_id"]: Passbook(**row) for row in rows}


def lock_book(tx: db.Tx, household_id: str) -> Passbook:
    """One household's book, locked. Raises PassbookUnknown."""
    books = lock_books(tx, [household_id])
    if household_id not in books:
        raise passbooks.PassbookUnknown()
    return books[household_id]


def view(
    tx: db.Tx, *, passbook_id: str | None = None, household_id: str | None = None, number: str | None = None
) -> dict[str, Any]:
    """A book with its balances, by one of its three names. Raises PassbookUnknown."""
    row: dict[str, Any] | None = sql.passbook(
        tx, passbook_id=passbook_id, household_id=household_id, number=number
    )
    if row is None:
        raise passbooks.PassbookUnknown()
    return row
