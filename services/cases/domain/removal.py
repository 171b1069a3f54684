"""Removal 剔除: a department asks that a matter be left out of its base; the hotline office decides (domain.md §3).

A removed matter stays visible with everything that was said about it; only the figures leave it out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from services.cases.domain import errors
from services.cases.domain.case import By, Case, Change, change
from shared import areas
from shared.contracts import cases
from shared.contracts.cases import RemovalGround

# The hotline office works for a district or a city.
_REACH = 6


@dataclass(frozen=True, kw_only=True)
class Removal:
    removal_id: str
    case_id: str
    department_id: str
    # `2026-11`, the month whose ranking it concerns.
    month: str
    ground: RemovalGround
    words: str
    state: Literal["asked", "granted", "refused"]
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_words: str = ""


def ask(
    case: Case,
    *,
    department_id: str,
    month: str,
    ground: RemovalGround,
    words: str,
    reported_on: date,
    today: date,
    is_frozen: bool,
    by: By,
    at: datetime,
    new_id: Callable[[], str],
) -> tuple[Change, Removal]:
    """Raises NotCalled, MonthOutOfBounds, MonthFrozen."""
    if department_id not in case.departments:
        raise errors.NotCalled()
    if not f"{reported_on:%Y-%m}" <= month <= f"{today:%Y-%m}":
        raise errors.MonthOutOfBounds()
    if is_frozen:
        raise errors.MonthFrozen()
    event = cases.CaseRemovalAsked(
        case_id=case.case_id, area=case.area, department_id=department_id, month=month, ground=ground
    )
    detail = {"department_id": department_id, "month": month, "ground": ground, "words": words}
    removal = Removal(
        removal_id=new_id(),
        case_id=case.case_id,
        department_id=department_id,
        month=month,
        ground=ground,
        words=words,
        state="asked",
        asked_by=by.person_id,
        asked_at=at,
    )
    return change(case, "removal_asked", by, at, event, detail=detail), removal


def decide(
    case: Case,
    removal: Removal,
    *,
    granted: bool,
    words: str,
    scopes: Sequence[str],
    is_frozen: bool,
    by: By,
    at: datetime,
) -> tuple[Change, Removal]:
    """Raises ReachTooSmall, RemovalDecided, NotYourOwnRequest, MonthFrozen."""
    if not any(areas.inside(case.area, scope) and len(scope) <= _REACH for scope in scopes):
        raise errors.ReachTooSmall()
    if removal.state != "asked":
        raise errors.RemovalDecided()
    if by.person_id == removal.asked_by:
        raise errors.NotYourOwnRequest()
    if is_frozen:
        raise errors.MonthFrozen()
    event = cases.CaseRemovedFromBase(
        case_id=case.case_id,
        area=case.area,
        department_id=removal.department_id,
        month=removal.month,
        granted=granted,
        decided_at=at,
        ground=removal.ground,
    )
    detail = {"department_id": removal.department_id, "month": removal.month, "words": words}
    decided = replace(
        removal,
        state="granted" if granted else "refused",
        decided_by=by.person_id,
        decided_at=at,
        decision_words=words,
    )
    action = "removal_granted" if granted else "removal_refused"
    return change(case, action, by, at, event, detail=detail), decided
