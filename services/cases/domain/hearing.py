"""What follows the handling of a matter: check on site 核查, call-back 回访, rework 重办 (domain.md §3).

resolved ── check ──► checked ── call back ──► called_back ──► closed
    ▲                    │            │                           │
    └── handling ◄── failed ◄── not settled, unhappy, refuted ◄───┘      (the next run)

What nobody reported closes with its check. A closed matter may be refuted for some days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

from services.cases.domain import errors
from services.cases.domain.case import DONE, PLATFORM, By, Case, Change, State, change, require
from shared.contracts import cases
from shared.contracts.cases import Satisfaction

UNHAPPY: frozenset[Satisfaction] = frozenset({"unhappy", "very_unhappy"})
Reason = Literal["check_failed", "not_settled", "unhappy", "refuted"]


def check(
    case: Case,
    *,
    passed: bool,
    words: str,
    by: By,
    at: datetime,
    is_asked: bool = True,
    attachments: Sequence[Mapping[str, str]] = (),
) -> Change:
    """Somebody verifies the result on site 核查. A failed check reworks the matter.

    Args:
        is_asked: whether anybody is to be called back; where nobody reported it, a passed check closes the matter.
    """
    require(case, {State.RESOLVED})
    event = cases.CaseChecked(case_id=case.case_id, area=case.area, passed=passed, checked_at=at)
    detail: dict[str, Any] = {"passed": passed, "words": words}
    if attachments:
        detail["attachments"] = list(attachments)
    checked = change(case, "checked", by, at, event, detail=detail, state=State.CHECKED)
    if passed:
        return checked if is_asked else checked.then(lambda last: _closed(last, by=PLATFORM, at=at))
    return checked.then(lambda failed: rework(failed, reason="check_failed", by=by, at=at))


def call_back(
    case: Case,
    *,
    met: bool | None,
    settled: bool,
    satisfaction: Satisfaction,
    words: str,
    by: By,
    at: datetime,
) -> Change:
    """The reporter was asked 回访: whether they were met, whether it is settled, how satisfied they are.

    Settled and not unhappy closes the matter; anything else said reworks it. A confidential reporter 保密 has no
    meet rate: whether they were met is not kept.
    """
    require(case, {State.CHECKED})
    if case.is_confidential:
        met = None
    heard = change(
        case,
        "called_back",
        by,
        at,
        _answered(case, met=met, settled=settled, satisfaction=satisfaction, at=at),
        detail={
            "reached": True,
            "met": met,
            "settled": settled,
            "satisfaction": satisfaction,
            "words": words,
        },
        state=State.CALLED_BACK,
        calls_made=case.calls_made + 1,
        met=met,
        settled=settled,
        satisfaction=satisfaction,
    )
    reason = _rework_of(settled=settled, satisfaction=satisfaction)
    if reason is not None:
        return heard.then(partial(rework, reason=reason, by=by, at=at))
    return heard.then(lambda answered: _closed(answered, by=PLATFORM, at=at))


def not_reached(case: Case, *, outcome: str, words: str, tries: int, by: By, at: datetime) -> Change:
    """A fruitless call. After so many tries the matter closes outside the satisfaction base.

    Raises AnsweredInPerson when reporters say of themselves that they were not reached.
    """
    require(case, {State.CHECKED})
    if by.person_id is not None and by.person_id == case.reporter_id:
        raise errors.AnsweredInPerson()
    calls = case.calls_made + 1
    event = cases.CaseCalledBack(
        case_id=case.case_id,
        area=case.area,
        reached=False,
        met=None,
        settled=None,
        satisfaction=None,
        called_back_at=at,
        run=case.run,
    )
    detail = {
        "reached": False,
        "outcome": outcome,
        "met": None,
        "settled": None,
        "satisfaction": None,
        "words": words,
    }
    tried = change(case, "called_back", by, at, event, detail=detail, calls_made=calls)
    return tried if calls < tries else tried.then(lambda last: _closed(last, by=PLATFORM, at=at))


def change_answer(
    case: Case,
    *,
    met: bool | None,
    settled: bool,
    satisfaction: Satisfaction,
    words: str,
    days: int,
    refute_days: int,
    by: By,
    at: datetime,
) -> Change:
    """The reporter says something else of a closed matter, within so many days of its closing.

    The new answer takes the place of the old one, so the matter still counts once; what was said before stays on
    the timeline. Not settled after all, or unhappy, the matter is handled again while it may still be refuted.
    """
    require(case, {State.CLOSED})
    if not _is_within(case, days, at):
        raise errors.AnsweredTooLate(days=days)
    if case.is_confidential:
        met = None
    before = {"met": case.met, "settled": case.settled, "satisfaction": case.satisfaction}
    changed = change(
        case,
        "answer_changed",
        by,
        at,
        _answered(case, met=met, settled=settled, satisfaction=satisfaction, at=at, is_change=True),
        detail={
            "before": before,
            "met": met,
            "settled": settled,
            "satisfaction": satisfaction,
            "words": words,
        },
        met=met,
        settled=settled,
        satisfaction=satisfaction,
    )
    reason = _rework_of(settled=settled, satisfaction=satisfaction)
    if reason is None or not _is_within(case, refute_days, at):
        return changed
    return changed.then(partial(rework, reason=reason, by=by, at=at))


def tell(case: Case, *, how: str, words: str, by: By, at: datetime) -> Change:
    """The grid lead told the resident the result 告知: a default task in every scope class (domain.md §3).

    In whatever state the matter is: what a reporter is told may be about the one theirs was merged into.
    """
    event = cases.CaseResultTold(case_id=case.case_id, area=case.area, told_at=at)
    return change(case, "told", by, at, event, detail={"how": how, "words": words})


def tried(case: Case, *, kind: str, outcome: str, words: str, by: By, at: datetime) -> Change:
    """Somebody went to check, or wanted to tell, and could not; the hearing they did it for is open."""
    return change(case, f"{kind}_tried", by, at, detail={"outcome": outcome, "words": words})


def refute(case: Case, *, words: str, refute_days: int, by: By, at: datetime) -> Change:
    """The reporter says that a resolved matter is not settled, or so many days after its closing that it was not.

    Raises RefutedTooLate.
    """
    require(case, {State.RESOLVED, State.CHECKED, State.CLOSED})
    if case.state is State.CLOSED and not _is_within(case, refute_days, at):
        raise errors.RefutedTooLate(days=refute_days)
    refuted = change(case, "refuted", by, at, detail={"words": words})
    return refuted.then(lambda open_: rework(open_, reason="refuted", by=by, at=at))


def rework(case: Case, *, reason: Reason, by: By, at: datetime) -> Change:
    """Handling starts again 重办 as the next run; the earlier handling keeps its times (`handlings`)."""
    require(case, DONE | {State.CLOSED})
    run = case.run + 1
    event = cases.CaseReworked(case_id=case.case_id, area=case.area, run=run, reason=reason)
    return change(
        case,
        "reworked",
        by,
        at,
        event,
        detail={"reason": reason, "run": run},
        state=State.HANDLING,
        run=run,
        open_orders=0,
        resolved_at=None,
        closed_at=None,
        calls_made=0,
        met=None,
        settled=None,
        satisfaction=None,
    )


def _is_within(case: Case, days: int, at: datetime) -> bool:
    """Whether a closed matter was closed less than so many days ago."""
    assert case.closed_at is not None
    return (at - case.closed_at).days < days


def _rework_of(*, settled: bool, satisfaction: Satisfaction) -> Reason | None:
    """Why such an answer has the matter handled again; None where it may rest."""
    if not settled:
        return "not_settled"
    return "unhappy" if satisfaction in UNHAPPY else None


def _answered(
    case: Case,
    *,
    met: bool | None,
    settled: bool,
    satisfaction: Satisfaction,
    at: datetime,
    is_change: bool = False,
) -> cases.CaseCalledBack:
    return cases.CaseCalledBack(
        case_id=case.case_id,
        area=case.area,
        reached=True,
        met=met,
        settled=settled,
        satisfaction=satisfaction,
        called_back_at=at,
        run=case.run,
        is_change=is_change,
    )


def _closed(case: Case, *, by: By, at: datetime) -> Change:
    event = cases.CaseClosed(case_id=case.case_id, area=case.area, closed_at=at)
    return change(case, "closed", by, at, event, state=State.CLOSED, closed_at=at)
