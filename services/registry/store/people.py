"""People. Numbers are sealed on the way in and masked on the way out; `unmask` alone opens them and notes who asked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain import people as domain
from services.registry.store.sql import FIRST_ID, queries
from shared import db, ids, personal

# The last defence; `_shares_number` decides before.
_KNOWN = {"people_identity_number_once": domain.PersonRegistered}


@dataclass(frozen=True, kw_only=True)
class Unmasking:
    """One reading of somebody's plain numbers."""

    id: str
    person_id: str
    fields: tuple[str, ...]
    reason: str
    by_person: str
    at: datetime


def add(tx: db.Tx, person: domain.Person, numbers: domain.Numbers, *, scopes: Sequence[str]) -> domain.Person:
    """Stores a new person with sealed numbers; answers them masked.

    Args:
        scopes: of whoever registers. A number of somebody outside is taken and marked: see `sharing_numbers`.

    Raises PersonRegistered for a number of somebody inside.
    """
    phone, phone_index = _sealed(numbers.phone)
    identity_number, identity_number_index = _sealed(numbers.identity_number)
    with db.translating(_KNOWN):
        queries.insert_person(
            tx,
            id=person.id,
            area=person.area,
            name=person.name,
            phone=phone,
            phone_index=phone_index,
            identity_number=identity_number,
            identity_number_index=identity_number_index,
            shares_number=_shares_number(tx, identity_number_index, scopes=scopes, but=person.id),
            permanent_resident=person.permanent_resident,
        )
    return get(tx, person.id, scopes=[person.area])


def save(
    tx: db.Tx, person: domain.Person, numbers: domain.Numbers, *, scopes: Sequence[str]
) -> domain.Person:
    """Stores changes; only numbers that are given are replaced. Raises PersonRegistered as `add` does."""
    queries.update_person(
        tx,
        id=person.id,
        area=person.area,
        name=person.name,
        permanent_resident=person.permanent_resident,
        version=person.version,
    )
    if numbers.phone:
        sealed, blind = _sealed(numbers.phone)
        queries.update_phone(tx, id=person.id, sealed=sealed, blind=blind)
    if numbers.identity_number:
        _change_number(tx, person.id, numbers.identity_number, scopes=scopes)
    return get(tx, person.id, scopes=[person.area])


def clear_number(tx: db.Tx, person_id: str) -> None:
    """The person's identity number is known no longer. The person is locked by the caller."""
    _change_number(tx, person_id, None, scopes=())


def sharing_numbers(
    tx: db.Tx, *, scopes: Sequence[str], after: str | None, most: int
) -> list[dict[str, Any]]:
    """`people` inside the scopes who hold one identity number; `id` is that of one marked as sharing it."""
    marked = queries.sharing_number(tx, scopes=list(scopes), after=after or FIRST_ID, most=most)
    holders: dict[bytes, list[domain.Person]] = {}
    blinds = list({bytes(row["identity_number_index"]) for row in marked})
    for row in queries.people_of_numbers(tx, blinds=blinds, scopes=list(scopes)):
        holders.setdefault(bytes(row["identity_number_index"]), []).append(_person(row))
    return [{"id": str(row["id"]), "people": holders[bytes(row["identity_number_index"])]} for row in marked]


def get(tx: db.Tx, person_id: str, *, scopes: Sequence[str], self_id: str | None = None) -> domain.Person:
    """A person inside the scopes, or the caller. Raises PersonUnknown."""
    row = queries.get_person(tx, id=person_id, scopes=list(scopes), self_id=self_id)
    return _found(row)


def lock(tx: db.Tx, person_id: str, *, scopes: Sequence[str]) -> domain.Person:
    """A person inside the scopes, held. Raises PersonUnknown."""
    return _found(queries.lock_person(tx, id=person_id, scopes=list(scopes)))


def lock_all(tx: db.Tx, person_ids: Iterable[str], *, scopes: Sequence[str]) -> dict[str, domain.Person]:
    """Those of the people that are inside the scopes, by id, held."""
    rows = queries.lock_people(tx, ids=sorted(set(person_ids)), scopes=list(scopes))
    return {str(row["id"]): _person(row) for row in rows}


def page(
    tx: db.Tx, *, scopes: Sequence[str], after: tuple[str, str] | None, most: int
) -> list[domain.Person]:
    """People inside the scopes, by area."""
    area, person_id = after or ("", FIRST_ID)
    rows = queries.list_people(tx, scopes=list(scopes), after_area=area, after_id=person_id, most=most)
    return [_person(row) for row in rows]


def find(
    tx: db.Tx, *, name: str | None, numbers: domain.Numbers, scopes: Sequence[str], most: int
) -> list[domain.Person]:
    """People inside the scopes with exactly this name, phone and identity number, as far as given."""
    rows = queries.find_people(
        tx,
        name=name,
        phone_index=_blind(numbers.phone),
        identity_number_index=_blind(numbers.identity_number),
        scopes=list(scopes),
        most=most,
    )
    return [_person(row) for row in rows]


def unmask(
    tx: db.Tx,
    person_id: str,
    fields: Sequence[domain.Confidential],
    *,
    reason: str,
    by: str,
    scopes: Sequence[str],
) -> domain.Numbers:
    """The plain numbers asked for, and a note of who asked and why. Raises PersonUnknown."""
    row = queries.get_person(tx, id=person_id, scopes=list(scopes), self_id=None)
    _found(row)
    queries.add_unmasking(
        tx,
        id=ids.new(),
        person_id=person_id,
        fields=[field.value for field in fields],
        reason=reason,
        by_person=by,
    )
    opened = {field.value: personal.decrypt(row[field]) for field in fields if row[field] is not None}
    return domain.Numbers(
        phone=opened.get(domain.Confidential.PHONE),
        identity_number=opened.get(domain.Confidential.IDENTITY_NUMBER),
    )


def unmaskings(tx: db.Tx, person_id: str, *, after: str | None, most: int) -> list[Unmasking]:
    """Who read a person's numbers, newest first. The caller has checked that the person is in scope."""
    rows = queries.list_unmaskings(tx, person_id=person_id, after=after, most=most)
    return [
        Unmasking(
            id=str(row["id"]),
            person_id=str(row["person_id"]),
            fields=tuple(row["fields"]),
            reason=row["reason"],
            by_person=str(row["by_person"]),
            at=row["at"],
        )
        for row in rows
    ]


def _change_number(tx: db.Tx, person_id: str, number: str | None, *, scopes: Sequence[str]) -> None:
    before = queries.number_of(tx, id=person_id)
    sealed, blind = _sealed(number)
    for held in sorted({bytes(one) for one in (before, blind) if one is not None}):
        queries.hold_number(tx, blind=held)
    with db.translating(_KNOWN):
        queries.update_identity_number(
            tx,
            id=person_id,
            sealed=sealed,
            blind=blind,
            shares_number=_shares_number(tx, blind, scopes=scopes, but=person_id),
        )
    if before is not None and before != blind:
        queries.settle_number(tx, blind=before)


def _shares_number(tx: db.Tx, blind: bytes | None, *, scopes: Sequence[str], but: str) -> bool:
    """Whether somebody outside the scopes holds the number. Raises PersonRegistered for somebody inside."""
    if blind is None:
        return False
    queries.hold_number(tx, blind=blind)
    holders = [
        row["is_inside"] for row in queries.holders_of_number(tx, blind=blind, scopes=list(scopes), but=but)
    ]
    if any(holders):
        raise domain.PersonRegistered()
    return bool(holders)


def _sealed(plain: str | None) -> tuple[bytes | None, bytes | None]:
    return (personal.encrypt(plain), personal.blind_index(plain)) if plain else (None, None)


def _blind(plain: str | None) -> bytes | None:
    return personal.blind_index(plain) if plain else None


def _masked(sealed: bytes | None, mask: Callable[[str], str]) -> str | None:
    return None if sealed is None else mask(personal.decrypt(sealed))


def _found(row: dict[str, Any] | None) -> domain.Person:
    if row is None:
        raise domain.PersonUnknown()
    return _person(row)


def _person(row: dict[str, Any]) -> domain.Person:
    return domain.Person(
        id=str(row["id"]),
        area=row["area"],
        name=row["name"],
        phone_masked=_masked(row["phone"], personal.mask_phone),
        identity_number_masked=_masked(row["identity_number"], personal.mask_identity),
        permanent_resident=row["permanent_resident"],
        version=row["version"],
    )
