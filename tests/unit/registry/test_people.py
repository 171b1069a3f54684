"""Numbers of people, households and kinship."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.registry.domain import areas, departments, households, kinship, people
from services.registry.domain.households import Member, Relation
from shared import errors

AT = datetime(2026, 11, 20, tzinfo=UTC)
GRID = "370102007001001"
# The example of GB 11643-1999.
EXAMPLE = "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "right"),
    [
        (EXAMPLE, True),
        (EXAMPLE.lower(), False),
        (EXAMPLE[:-1] + "1", False),
        ("11010519491331002X", False),
        (EXAMPLE[:-1], False),
        ("110105190002290017", False),
        # Zhangqiu became a city, and got its code, two years after this birth.
        ("370181199003071233", True),
        # Residence permits for people from Hong Kong and Taiwan.
        ("810000199003071237", True),
        ("830000199003071230", True),
        ("１１０１０５１９４９１２３１００２X", False),
    ],
)
def test_an_identity_number_has_a_date_and_a_check_character(number: str, right: bool) -> None:
    assert people.is_identity_number(number) is right


def test_numbers_are_taken_in_normal_form_and_never_shown() -> None:
    numbers = people.numbers(phone="138 0000 5678", identity_number=f" {EXAMPLE.lower()} ")

    assert (numbers.phone, numbers.identity_number) == ("13800005678", EXAMPLE)
    assert "138" not in repr(numbers)


@pytest.mark.parametrize("phone", ["0531-12345678", "0531-1234567", "02112345678", "+85212345678"])
def test_landlines_and_foreign_numbers_are_phones_too(phone: str) -> None:
    assert people.numbers(phone=phone, identity_number=None).phone == phone


def test_both_wrong_numbers_are_named_without_being_repeated() -> None:
    with pytest.raises(people.NumberInvalid) as refused:
        people.numbers(phone="12345", identity_number="99999")

    assert [field.pointer for field in refused.value.fields] == ["/phone", "/identity_number"]
    assert "12345" not in str(refused.value.fields)


def test_a_reason_has_at_least_four_characters_beside_blanks() -> None:
    assert people.reason_given("  电话 核实 ") == "电话 核实"
    with pytest.raises(people.ReasonMissing):
        people.reason_given(" 查  看 ")


def household(*members: Member) -> households.Household:
    made, _ = households.register(
        id="h1", area=GRID, book_number="B-1", address="路1号", head_id="p1", members=members
    )
    return made


def test_a_household_announces_its_members_head_first() -> None:
    _, (event,) = households.register(
        id="h1",
        area=GRID,
        book_number="B-1",
        address="路1号",
        head_id="p1",
        members=[Member(person_id="p2", relation=Relation.CHILD)],
    )

    assert (event.subject, event.members, event.active) == ("h1", ("p1", "p2"), True)


def test_a_household_lives_in_a_grid() -> None:
    with pytest.raises(households.HouseholdMisplaced):
        households.change(household(), area=GRID[:12])


def test_nobody_is_in_a_household_twice() -> None:
    with pytest.raises(households.AlreadyMember):
        household(Member(person_id="p1", relation=Relation.OTHER))
    with pytest.raises(households.AlreadyMember):
        households.join(household(), Member(person_id="p1", relation=Relation.OTHER))


def test_a_household_has_one_head() -> None:
    with pytest.raises(errors.Invalid):
        household(Member(person_id="p2", relation=Relation.HEAD))
    with pytest.raises(errors.Invalid):
        households.join(household(), Member(person_id="p2", relation=Relation.HEAD))


def test_the_most_members() -> None:
    full = household(
        *(Member(person_id=f"m{n}", relation=Relation.OTHER) for n in range(households.MOST_MEMBERS - 1))
    )

    assert len(full.members) == 30
    with pytest.raises(households.TooManyMembers):
        households.join(full, Member(person_id="x", relation=Relation.OTHER))


def test_another_member_becomes_head_and_the_old_head_may_then_leave() -> None:
    led, _ = households.change(household(Member(person_id="p2", relation=Relation.SPOUSE)), head_id="p2")
    left, (event,) = households.leave(led, "p1")

    assert (led.head_id, led.member_ids) == ("p2", ("p2", "p1"))
    assert event.members == ("p2",)
    with pytest.raises(households.HeadStays):
        households.leave(left, "p2")
    with pytest.raises(households.NotMember):
        households.change(left, head_id="p1")


def test_a_dissolved_household_has_no_members_and_no_future() -> None:
    ended, (event,) = households.dissolve(household())

    assert (event.members, event.active) == ((), False)
    with pytest.raises(households.HouseholdDissolved):
        households.change(ended, address="路2号")


def stated(by: str = "p1") -> kinship.Kinship:
    return kinship.register(
        id="k1", area=GRID, person_id="p1", relative_id="p2", relation=kinship.Relation.CHILD, by=by, at=AT
    )


@pytest.mark.parametrize("by", ["p1", "p2", "p3"])
def test_neither_relatives_nor_the_registrar_confirm_a_kinship(by: str) -> None:
    with pytest.raises(kinship.OwnKinship):
        kinship.confirm(stated(by="p3"), by=by, at=AT)


def test_a_kinship_is_decided_once() -> None:
    confirmed, (event,) = kinship.confirm(stated(), by="officer", at=AT)

    assert (event.person_id, event.relative_id, event.relation) == ("p1", "p2", "child")
    with pytest.raises(kinship.KinshipDecided):
        kinship.decline(confirmed, by="officer", at=AT)


def test_nobody_is_their_own_relative() -> None:
    with pytest.raises(errors.Invalid):
        kinship.register(
            id="k", area=GRID, person_id="p", relative_id="p", relation=kinship.Relation.CHILD, by="p", at=AT
        )


def test_a_department_is_added_closed_and_opened_again() -> None:
    added, (event,) = departments.add(area="370102", kind=departments.Kind.ECOLOGY, name="生态环境分局")
    closed, (ending,) = departments.close(added)
    opened, (beginning,) = departments.reopen(closed)

    assert (added.id, event.kind) == ("370102-ecology", "ecology")
    assert (ending.active, beginning.active, opened.version) == (False, True, 3)
    assert departments.reopen(opened) == (opened, [])
    with pytest.raises(departments.DepartmentClosed):
        departments.rename(closed, name="又名")


def test_there_are_the_thirteen_departments_of_s0() -> None:
    assert len(departments.OFFICES) == 13
    assert set(departments.LABELS) == {*departments.OFFICES, *departments.MEMBERS}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("和平路社区居民委员会", "和平路社区"),
        ("和苑社区居民居民委员会", "和苑社区"),
        ("文东街道", "文东街道"),
        ("居民委员会", "居民委员会"),
    ],
)
def test_areas_are_called_by_their_short_names(name: str, short: str) -> None:
    assert areas.short_name(name) == short


def test_grids_are_not_registered_as_areas() -> None:
    with pytest.raises(areas.WrongLevel):
        areas.register(code=GRID, name="第一网格")


def test_the_least_is_not_above_the_most() -> None:
    with pytest.raises(errors.Invalid):
        areas.SizeGuidance(households_min=2, households_max=1)
