"""The people who serve the demo district's grids: 7,548 as in S0, all invented.

Base force holds one grid each (一员一格): a lead and an information officer for every grid, a full-time worker for
every basic grid and for the 50 widest dedicated ones (910 as in S0), a guide for every community and subdistrict.
Department workers and professionals hold several communities each (一员多格): a post on a community reaches all its
grids. Neighbours (楼长、单元长) are many to a grid (一格多员) and make the number full.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle, islice
from typing import Final

from services.registry.demo import cast, geometry, names, place
from services.registry.demo.divisions import DISTRICT
from services.registry.demo.ids import fixed
from services.registry.domain import coverage, departments, net, people, posts

PEOPLE: Final = 7_548
FULL_TIME_WORKERS: Final = 910
# Communities of one subdistrict that a department worker or professional serves at once.
_COMMUNITIES_EACH: Final = 2
# S0 names these beside the departments.
_PROFESSIONS: Final = (
    posts.Profession.LEGAL_SERVICE,
    posts.Profession.COMMUNITY_HEALTH,
    posts.Profession.COUNSELLING,
)
# Duty phones follow the private numbers at a distance, so that the two never meet.
_DUTY_PHONES: Final = 5_000_000


@dataclass(frozen=True, kw_only=True)
class Force:
    """Posts that are all held, and the people to store who hold them (without those of the cast)."""

    held: list[posts.Post]
    holders: list[tuple[people.Person, people.Numbers]]


def build(generated: geometry.Map, *, communities: Sequence[str], at: datetime) -> Force:
    """The force of the generated district, everybody in post since `at`."""
    builder = _Builder(at=at)
    subdistricts = sorted({code[:9] for code in communities})
    wide = _widest_dedicated(generated, FULL_TIME_WORKERS - geometry.BASIC_GRIDS)
    for grid in generated.grids:
        builder.fill(grid.code, posts.Kind.LEAD)
        if grid.kind is net.Kind.BASIC or grid.code in wide:
            builder.fill(grid.code, posts.Kind.FULL_TIME_WORKER)
        builder.fill(grid.code, posts.Kind.INFORMATION_OFFICER)
    for area in (*subdistricts, *communities):
        builder.fill(area, posts.Kind.GUIDE)
    for rounds in _rounds(subdistricts, communities):
        for kind in departments.OFFICES:
            builder.fill_round(rounds, posts.Kind.DEPARTMENT_WORKER, department_id=f"{DISTRICT}-{kind}")
        for profession in _PROFESSIONS:
            builder.fill_round(rounds, posts.Kind.PROFESSIONAL, profession=profession)
    basic = [grid.code for grid in generated.grids if grid.kind is net.Kind.BASIC]
    for code in islice(cycle(basic), PEOPLE - builder.count):
        builder.fill(code, posts.Kind.PART_TIME_WORKER, duty_name="楼长")
    return Force(held=builder.held, holders=builder.holders)


def _widest_dedicated(generated: geometry.Map, count: int) -> set[str]:
    dedicated = [grid for grid in generated.grids if grid.kind is net.Kind.DEDICATED]
    dedicated.sort(key=lambda grid: -coverage.polygon(grid.outline).area)
    return {grid.code for grid in dedicated[:count]}


def _rounds(subdistricts: Sequence[str], communities: Sequence[str]) -> list[list[str]]:
    """The communities that one professional serves together."""
    rounds: list[list[str]] = []
    for subdistrict in subdistricts:
        mine = [code for code in communities if code.startswith(subdistrict)]
        rounds += [mine[at : at + _COMMUNITIES_EACH] for at in range(0, len(mine), _COMMUNITIES_EACH)]
    return rounds


# Posts that people of the cast hold: (area, kind, department) → user name.
_CAST_POSTS: Final[dict[tuple[str, posts.Kind, str | None], str]] = {
    (place.GRID, posts.Kind.LEAD, None): "lead",
    (place.GRID, posts.Kind.FULL_TIME_WORKER, None): "worker",
    (place.COMMUNITY, posts.Kind.GUIDE, None): "officer",
} | {
    (place.COMMUNITY, posts.Kind.DEPARTMENT_WORKER, f"{DISTRICT}-{kind}"): username
    for username, kind in cast.RESPONDERS.items()
    if username == f"responder.{kind}"
}


@dataclass
class _Builder:
    at: datetime
    held: list[posts.Post] = field(default_factory=list)
    holders: list[tuple[people.Person, people.Numbers]] = field(default_factory=list)
    # Everybody who holds a post, the cast too.
    count: int = 0
    _chance: random.Random = field(default_factory=lambda: random.Random(geometry.SEED))
    _seats: dict[tuple[str, posts.Kind, str | None], list[int]] = field(default_factory=dict)
    _names: dict[str, str] = field(
        default_factory=lambda: {one.person.id: one.person.name for one in cast.everybody()}
    )

    def fill(self, area: str, kind: posts.Kind, *, duty_name: str | None = None) -> None:
        """A post of its own, with a person of its own."""
        self._hold(self._person(area, kind, None), area, kind, duty_name=duty_name)

    def fill_round(
        self,
        areas: Sequence[str],
        kind: posts.Kind,
        *,
        department_id: str | None = None,
        profession: posts.Profession | None = None,
    ) -> None:
        """One person for a post in each of the areas."""
        person_id = self._person(areas[0], kind, department_id)
        for area in areas:
            self._hold(person_id, area, kind, department_id=department_id, profession=profession)

    def _person(self, area: str, kind: posts.Kind, department_id: str | None) -> str:
        """Somebody of the cast, or a new invented person."""
        self.count += 1
        username = _CAST_POSTS.get((area, kind, department_id))
        if username is not None:
            return fixed(username)
        number = cast.PHONES + self.count
        person = people.Person(
            id=fixed(f"force.{number}"),
            area=area,
            name=names.person(self._chance),
            permanent_resident=kind is not posts.Kind.DEPARTMENT_WORKER,
        )
        self.holders.append((person, people.Numbers(phone=names.phone(number))))
        self._names[person.id] = person.name
        return person.id

    def _hold(
        self,
        person_id: str,
        area: str,
        kind: posts.Kind,
        *,
        duty_name: str | None = None,
        department_id: str | None = None,
        profession: posts.Profession | None = None,
    ) -> None:
        # Professions share the seats of their kind.
        taken = self._seats.setdefault((area, kind, department_id), [])
        vacant = posts.create(
            id=fixed(f"post.{len(self.held) + 1}"),
            area=area,
            kind=kind,
            seats_taken=taken,
            duty_name=duty_name or self._names[person_id],
            duty_phone=names.phone(_DUTY_PHONES + len(self.held) + 1),
            department_id=department_id,
            profession=profession,
        )
        taken.append(vacant.seat)
        # What the person holds elsewhere is by construction as the rule wants it; a test asks the rule.
        taken_up, _ = posts.assign(vacant, person_id=person_id, held=(), at=self.at)
        self.held.append(taken_up)
