"""Households (一户一档): members, a head, and the number of the points book (domain.md §2, §6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.registry.domain import net
from shared import areas, errors
from shared.contracts.registry import HouseholdChanged

MOST_MEMBERS = 30


class HouseholdUnknown(errors.NotFound):
    """There is no such household in your area."""


class HouseholdDissolved(errors.Conflict):
    """This household is dissolved."""


class BookNumberTaken(errors.Conflict):
    """Another household of this subdistrict has this book number."""


class MemberElsewhere(errors.Conflict):
    """This person belongs to another household; take them out there first."""


class AlreadyMember(errors.Conflict):
    """This person belongs to the household already."""


class NotMember(errors.NotFound):
    """This person does not belong to the household."""


class HeadStays(errors.Conflict):
    """The head cannot leave; name another head first."""


class HouseholdMisplaced(errors.Invalid):
    """A household lives in a grid."""


class TooManyMembers(errors.Conflict):
    """A household has at most 30 members here; register a collective household in parts."""


class Relation(StrEnum):
    """What a member is to the head."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Member:
    person_id: str
    relation: Relation


@dataclass(frozen=True, kw_only=True)
class Household:
    """A household with its present members, the head first."""

    id: str
    # The grid it lives in.
    area: str
    # On the cover of the points book; unique in the subdistrict.
    book_number: str
    address: str
    place: net.Point | None = None
    members: tuple[Member, ...]
    active: bool = True
    version: int = 1

    @property
    def head_id(self) -> str:
        return next(member.person_id for member in self.members if member.relation is Relation.HEAD)

    @property
    def member_ids(self) -> tuple[str, ...]:
        return tuple(member.person_id for member in self.members)


def register(
    *,
    id: str,  # noqa: A002 (the field's name)
    area: str,
    book_number: str,
    address: str,
    head_id: str,
    members: Sequence[Member],
    place: net.Point | None = None,
) -> tuple[Household, list[HouseholdChanged]]:
    """A new household with its head and other members.

    Raises HouseholdMisplaced, AlreadyMember (somebody named twice) or TooManyMembers.
    """
    _in_grid(area)
    everybody = (Member(person_id=head_id, relation=Relation.HEAD), *members)
    if any(member.relation is Relation.HEAD for member in members):
        detail = "One member is the head, named by head_id."
        raise errors.invalid("/members", "head", detail)
    if len({member.person_id for member in everybody}) < len(everybody):
        raise AlreadyMember()
    if len(everybody) > MOST_MEMBERS:
        raise TooManyMembers()
    household = Household(
        id=id, area=area, book_number=book_number, address=address, place=place, members=everybody
    )
    return household, [changed_event(household)]


def join(household: Household, member: Member) -> tuple[Household, list[HouseholdChanged]]:
    """A person joins. Raises HouseholdDissolved, AlreadyMember or TooManyMembers."""
    _active(household)
    if member.relation is Relation.HEAD:
        raise errors.invalid("/relation", "head", "The household has a head; name another with head_id.")
    if member.person_id in household.member_ids:
        raise AlreadyMember()
    if len(household.members) >= MOST_MEMBERS:
        raise TooManyMembers()
    return _next(household, members=(*household.members, member))


def leave(household: Household, person_id: str) -> tuple[Household, list[HouseholdChanged]]:
    """A member leaves. Raises HouseholdDissolved, NotMember, or HeadStays for the head."""
    _active(household)
    if person_id not in household.member_ids:
        raise NotMember()
    if person_id == household.head_id:
        raise HeadStays()
    return _next(household, members=tuple(m for m in household.members if m.person_id != person_id))


def change(
    household: Household,
    *,
    area: str | None = None,
    address: str | None = None,
    book_number: str | None = None,
    place: net.Point | None = None,
    head_id: str | None = None,
) -> tuple[Household, list[HouseholdChanged]]:
    """The household moves, gets another book or another head (who must be a member; the old head stays as `other`).

    Raises HouseholdDissolved, HouseholdMisplaced or NotMember.
    """
    _active(household)
    if area is not None:
        _in_grid(area)
    members = household.members
    if head_id is not None and head_id != household.head_id:
        if head_id not in household.member_ids:
            raise NotMember()
        new = {household.head_id: Relation.OTHER, head_id: Relation.HEAD}
        members = tuple(replace(m, relation=new.get(m.person_id, m.relation)) for m in members)
        members = tuple(sorted(members, key=lambda m: m.relation is not Relation.HEAD))
    return _next(
        household,
        area=area or household.area,
        address=address or household.address,
        book_number=book_number or household.book_number,
        place=place or household.place,
        members=members,
    )


def dissolve(household: Household) -> tuple[Household, list[HouseholdChanged]]:
    """The household ends; its book and history stay. Raises HouseholdDissolved."""
    _active(household)
    return _next(household, active=False)


def changed_event(household: Household) -> HouseholdChanged:
    """The household as it is now, ids only; a dissolved one has no members."""
    return HouseholdChanged(
        household_id=household.id,
        area=household.area,
        members=household.member_ids if household.active else (),
        active=household.active,
    )


def _next(household: Household, **changes: object) -> tuple[Household, list[HouseholdChanged]]:
    changed = replace(household, version=household.version + 1, **changes)  # type: ignore[arg-type]
    return changed, [changed_event(changed)]


def _active(household: Household) -> None:
    if not household.active:
        raise HouseholdDissolved()


def _in_grid(area: str) -> None:
    if areas.level(area) is not areas.Level.GRID:
        detail = HouseholdMisplaced().detail
        raise HouseholdMisplaced(fields=(errors.FieldError(pointer="/area", code="level", detail=detail),))
