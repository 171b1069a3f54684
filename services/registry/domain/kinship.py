"""Kinship: close relatives (近亲属, Civil Code art. 1045) may draw on each other's service points (domain.md §6).

registered ──confirm──> confirmed
    └──decline──> declined
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared import errors
from shared.contracts.registry import KinshipConfirmed


class KinshipUnknown(errors.NotFound):
    """There is no such kinship in your area."""


class KinshipDecided(errors.Conflict):
    """This kinship is confirmed or declined already."""


class KinshipRegistered(errors.Conflict):
    """These two are registered as relatives already."""


class OwnKinship(errors.Forbidden):
    """Nobody confirms a kinship of their own, or one they registered themselves."""


class Relation(StrEnum):
    """What the relative is to the person: those art. 1045 names, and no others."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"


class State(StrEnum):
    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


@dataclass(frozen=True, kw_only=True)
class Kinship:
    """Two persons as close relatives."""

    id: str
    # The person's.
    area: str
    person_id: str
    relative_id: str
    relation: Relation
    state: State = State.REGISTERED
    registered_by: str
    registered_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1


def register(
    *,
    id: str,  # noqa: A002 (the field's name)
    area: str,
    person_id: str,
    relative_id: str,
    relation: Relation,
    by: str,
    at: datetime,
) -> Kinship:
    """Somebody states a kinship. Raises Invalid when both are one person."""
    if person_id == relative_id:
        raise errors.invalid("/relative_id", "same", "A relative is another person.")
    return Kinship(
        id=id,
        area=area,
        person_id=person_id,
        relative_id=relative_id,
        relation=relation,
        registered_by=by,
        registered_at=at,
    )


def confirm(kinship: Kinship, *, by: str, at: datetime) -> tuple[Kinship, list[KinshipConfirmed]]:
    """An officer has seen proof. Raises KinshipDecided or OwnKinship."""
    confirmed = _decide(kinship, State.CONFIRMED, by=by, at=at)
    event = KinshipConfirmed(
        kinship_id=kinship.id,
        area=kinship.area,
        person_id=kinship.person_id,
        relative_id=kinship.relative_id,
        relation=kinship.relation.value,
    )
    return confirmed, [event]


def decline(kinship: Kinship, *, by: str, at: datetime) -> Kinship:
    """There is no proof. Raises KinshipDecided or OwnKinship."""
    return _decide(kinship, State.DECLINED, by=by, at=at)


def _decide(kinship: Kinship, state: State, *, by: str, at: datetime) -> Kinship:
    if kinship.state is not State.REGISTERED:
        raise KinshipDecided()
    if by in (kinship.person_id, kinship.relative_id, kinship.registered_by):
        raise OwnKinship()
    return replace(kinship, state=state, decided_by=by, decided_at=at, version=kinship.version + 1)
