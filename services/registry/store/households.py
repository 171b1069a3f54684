"""Households inside the caller's scopes, or the caller's own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from services.registry.domain import households as domain
from services.registry.store.sql import FIRST_ID, queries, text_id
from shared import db

_KNOWN = {
    "households_book_key": domain.BookNumberTaken,
    "household_members_person_key": domain.MemberElsewhere,
}


def add(tx: db.Tx, household: domain.Household) -> None:
    """Raises BookNumberTaken or MemberElsewhere."""
    x, y = household.place or (None, None)
    with db.translating(_KNOWN):
        queries.insert_household(
            tx,
            id=household.id,
            area=household.area,
            book_number=household.book_number,
            address=household.address,
            x=x,
            y=y,
        )
        _add_members(tx, household.id, enumerate(household.members))


def save(tx: db.Tx, household: domain.Household, *, before: domain.Household) -> None:
    """Stores what changed since `before`, which was read under the lock. Raises as `add`."""
    x, y = household.place or (None, None)
    with db.translating(_KNOWN):
        queries.update_household(
            tx,
            id=household.id,
            area=household.area,
            book_number=household.book_number,
            address=household.address,
            x=x,
            y=y,
            active=household.active,
            version=household.version,
        )
        stay = list(household.member_ids) if household.active else []
        if not household.active or set(before.member_ids) - set(stay):
            queries.end_members(tx, household_id=household.id, stay=stay)
        if not household.active:
            return
        known = set(before.member_ids)
        places = list(enumerate(household.members))
        _add_members(tx, household.id, [place for place in places if place[1].person_id not in known])
        for position, member in places:
            if member.person_id in known and household.members != before.members:
                queries.update_member(
                    tx,
                    household_id=household.id,
                    person_id=member.person_id,
                    relation=member.relation,
                    position=position,
                )


def get(
    tx: db.Tx, household_id: str, *, scopes: Sequence[str], self_id: str | None = None
) -> domain.Household:
    """A household inside the scopes, or one the caller belongs to. Raises HouseholdUnknown."""
    row = queries.get_household(tx, id=household_id, scopes=list(scopes), self_id=self_id)
    return _found(tx, row)


def lock(tx: db.Tx, household_id: str, *, scopes: Sequence[str]) -> domain.Household:
    """A household inside the scopes, held. Raises HouseholdUnknown."""
    return _found(tx, queries.lock_household(tx, id=household_id, scopes=list(scopes)))


def page(
    tx: db.Tx,
    *,
    scopes: Sequence[str],
    book_number: str | None,
    active: bool | None,
    after: tuple[str, str] | None,
    most: int,
) -> list[domain.Household]:
    """Households by grid."""
    area, household_id = after or ("", FIRST_ID)
    common: dict[str, Any] = {
        "scopes": list(scopes),
        "active": active,
        "after_area": area,
        "after_id": household_id,
        "most": most,
    }
    if book_number is not None:
        rows = queries.households_of_book(tx, book_number=book_number, **common)
    else:
        rows = queries.list_households(tx, **common)
    return _with_members(tx, rows)


def household_of(tx: db.Tx, person_id: str) -> str | None:
    """The id of the household a person belongs to now."""
    row = queries.household_of_person(tx, person_id=person_id)
    return text_id(row["household_id"]) if row else None


def lock_all_of(tx: db.Tx, area: str) -> list[domain.Household]:
    """The living households of a subdistrict, held."""
    return _with_members(tx, queries.lock_households_of(tx, area=area))


def _add_members(tx: db.Tx, household_id: str, places: Iterable[tuple[int, domain.Member]]) -> None:
    for position, member in places:
        queries.add_member(
            tx,
            household_id=household_id,
            person_id=member.person_id,
            relation=member.relation,
            position=position,
        )


def _found(tx: db.Tx, row: dict[str, Any] | None) -> domain.Household:
    if row is None:
        raise domain.HouseholdUnknown()
    return _with_members(tx, [row])[0]


def _with_members(tx: db.Tx, rows: Sequence[dict[str, Any]]) -> list[domain.Household]:
    members: dict[str, list[domain.Member]] = defaultdict(list)
    for row in queries.members_of(tx, household_ids=[row["id"] for row in rows]):
        member = domain.Member(person_id=str(row["person_id"]), relation=domain.Relation(row["relation"]))
        members[str(row["household_id"])].append(member)
    return [
        domain.Household(
            id=str(row["id"]),
            area=row["area"],
            book_number=row["book_number"],
            address=row["address"],
            place=None if row["x"] is None else (row["x"], row["y"]),
            members=tuple(members[str(row["id"])]),
            active=row["active"],
            version=row["version"],
        )
        for row in rows
    ]
