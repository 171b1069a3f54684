"""Matters that stand still with a reason: deferral 缓办 and the standing list 挂账 (domain.md §3).

Somebody asks, another person with role and reach decides, and a review date ends it: a review renews with a reason
or resumes. A deferral nobody reviewed in time resumes by itself; on the standing list, where nothing could be done
before either, the missed review is flagged and heads the queue (docs/decisions, "A hold ends by itself").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from services.cases.domain import errors
from services.cases.domain.case import (
    PLATFORM,
    By,
    Case,
    Change,
    Hold,
    State,
    change,
    require,
    require_no_hold,
)
from shared import areas
from shared.contracts import cases

MOVING = {State.TRIAGED, State.HANDLING}
# Digits of an area code a decider's reach may have at most: a subdistrict, and a district for what climbed there.
_REACH, _REACH_OF_DISTRICT = 9, 6
Extension = Literal["used_up", "not_allowed", "refused"]


@dataclass(frozen=True, kw_only=True)
class HoldRequest:
    """A request to put a matter off, and what came of it."""

    hold_id: str
    case_id: str
    hold: Hold
    reason: str
    review_on: date
    # asked → active → ended, or asked → refused
    state: Literal["asked", "active", "refused", "ended"]
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    renewals: int = 0
    # When the platform noticed that nobody reviewed it in time.
    missed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is known of the matter's limit to finish, as dispatch says it."""

    due_at: datetime | None
    # How often more time was granted, and refused, in the present handling.
    extensions: int
    extensions_refused: int


def ask(
    case: Case,
    *,
    hold: Hold,
    review_on: date,
    reason: str,
    limits: Limits,
    longest_days: int,
    today: date,
    by: By,
    at: datetime,
    new_id: Callable[[], str],
) -> tuple[Change, HoldRequest]:
    """Asks to defer a matter, or to put it on the standing list once its limit is over.

    Raises NotInThisState, ReviewDateOutOfBounds, LimitNotUsedUp.
    """
    _require_moving(case)
    _require_bounded(review_on, longest_days, today)
    if hold is Hold.LISTED and (limits.due_at is None or limits.due_at > at):
        raise errors.LimitNotUsedUp()
    event = cases.CaseHoldAsked(case_id=case.case_id, area=case.area, hold=hold.value, review_on=review_on)
    detail = {"hold": hold.value, "reason": reason, "review_on": review_on.isoformat()}
    request = HoldRequest(
        hold_id=new_id(),
        case_id=case.case_id,
        hold=hold,
        reason=reason,
        review_on=review_on,
        state="asked",
        asked_by=by.person_id,
        asked_at=at,
    )
    return change(case, "hold_asked", by, at, event, detail=detail), request


def decide(
    case: Case,
    request: HoldRequest,
    *,
    granted: bool,
    words: str,
    extension: Extension | None,
    limits: Limits,
    scopes: Sequence[str],
    today: date,
    by: By,
    at: datetime,
) -> tuple[Change, HoldRequest]:
    """Grants or refuses what was asked.

    Raises NotYourOwnRequest, ReachTooSmall, NotInThisState, ReviewDateOutOfBounds when the date asked for has come
    meanwhile, ExtensionNotUsedUp for a listing where no such decision about more time is on record.
    """
    if by.person_id == request.asked_by:
        raise errors.NotYourOwnRequest()
    require_reach(case, scopes)
    decided = replace(
        request, state="active" if granted else "refused", decided_by=by.person_id, decided_at=at
    )
    detail = {
        "hold": request.hold.value,
        "reason": request.reason,
        "words": words,
        "asked_by": request.asked_by,
    }
    if not granted:
        refused = cases.CaseHoldRefused(case_id=case.case_id, area=case.area, hold=request.hold.value)
        return change(case, "hold_refused", by, at, refused, detail=detail), decided
    _require_moving(case)
    if request.review_on <= today:
        raise errors.ReviewDateOutOfBounds()
    detail["review_on"] = request.review_on.isoformat()
    if request.hold is Hold.LISTED:
        _require_no_extension_left(extension, limits)
        detail["extension"] = extension
    event = (cases.CaseListed if request.hold is Hold.LISTED else cases.CaseDeferred)(
        case_id=case.case_id, area=case.area, review_on=request.review_on
    )
    held = change(
        case,
        request.hold.value,
        by,
        at,
        event,
        detail=detail,
        hold=request.hold,
        review_on=request.review_on,
    )
    return held, decided


def renew(
    case: Case,
    request: HoldRequest,
    *,
    review_on: date,
    reason: str,
    longest_days: int,
    scopes: Sequence[str],
    today: date,
    by: By,
    at: datetime,
) -> tuple[Change, HoldRequest]:
    """A review leaves the matter standing, with a reason, until another date.

    Raises NotHeld, ReachTooSmall, ReviewDateOutOfBounds.
    """
    _require_held(case)
    require_reach(case, scopes)
    _require_bounded(review_on, longest_days, today)
    renewed = replace(request, review_on=review_on, renewals=request.renewals + 1, missed_at=None)
    event = cases.CaseHoldRenewed(
        case_id=case.case_id,
        area=case.area,
        hold=request.hold.value,
        review_on=review_on,
        renewals=renewed.renewals,
    )
    detail = {"hold": request.hold.value, "reason": reason, "review_on": review_on.isoformat()}
    return change(case, "hold_renewed", by, at, event, detail=detail, review_on=review_on), renewed


def resume(case: Case, *, words: str = "", by: By, at: datetime) -> Change:
    """A deferred or listed matter is handled again."""
    _require_held(case)
    assert case.hold is not None
    event = cases.CaseResumed(case_id=case.case_id, area=case.area)
    detail = {"hold": case.hold.value, "words": words}
    return change(case, "resumed", by, at, event, detail=detail, hold=None, review_on=None)


def pass_review(case: Case, request: HoldRequest, *, at: datetime) -> tuple[Change, HoldRequest]:
    """The review date has gone by unseen: a deferral runs on, the standing list is flagged once."""
    if request.hold is Hold.DEFERRED:
        return (
            resume(case, words="review date passed", by=PLATFORM, at=at),
            replace(request, state="ended"),
        )
    event = cases.CaseReviewMissed(case_id=case.case_id, area=case.area, review_on=request.review_on)
    detail = {"review_on": request.review_on.isoformat()}
    flagged = change(case, "review_missed", PLATFORM, at, event, detail=detail)
    return flagged, replace(request, missed_at=at)


def require_reach(case: Case, scopes: Sequence[str]) -> None:
    """Raises ReachTooSmall unless somebody with these scopes stands high enough over the matter."""
    most = _REACH_OF_DISTRICT if case.level == "district" else _REACH
    if not any(areas.inside(case.area, scope) and len(scope) <= most for scope in scopes):
        raise errors.ReachTooSmall()


def _require_no_extension_left(extension: Extension | None, limits: Limits) -> None:
    """What is on record must be so; that the preset allows none is the centre's word."""
    on_record = {
        "used_up": limits.extensions > 0,
        "refused": limits.extensions_refused > 0,
        "not_allowed": True,
    }
    if extension is None or not on_record[extension]:
        raise errors.ExtensionNotUsedUp()


def _require_bounded(review_on: date, longest_days: int, today: date) -> None:
    if not today < review_on <= today + timedelta(days=longest_days):
        raise errors.ReviewDateOutOfBounds(
            earliest=(today + timedelta(days=1)).isoformat(),
            latest=(today + timedelta(days=longest_days)).isoformat(),
        )


def _require_moving(case: Case) -> None:
    require(case, MOVING)
    require_no_hold(case)


def _require_held(case: Case) -> None:
    if case.hold is None:
        raise errors.NotHeld()
