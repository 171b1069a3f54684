"""Posts (岗位): who answers for an area, and what one person may hold (domain.md §2).

A post is a seat of a kind in an area, with a published duty name and phone. A person is assigned to it, another
follows; the seat and its number stay. A post on a community or subdistrict reaches every grid inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared import areas, errors
from shared.contracts.registry import PostAssigned, PostVacated

_GRID = areas.Level.GRID
_COMMUNITY = areas.Level.COMMUNITY
_SUBDISTRICT = areas.Level.SUBDISTRICT


class PostHeld(errors.Conflict):
    """Somebody holds this post; vacate it first."""


class PostVacant(errors.Conflict):
    """Nobody holds this post."""


class PostClosed(errors.Conflict):
    """This post is closed."""


class SeatsTaken(errors.Conflict):
    """The area has as many posts of this kind as it may have."""


class OneGridEach(errors.Conflict):
    """Base force holds one grid each (一员一格): this person holds a base post in another area."""


class PostMisplaced(errors.Invalid):
    """This kind of post does not exist at this level, or lacks what the kind needs."""


class PostUnknown(errors.NotFound):
    """There is no such post."""


class Kind(StrEnum):
    GUIDE = "guide"
    LEAD = "lead"
    FULL_TIME_WORKER = "full_time_worker"
    INFORMATION_OFFICER = "information_officer"
    PART_TIME_WORKER = "part_time_worker"
    DEPARTMENT_WORKER = "department_worker"
    PROFESSIONAL = "professional"


class Profession(StrEnum):
    """What a professional force without a department brings [S0, S1]."""

    LEGAL_SERVICE = "legal_service"
    COMMUNITY_HEALTH = "community_health"
    COUNSELLING = "counselling"
    WATER = "water"
    POWER = "power"
    HEATING = "heating"
    GAS = "gas"
    TELECOM = "telecom"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What holds for a kind of post."""

    # 中文, the label users see unless the deployment sets another.
    label: str
    levels: tuple[areas.Level, ...]
    # How many posts of the kind one area may have (per department for department workers).
    seats: int
    # Base force: one grid each. Professionals may hold several, and many may share a grid.
    is_base: bool = False
    # Shown to anybody who asks who answers for a place.
    is_public: bool = True


RULES: dict[Kind, Rule] = {
    Kind.GUIDE: Rule(label="网格指导员", levels=(_SUBDISTRICT, _COMMUNITY, _GRID), seats=3, is_base=True),
    Kind.LEAD: Rule(label="网格长", levels=(_GRID,), seats=1, is_base=True),
    # One, or two as in S2.
    Kind.FULL_TIME_WORKER: Rule(label="专职网格员", levels=(_GRID,), seats=2, is_base=True),
    Kind.INFORMATION_OFFICER: Rule(label="网格信息员", levels=(_GRID,), seats=5, is_base=True),
    # 楼长、单元长、老党员、老书记: the N of 1+1+N+X, neighbours rather than officials.
    Kind.PART_TIME_WORKER: Rule(label="兼职网格员", levels=(_GRID,), seats=100, is_public=False),
    Kind.DEPARTMENT_WORKER: Rule(label="部门网格员", levels=(_SUBDISTRICT, _COMMUNITY, _GRID), seats=50),
    Kind.PROFESSIONAL: Rule(label="专业力量", levels=(_SUBDISTRICT, _COMMUNITY, _GRID), seats=50),
}


@dataclass(frozen=True, kw_only=True)
class Post:
    """A seat, and who holds it now."""

    id: str
    area: str
    kind: Kind
    # Numbers the seats of a kind in an area from 1.
    seat: int
    department_id: str | None = None
    profession: Profession | None = None
    # The published contact; never the holder's private number.
    duty_name: str
    duty_phone: str
    person_id: str | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 1


def create(
    *,
    id: str,  # noqa: A002 (the field's name)
    area: str,
    kind: Kind,
    seats_taken: Sequence[int],
    duty_name: str,
    duty_phone: str,
    department_id: str | None = None,
    profession: Profession | None = None,
) -> Post:
    """A new, vacant post on the first free seat.

    Args:
        seats_taken: seat numbers in use for this kind (and department) in this area.

    Raises PostMisplaced or SeatsTaken.
    """
    rule = RULES[kind]
    if areas.level(area) not in rule.levels:
        raise _misplaced("/area", "level", f"{rule.label} exists at: {', '.join(rule.levels)}.")
    if (kind is Kind.DEPARTMENT_WORKER) != (department_id is not None):
        raise _misplaced(
            "/department_id", "department", "A department worker, and nobody else, has a department."
        )
    if (kind is Kind.PROFESSIONAL) != (profession is not None):
        raise _misplaced("/profession", "profession", "A professional, and nobody else, has a profession.")
    free = [seat for seat in range(1, rule.seats + 1) if seat not in seats_taken]
    if not free:
        raise SeatsTaken(seats=rule.seats)
    return Post(
        id=id,
        area=area,
        kind=kind,
        seat=free[0],
        department_id=department_id,
        profession=profession,
        duty_name=duty_name,
        duty_phone=duty_phone,
    )


def _misplaced(pointer: str, code: str, detail: str) -> PostMisplaced:
    return PostMisplaced(detail, fields=(errors.FieldError(pointer=pointer, code=code, detail=detail),))


def assign(
    post: Post, *, person_id: str, held: Sequence[Post], at: datetime, duty_name: str | None = None
) -> tuple[Post, list[PostAssigned]]:
    """A person takes the post.

    Args:
        held: the posts the person holds now, the person's row being locked.
        duty_name: the name published from now on; default: the one the post has.

    Raises PostClosed, PostHeld or OneGridEach.
    """
    _open(post)
    if post.person_id is not None:
        raise PostHeld()
    if RULES[post.kind].is_base:
        elsewhere = [other for other in held if RULES[other.kind].is_base and other.area != post.area]
        if elsewhere:
            raise OneGridEach(area=elsewhere[0].area, post_id=elsewhere[0].id)
    taken = replace(
        post,
        person_id=person_id,
        assigned_at=at,
        duty_name=duty_name or post.duty_name,
        version=post.version + 1,
    )
    return taken, [assigned_event(taken)]


def vacate(post: Post) -> tuple[Post, list[PostVacated]]:
    """The holder leaves; the post stays. Raises PostClosed or PostVacant."""
    _open(post)
    if post.person_id is None:
        raise PostVacant()
    left = replace(post, person_id=None, assigned_at=None, version=post.version + 1)
    event = PostVacated(post_id=post.id, area=post.area, kind=post.kind.value, person_id=post.person_id)
    return left, [event]


def publish_contact(
    post: Post, *, duty_name: str | None = None, duty_phone: str | None = None
) -> tuple[Post, list[PostAssigned]]:
    """Changes the published contact; while somebody holds the post this is announced again. Raises PostClosed."""
    _open(post)
    changed = replace(
        post,
        duty_name=duty_name or post.duty_name,
        duty_phone=duty_phone or post.duty_phone,
        version=post.version + 1,
    )
    return changed, [assigned_event(changed)] if changed.person_id else []


def close(post: Post, *, at: datetime) -> Post:
    """The seat is given up. Raises PostClosed, or PostHeld while somebody holds it."""
    _open(post)
    if post.person_id is not None:
        raise PostHeld()
    return replace(post, closed_at=at, version=post.version + 1)


def assigned_event(post: Post) -> PostAssigned:
    """The announcement that the post is held as it says."""
    assert post.person_id is not None
    return PostAssigned(
        post_id=post.id,
        area=post.area,
        kind=post.kind.value,
        person_id=post.person_id,
        duty_name=post.duty_name,
        duty_phone=post.duty_phone,
        department_id=post.department_id,
    )


def _open(post: Post) -> None:
    if post.closed_at is not None:
        raise PostClosed()
