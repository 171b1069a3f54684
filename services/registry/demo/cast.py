"""The people of the demo who sign in, with their households; their accounts are made apart."""

from dataclasses import dataclass
from typing import Final

from services.registry.demo import names, place
from services.registry.demo.divisions import DISTRICT
from services.registry.demo.ids import fixed
from services.registry.domain import departments, households, people

# Short user names of the departments in the story of S0.
_SHORT: Final = {
    "responder.market": departments.Kind.MARKET_SUPERVISION,
    "responder.urban": departments.Kind.URBAN_MANAGEMENT,
}

RESPONDERS: Final = {f"responder.{kind}": kind for kind in departments.OFFICES} | _SHORT

# Groups of members whom a grid calls 党员报到: user name of who answers → (area, kind, name).
_GROUPS: Final = {
    "responder.party": (place.COMMUNITY, departments.Kind.PARTY_MEMBERS, "和平路社区党员先锋队"),
}

# user name → (name, area)
_OTHERS: Final = {
    "resident": ("王秀兰", place.GRID),
    "worker": ("李俊", place.GRID),
    "lead": ("赵建国", place.GRID),
    "officer": ("周敏", place.COMMUNITY),
    "caller": ("孙涛", place.SUBDISTRICT),
    "dispatcher": ("吴静", DISTRICT),
    "operator": ("郑洁", DISTRICT),
    "supervisor": ("冯立", DISTRICT),
    "mediator": ("陈和", place.SUBDISTRICT),
    "property": ("何强", place.COMMUNITY),
    "teamlead": ("林志远", place.NEXT_GRID),
    "volunteer": ("刘晓燕", place.NEXT_GRID),
    "shopkeeper": ("马春梅", place.COMMUNITY),
    "admin": ("高明", DISTRICT),
    # Not users: the family of the resident.
    "resident.husband": ("张文博", place.GRID),
    "resident.mother": ("杨桂英", place.GRID),
}

# The range of generated phone numbers that belongs to the cast; the force's begin after it.
PHONES: Final = 100


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A person to store, with plain numbers."""

    person: people.Person
    numbers: people.Numbers


def everybody() -> list[Cast]:
    """The cast. Residents have (invented) identity numbers, officials none."""
    named = dict(_OTHERS) | {
        username: (f"{departments.LABELS[kind]}响应员", DISTRICT) for username, kind in RESPONDERS.items()
    }
    return [
        Cast(
            person=people.Person(
                id=fixed(username), area=area, name=name, permanent_resident=len(area) == 15
            ),
            numbers=people.Numbers(
                phone=names.phone(order),
                identity_number=names.identity_number(order) if len(area) == 15 else None,
            ),
        )
        for order, (username, (name, area)) in enumerate(named.items(), start=1)
    ]


def groups() -> list[tuple[Cast, departments.Department]]:
    """Groups of members, each with the person who answers for it."""
    return [
        (
            Cast(
                person=people.Person(
                    id=fixed(username), area=area, name=f"{name}联络员", permanent_resident=False
                ),
                # Numbers after those of everybody else in the cast.
                numbers=people.Numbers(phone=names.phone(PHONES - order), identity_number=None),
            ),
            departments.Department(id=f"{area}-{kind}", area=area, kind=kind, name=name),
        )
        for order, (username, (area, kind, name)) in enumerate(_GROUPS.items())
    ]


def demo_households() -> list[households.Household]:
    """The resident's household and the volunteer's."""
    resident, _ = households.register(
        id=fixed("household.resident"),
        area=place.GRID,
        book_number="WD-000001",
        address="文化东路示例小区1号楼1单元101",
        place=place.centre_of(place.GRID),
        head_id=fixed("resident"),
        members=[
            households.Member(person_id=fixed("resident.husband"), relation=households.Relation.SPOUSE),
            households.Member(person_id=fixed("resident.mother"), relation=households.Relation.PARENT),
        ],
    )
    volunteer, _ = households.register(
        id=fixed("household.volunteer"),
        area=place.NEXT_GRID,
        book_number="WD-000002",
        address="文化东路示例小区2号楼1单元101",
        place=place.centre_of(place.NEXT_GRID),
        head_id=fixed("volunteer"),
        members=[],
    )
    return [resident, volunteer]
