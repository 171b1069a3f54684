"""What was done to a timeline is named: edited, deleted, inserted, or another end said."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import audit, timeline
from services.cases.domain.audit import Damage, Kind
from services.cases.domain.case import PLATFORM, By, Entry
from services.cases.domain.timeline import START, Stored

CASE = "019f0000-0000-7000-8000-000000000001"
PERSON = "019f0000-0000-7000-8000-00000000000a"
AT = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
LENGTH = 5


def entry(number: int) -> Entry:
    return Entry(
        action="reported" if number == 1 else f"step{number}",
        by=PLATFORM if number == 4 else By(person_id=PERSON, role="grid_worker"),
        at=AT + timedelta(hours=number),
        area="370102007003001",
        detail={"words": f"第 {number} 步"},
    )


def chain(old: int = 0) -> list[Stored]:
    """A whole timeline, the first `old` entries as before 0132."""
    made: list[Stored] = []
    before = START
    for number in range(1, LENGTH + 1):
        if number <= old:
            one = Stored(
                position=number, entry=entry(number), hash=timeline.link(before, CASE, number, entry(number))
            )
        else:
            one = timeline.chained(before, CASE, number, entry(number), salt=bytes([number]) * 16)
        made.append(one)
        before = one.hash
    return made


def head(entries: list[Stored], **changes: Any) -> audit.Head:
    said = {"case_id": CASE, "length": len(entries), "hash": entries[-1].hash, "is_anonymised": False}
    return audit.Head(**{**said, **changes})


def edited(one: Stored, **changes: Any) -> Stored:
    return dataclasses.replace(one, entry=dataclasses.replace(one.entry, **changes))


def anonymous(one: Stored) -> Stored:
    nobody = dataclasses.replace(one.entry, by=By(person_id=None, role=one.entry.by.role))
    return dataclasses.replace(one, entry=nobody, salt=None)


@pytest.mark.parametrize("old", [0, 2, LENGTH])
def test_a_whole_timeline_has_no_damage(old: int) -> None:
    entries = chain(old)

    assert audit.damages(head(entries), entries) == []


@pytest.mark.parametrize("position", [1, 3, LENGTH])
@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("action", {"action": "closed"}),
        ("role", {"by": By(person_id=PERSON, role="grid_lead")}),
        ("person_id", {"by": By(person_id=CASE, role="grid_worker")}),
        ("person_id", {"by": By(person_id=None, role="grid_worker")}),
        ("at", {"at": AT - timedelta(microseconds=1)}),
        ("area", {"area": "370102007003002"}),
        ("detail", {"detail": {"words": "没有的事"}}),
    ],
)
def test_an_edited_column_is_named(position: int, column: str, changes: dict[str, Any]) -> None:
    whole = chain()
    entries = list(whole)
    entries[position - 1] = edited(whole[position - 1], **changes)

    assert audit.damages(head(whole), entries) == [
        Damage(kind=Kind.EDITED, position=position, columns=(column,))
    ]


@pytest.mark.parametrize("position", [1, 3, LENGTH])
def test_an_edit_of_an_entry_of_before_is_found_without_its_column(position: int) -> None:
    whole = chain(LENGTH)
    entries = list(whole)
    entries[position - 1] = edited(whole[position - 1], action="closed")

    assert audit.damages(head(whole), entries) == [Damage(kind=Kind.EDITED, position=position)]


@pytest.mark.parametrize("old", [0, LENGTH])
@pytest.mark.parametrize("position", [1, 3, LENGTH])
def test_an_edited_hash_is_named(old: int, position: int) -> None:
    whole = chain(old)
    entries = list(whole)
    entries[position - 1] = dataclasses.replace(whole[position - 1], hash=bytes(32))

    assert audit.damages(head(whole), entries) == [
        Damage(kind=Kind.EDITED, position=position, columns=("hash",))
    ]


@pytest.mark.parametrize(
    ("changes", "column"),
    [({"marks": bytes(24)}, "marks"), ({"salt": bytes(16)}, "person_id"), ({"salt": None}, "person_id")],
)
def test_what_stands_beside_the_hash_is_watched_too(changes: dict[str, Any], column: str) -> None:
    whole = chain()
    entries = [*whole[:2], dataclasses.replace(whole[2], **changes), *whole[3:]]

    assert audit.damages(head(whole), entries) == [Damage(kind=Kind.EDITED, position=3, columns=(column,))]


def test_an_entry_cannot_pass_for_one_of_before() -> None:
    whole = chain()
    stripped = dataclasses.replace(whole[2], marks=None, salt=None, person_ref=None)

    assert audit.damages(head(whole), [*whole[:2], stripped, *whole[3:]]) == [
        Damage(kind=Kind.EDITED, position=3)
    ]


@pytest.mark.parametrize("old", [0, LENGTH])
@pytest.mark.parametrize("position", range(1, LENGTH + 1))
def test_a_deleted_entry_is_named(old: int, position: int) -> None:
    whole = chain(old)
    entries = [one for one in whole if one.position != position]

    assert audit.damages(head(whole), entries) == [Damage(kind=Kind.DELETED, position=position)]


def test_a_timeline_deleted_whole_is_named_entry_by_entry() -> None:
    whole = chain()

    assert [damage.position for damage in audit.damages(head(whole), [])] == [1, 2, 3, 4, 5]


def test_a_deleted_entry_is_found_although_those_behind_it_moved_down() -> None:
    whole = chain()
    moved = [dataclasses.replace(one, position=one.position - 1) for one in whole[2:]]

    found = audit.damages(head(whole, length=LENGTH - 1), [whole[0], *moved])

    assert Damage(kind=Kind.DELETED, position=2) in found


def test_an_inserted_entry_is_named_although_those_behind_it_moved_up() -> None:
    whole = chain()
    forged = timeline.chained(bytes(32), CASE, 3, entry(3), salt=bytes(16))
    moved = [dataclasses.replace(one, position=one.position + 1) for one in whole[2:]]

    found = audit.damages(head(whole, length=LENGTH + 1), [*whole[:2], forged, *moved])

    assert Damage(kind=Kind.INSERTED, position=3) in found


def test_an_appended_entry_is_named_even_when_it_follows() -> None:
    whole = chain()
    forged = timeline.chained(whole[-1].hash, CASE, LENGTH + 1, entry(1), salt=bytes(16))

    assert audit.damages(head(whole), [*whole, forged]) == [Damage(kind=Kind.INSERTED, position=LENGTH + 1)]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"hash": bytes(32)}, "timeline_hash"),
        ({"length": LENGTH - 1}, "timeline_length"),
        ({"length": LENGTH + 1}, "timeline_length"),
    ],
)
def test_a_matter_that_says_another_end_is_named(changes: dict[str, Any], column: str) -> None:
    whole = chain()

    assert audit.damages(head(whole, **changes), whole) == [
        Damage(kind=Kind.HEAD_MISMATCH, columns=(column,))
    ]


def test_two_damages_are_both_named() -> None:
    whole = chain()
    entries = [whole[0], edited(whole[1], action="x"), whole[2], whole[4]]

    assert audit.damages(head(whole), entries) == [
        Damage(kind=Kind.EDITED, position=2, columns=("action",)),
        Damage(kind=Kind.DELETED, position=4),
    ]


def test_an_anonymised_person_leaves_the_chain_whole() -> None:
    whole = chain()
    entries = [anonymous(whole[0]), *whole[1:]]

    assert audit.damages(head(whole, is_anonymised=True), entries) == []
    # A person who vanished without that is a damage.
    assert audit.damages(head(whole), entries) == [
        Damage(kind=Kind.EDITED, position=1, columns=("person_id",))
    ]


def test_nobody_can_tell_a_person_from_what_stays() -> None:
    whole = chain()
    told = anonymous(whole[0])

    # Without the salt the reference of the same person is another in each entry.
    assert whole[0].person_ref != whole[1].person_ref
    assert PERSON not in repr(told)
    assert PERSON.replace("-", "") not in repr(told)
