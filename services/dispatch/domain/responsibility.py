"""The responsibility list 权责清单: which unit answers for what, on which law (domain.md §4).

A list is a version as a whole: edited as a draft, then in force from a day on. Orders keep the item they were
called on, whatever later versions say. What no item covers goes to the district as unit of last resort 兜底.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from shared import areas, errors
from shared.contracts.cases import WhistleKind

SUBDISTRICT = "subdistrict"
# Who may be named by a list, and how people call them.
UNITS: Mapping[str, str] = {
    "public_security": "公安",
    "traffic_police": "交警",
    "urban_management": "城管",
    "law_enforcement": "综合执法",
    "ecology": "生态环境",
    "market_supervision": "市场监管",
    "justice": "司法",
    "housing": "住建",
    "civil_affairs": "民政",
    "health": "卫健",
    "education": "教育",
    "emergency": "应急管理",
    "utilities": "水电气暖",
    SUBDISTRICT: "街道",
}
MOST_ITEMS = 2_000

Role = Literal["main", "supporting", "unlisted", "last_resort"]


class ListState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class NotADraft(errors.Conflict):
    """This version is published and stays as it is; make a draft of the next one."""


class DraftExists(errors.Conflict):
    """The area has a draft already; go on with that one."""


class NoDraft(errors.Conflict):
    """The area has no draft to put this into; make one first."""


class EffectiveTooEarly(errors.Invalid):
    """A version comes into force today or later, and not before one that is published already."""


class EmptyList(errors.Conflict):
    """A list without items cannot come into force."""


class TooManyItems(errors.Conflict):
    """A list holds at most 2,000 items."""


class DecidedAlready(errors.Conflict):
    """This proposal was decided already."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One matter of the list."""

    code: str
    name: str
    theme: str
    # A kind of department, or the subdistrict.
    main: str
    supporting: tuple[str, ...] = ()
    # What is left to the subdistrict where it does not lead.
    subdistrict_duty: str
    law: str
    procedure: str
    # Codes of the matter catalogue; `env.*` covers all that begin so.
    categories: tuple[str, ...] = ()

    def covers(self, category: str) -> bool:
        """True when the matter is one of this item."""
        return any(
            category.startswith(one[:-1]) if one.endswith("*") else category == one for one in self.categories
        )

    def names_exactly(self, category: str) -> bool:
        return category in self.categories


@dataclass(frozen=True, kw_only=True)
class ResponsibilityList:
    """One version of an area's list; the area is a city, a district, or empty for the list as delivered."""

    list_id: str
    area: str
    number: int
    state: ListState
    effective_on: date | None
    # The kind of department that takes what no item covers.
    last_resort: str
    version: int


@dataclass(frozen=True, kw_only=True)
class Department:
    department_id: str
    area: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Called:
    """A unit the list names. Without `department` no department of that kind serves the area."""

    unit: str
    label: str
    department: Department | None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Whom the list would whistle."""

    item: Item | None
    alternatives: tuple[Item, ...]
    main: Called | None
    supporting: tuple[Called, ...]
    # True where the list does not cover the matter: the district decides, and the ruling is proposed for the list.
    is_last_resort: bool
    # The subdistrict answers for it itself: nobody to whistle as main.
    is_subdistricts: bool
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Why a department was called, as the list in force said then."""

    list_area: str
    list_number: int
    role: Role
    item_code: str | None = None
    item_name: str | None = None
    main: str | None = None
    supporting: tuple[str, ...] = ()
    law: str | None = None
    procedure: str | None = None
    subdistrict_duty: str | None = None

    @property
    def is_subdistricts(self) -> bool:
        return self.main == SUBDISTRICT


def publish(
    draft: ResponsibilityList, *, effective_on: date, today: date, latest: date | None, items: int
) -> ResponsibilityList:
    """The draft comes into force on a day. Raises NotADraft, EmptyList, EffectiveTooEarly.

    Args:
        latest: from when the newest published version of the area is in force.
    """
    _require_draft(draft)
    if not items:
        raise EmptyList()
    if effective_on < today or (latest is not None and effective_on < latest):
        raise EffectiveTooEarly(earliest=str(max(today, latest or today)))
    return replace(_next(draft), state=ListState.PUBLISHED, effective_on=effective_on)


def edited(draft: ResponsibilityList) -> ResponsibilityList:
    """The draft after a change of its items. Raises NotADraft."""
    _require_draft(draft)
    return _next(draft)


def check_size(items: int) -> None:
    """Raises TooManyItems."""
    if items > MOST_ITEMS:
        raise TooManyItems(items=items)


def with_last_resort(draft: ResponsibilityList, unit: str) -> ResponsibilityList:
    """Another kind of department takes what no item covers. Raises NotADraft."""
    _require_draft(draft)
    return replace(_next(draft), last_resort=unit)


def covering(items: Sequence[Item], category: str) -> tuple[Item, ...]:
    """The items that cover a matter, those that name it exactly first, else in the list's order."""
    found = [item for item in items if item.covers(category)]
    return tuple(sorted(found, key=lambda item: (not item.names_exactly(category), item.code)))


def propose(
    of: ResponsibilityList,
    items: Sequence[Item],
    *,
    category: str,
    kind: WhistleKind,
    serving: Sequence[Department],
) -> Proposal:
    """Whom to whistle for a matter, by the list.

    Args:
        serving: the departments that may be called for the matter's area.
    """
    found = covering(items, category)
    if not found:
        last = _called(of.last_resort, serving, kind)
        return Proposal(
            item=None,
            alternatives=(),
            main=last,
            supporting=(),
            is_last_resort=True,
            is_subdistricts=False,
            explanation=f"权责清单未列此事项，由区级兜底（{last.label}牵头），裁定结果提请列入下一版清单。",
        )
    item, others = found[0], found[1:]
    own = item.main == SUBDISTRICT
    main = None if own else _called(item.main, serving, kind)
    words = "街道主体责任" if own else f"主体责任单位：{UNITS[item.main]}"
    return Proposal(
        item=item,
        alternatives=others,
        main=main,
        supporting=tuple(_called(unit, serving, kind) for unit in item.supporting if unit != SUBDISTRICT),
        is_last_resort=False,
        is_subdistricts=own,
        explanation=f"清单事项 {item.code} {item.name}，{words}，依据{item.law}。",
    )


def ground_of(of: ResponsibilityList, items: Sequence[Item], *, category: str, unit: str | None) -> Ground:
    """Why a department of this kind was called: the item that names it, the main role before the supporting.

    A department the items do not name is "unlisted"; where no item covers the matter it was called as last resort.
    """
    found = covering(items, category)
    if not found:
        return Ground(list_area=of.area, list_number=of.number, role="last_resort")
    for item in found:
        if item.main == unit:
            return _ground(of, item, "main")
    for item in found:
        if unit in item.supporting:
            return _ground(of, item, "supporting")
    return _ground(of, found[0], "unlisted")


def wants_amendment(
    ground: Ground | None, *, to_unit: str | None
) -> Literal["not_covered", "differs"] | None:
    """Whether a ruling should become a proposal for the list's next version, and why."""
    if ground is None or ground.role == "last_resort":
        return "not_covered"
    named = {ground.main, *ground.supporting}
    return None if to_unit in named else "differs"


def nearest(serving: Sequence[Department], unit: str, kind: WhistleKind) -> Department | None:
    """The department of a kind to call: grids call the one nearest to them, subdistricts that of the district."""
    found = sorted(
        (one for one in serving if one.kind == unit), key=lambda one: (len(one.area), one.department_id)
    )
    if not found:
        return None
    if kind != "subdistrict_calls_departments":
        return found[-1]
    district = [one for one in found if areas.level(one.area) in (areas.Level.CITY, areas.Level.DISTRICT)]
    return district[-1] if district else found[0]


def _called(unit: str, serving: Sequence[Department], kind: WhistleKind) -> Called:
    return Called(unit=unit, label=UNITS.get(unit, unit), department=nearest(serving, unit, kind))


def _ground(of: ResponsibilityList, item: Item, role: Role) -> Ground:
    return Ground(
        list_area=of.area,
        list_number=of.number,
        role=role,
        item_code=item.code,
        item_name=item.name,
        main=item.main,
        supporting=item.supporting,
        law=item.law,
        procedure=item.procedure,
        subdistrict_duty=item.subdistrict_duty,
    )


def _require_draft(one: ResponsibilityList) -> None:
    if one.state is not ListState.DRAFT:
        raise NotADraft(number=one.number)


def _next(one: ResponsibilityList) -> ResponsibilityList:
    return replace(one, version=one.version + 1)
