"""What `registry` announces: nets, departments, posts, households, kinship (domain.md §2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.base import Event, event


@dataclass(frozen=True, kw_only=True)
class GridOutline:
    """One grid of a net. `outline` is a GeoJSON polygon's rings: ring → points → (longitude, latitude)."""

    code: str
    name: str
    kind: Literal["basic", "dedicated"]
    community_name: str
    outline: tuple[tuple[tuple[float, float], ...], ...]


@event(publisher="registry", subject="area", consumers=("cases", "dispatch"))
class NetPublished(Event):
    """The boundary set of one subdistrict is decided: from `effective_at` these grids, and only these, cover it.

    `area` is the subdistrict; a later version replaces the whole set.
    """

    area: str
    area_name: str
    net_version: int
    effective_at: datetime
    grids: tuple[GridOutline, ...]


@event(publisher="registry", subject="department_id", consumers=("cases", "dispatch"))
class DepartmentChanged(Event):
    """A department was added, renamed or closed. `area` is the area it serves, usually a district."""

    department_id: str
    area: str
    kind: str
    name: str
    active: bool


PostKind = Literal[
    "guide",
    "lead",
    "full_time_worker",
    "information_officer",
    "part_time_worker",
    "department_worker",
    "professional",
]


@event(publisher="registry", subject="post_id", consumers=("cases",))
class PostAssigned(Event):
    """A person holds a post in an area from now on; a later assignment of the same post replaces this one.

    `duty_name` and `duty_phone` are the published contact of the post.
    """

    post_id: str
    area: str
    kind: PostKind
    person_id: str
    duty_name: str
    duty_phone: str
    department_id: str | None = None


@event(publisher="registry", subject="post_id", consumers=("cases",))
class PostVacated(Event):
    """Nobody holds the post any more."""

    post_id: str
    area: str
    kind: PostKind
    person_id: str


@event(publisher="registry", subject="person_id", consumers=("cases",))
class StaffChanged(Event):
    """A person with an account has these roles in these areas from now on; `active` false: none any more.

    Ids and codes only. `area` is one of the areas; `roles` leaves out what everybody is.
    """

    person_id: str
    area: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    department_id: str | None = None
    active: bool = True


@event(publisher="registry", subject="household_id", consumers=("points",))
class HouseholdChanged(Event):
    """A household exists in a grid with these members (ids only), or is dissolved (`active` false)."""

    household_id: str
    area: str
    members: tuple[str, ...]
    active: bool = True


@event(publisher="registry", subject="kinship_id", consumers=("points",))
class KinshipConfirmed(Event):
    """Two persons are close relatives (近亲属, Civil Code art. 1045): they may draw on each other's service points."""

    kinship_id: str
    area: str
    person_id: str
    relative_id: str
    relation: Literal["spouse", "parent", "child", "sibling", "grandparent", "grandchild"]
