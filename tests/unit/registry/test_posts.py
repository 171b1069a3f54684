"""What one person may hold, and how many posts an area may have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.registry.domain import posts
from services.registry.domain.posts import Kind

AT = datetime(2026, 11, 20, tzinfo=UTC)
GRID, OTHER_GRID = "370102007001001", "370102007001002"
COMMUNITY, SUBDISTRICT = "370102007001", "370102007"
BASE = [Kind.GUIDE, Kind.LEAD, Kind.FULL_TIME_WORKER, Kind.INFORMATION_OFFICER]
FREE = [Kind.PART_TIME_WORKER, Kind.DEPARTMENT_WORKER, Kind.PROFESSIONAL]


def vacant(kind: Kind, area: str = GRID, taken: tuple[int, ...] = ()) -> posts.Post:
    return posts.create(
        id=f"{area}.{kind}.{len(taken)}",
        area=area,
        kind=kind,
        seats_taken=taken,
        duty_name="值班员",
        duty_phone="0531-00000001",
        department_id="370102-ecology" if kind is Kind.DEPARTMENT_WORKER else None,
        profession=posts.Profession.COUNSELLING if kind is Kind.PROFESSIONAL else None,
    )


def held(kind: Kind, area: str = GRID) -> posts.Post:
    taken, _ = posts.assign(vacant(kind, area), person_id="p1", held=(), at=AT)
    return taken


@pytest.mark.parametrize("kind", BASE)
@pytest.mark.parametrize("other", BASE)
def test_base_force_holds_one_grid_each(kind: Kind, other: Kind) -> None:
    with pytest.raises(posts.OneGridEach):
        posts.assign(vacant(kind, OTHER_GRID), person_id="p1", held=[held(other)], at=AT)

    same_grid, _ = posts.assign(vacant(kind), person_id="p1", held=[held(other)], at=AT)
    assert same_grid.person_id == "p1"


@pytest.mark.parametrize("kind", FREE)
def test_professionals_and_neighbours_may_hold_several(kind: Kind) -> None:
    present = [held(kind), held(Kind.LEAD)]

    taken, _ = posts.assign(vacant(kind, OTHER_GRID), person_id="p1", held=present, at=AT)

    assert taken.person_id == "p1"


@pytest.mark.parametrize(("kind", "seats"), [(kind, rule.seats) for kind, rule in posts.RULES.items()])
def test_an_area_has_at_most_as_many_posts_as_the_kind_allows(kind: Kind, seats: int) -> None:
    assert vacant(kind, taken=tuple(range(1, seats))).seat == seats
    with pytest.raises(posts.SeatsTaken):
        vacant(kind, taken=tuple(range(1, seats + 1)))


def test_a_seat_that_became_free_is_used_again() -> None:
    assert vacant(Kind.INFORMATION_OFFICER, taken=(1, 3)).seat == 2


@pytest.mark.parametrize("area", [SUBDISTRICT, COMMUNITY])
@pytest.mark.parametrize("kind", [Kind.LEAD, Kind.FULL_TIME_WORKER, Kind.PART_TIME_WORKER])
def test_some_posts_exist_in_grids_only(kind: Kind, area: str) -> None:
    with pytest.raises(posts.PostMisplaced):
        vacant(kind, area)


def test_a_post_names_a_department_or_a_profession_as_its_kind_asks() -> None:
    fields = {"id": "x", "area": GRID, "seats_taken": (), "duty_name": "甲", "duty_phone": "1"}

    with pytest.raises(posts.PostMisplaced):
        posts.create(kind=Kind.DEPARTMENT_WORKER, **fields)  # type: ignore[arg-type]
    with pytest.raises(posts.PostMisplaced):
        posts.create(kind=Kind.LEAD, department_id="370102-ecology", **fields)  # type: ignore[arg-type]
    with pytest.raises(posts.PostMisplaced):
        posts.create(kind=Kind.PROFESSIONAL, **fields)  # type: ignore[arg-type]


def test_assigning_and_vacating_are_announced() -> None:
    taken, (assigned,) = posts.assign(vacant(Kind.LEAD), person_id="p1", held=(), at=AT, duty_name="王五")
    left, (vacated,) = posts.vacate(taken)

    assert (assigned.subject, assigned.area, assigned.duty_name) == (taken.id, GRID, "王五")
    assert (vacated.person_id, left.person_id, left.assigned_at) == ("p1", None, None)
    assert left.version == 3


def test_a_change_of_contact_is_announced_while_somebody_holds_the_post() -> None:
    _, none = posts.publish_contact(vacant(Kind.LEAD), duty_phone="2")
    changed, (event,) = posts.publish_contact(held(Kind.LEAD), duty_phone="2")

    assert none == []
    assert (event.duty_phone, event.duty_name, changed.version) == ("2", "值班员", 3)


def test_states_that_do_not_allow_it() -> None:
    closed = posts.close(vacant(Kind.LEAD), at=AT)

    with pytest.raises(posts.PostHeld):
        posts.assign(held(Kind.LEAD), person_id="p2", held=(), at=AT)
    with pytest.raises(posts.PostHeld):
        posts.close(held(Kind.LEAD), at=AT)
    with pytest.raises(posts.PostVacant):
        posts.vacate(vacant(Kind.LEAD))
    with pytest.raises(posts.PostClosed):
        posts.assign(closed, person_id="p1", held=(), at=AT)
    with pytest.raises(posts.PostClosed):
        posts.publish_contact(closed, duty_name="乙")
