"""The steps of handling a matter, from its report to what settles it or ends it otherwise (domain.md §3).

    received → triaged → handling → resolved → checked → called_back → closed
                 │          │  ▲        │ check fails, or the resident refutes
                 │          │  └────────┴── rework: handling again, counted
                 └── declined · merged · withdrawn

Each function answers a `Change`: the matter after the step, its timeline entries and the events it caused. What
follows the handling is in `hearing.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.cases.domain import errors
from services.cases.domain.case import (
    LEVELS,
    OPEN,
    PLATFORM,
    By,
    Case,
    Change,
    Entry,
    State,
    change,
    require,
    require_no_hold,
)
from shared.contracts import cases
from shared.contracts.cases import (
    CaseLevel,
    DeclineGround,
    Mechanism,
    ScopeClass,
    Urgency,
    WhistleKind,
)

# Who settles a matter of a scope class by hand; a general 一般性 one whoever handles it. A regional 区域性 one is the
# community's, an overall 全局性 one theirs to whom the head reported it; of a major 重大 one the head takes charge.
_SETTLED_BY: dict[ScopeClass, frozenset[str]] = {
    "regional": frozenset({"community_officer", "caller", "dispatcher"}),
    "overall": frozenset({"caller", "dispatcher"}),
    "major": frozenset({"community_officer", "caller", "dispatcher"}),
}
# Who hears at once of what cannot wait.
REPORTED_TO: CaseLevel = "subdistrict"


def report(case: Case, *, by: By) -> Change:
    """A matter is filed. `case` is as received, version 1."""
    entry = Entry(
        action="reported", by=by, at=case.reported_at, area=case.area, detail={"channel": case.channel}
    )
    event = cases.CaseReported(
        case_id=case.case_id,
        area=case.area,
        number=case.number,
        category=case.category,
        channel=case.channel,
        urgency=case.urgency,
        sla_class=case.sla_class,
        place=case.place,
        reported_at=case.reported_at,
        reporter_id=case.public_reporter_id,
    )
    return Change(case=case, entries=(entry,), events=(event,))


def take(case: Case, *, by: By, at: datetime) -> Change:
    """Somebody takes the matter; the first one is on record for good."""
    require(case, OPEN)
    return change(case, "taken", by, at, first_handler_by=case.first_handler_by or by.person_id)


def triage(
    case: Case,
    *,
    by: By,
    at: datetime,
    level: CaseLevel | None = None,
    scope_class: ScopeClass | None = None,
    mechanism: Mechanism | None = None,
    urgency: Urgency | None = None,
    documents: int = 0,
) -> Change:
    """The matter is valid and classed; what is not given stays as the catalogue proposes.

    Args:
        documents: how many documents it gathers where it becomes an approval 审批性 only now.
    """
    require(case, {State.RECEIVED})
    classed = replace(
        case,
        level=level or case.level,
        scope_class=scope_class or case.scope_class,
        mechanism=mechanism or case.mechanism,
        urgency=urgency or case.urgency,
        first_handler_by=case.first_handler_by or by.person_id,
    )
    if classed.mechanism != case.mechanism:
        classed = replace(classed, documents_missing=documents if classed.mechanism == "approval" else 0)
    event = cases.CaseTriaged(
        case_id=case.case_id,
        area=case.area,
        category=case.category,
        level=classed.level,
        scope_class=classed.scope_class,
        mechanism=classed.mechanism,
        urgency=classed.urgency,
        triaged_at=at,
        reporter_id=case.public_reporter_id,
        sla_class=classed.sla_class,
        triaged_by=by.person_id,
    )
    detail = {
        "level": classed.level,
        "scope_class": classed.scope_class,
        "mechanism": classed.mechanism,
        "urgency": classed.urgency,
    }
    triaged = change(classed, "triaged", by, at, event, detail=detail, state=State.TRIAGED)
    raised = report_up(triaged.case, by=by, at=at)
    return triaged.then(lambda _: raised) if raised is not None else triaged


def decline(case: Case, *, ground: DeclineGround, words: str, by: By, at: datetime) -> Change:
    """The matter is not taken on 不予受理, on a listed ground."""
    require(case, {State.RECEIVED, State.TRIAGED})
    event = cases.CaseDeclined(case_id=case.case_id, area=case.area, ground=ground)
    return change(
        case,
        "declined",
        by,
        at,
        event,
        detail={"ground": ground, "words": words},
        state=State.DECLINED,
        closed_at=at,
    )


def withdraw(case: Case, *, words: str, by: By, at: datetime, has_merged: bool = False) -> Change:
    """The reporter takes the matter back before it is resolved.

    Raises OthersReported where matters of others were merged into it: theirs is handled on.
    """
    require(case, OPEN)
    if has_merged:
        raise errors.OthersReported()
    event = cases.CaseWithdrawn(case_id=case.case_id, area=case.area)
    return change(
        case,
        "withdrawn",
        by,
        at,
        event,
        detail={"words": words},
        state=State.WITHDRAWN,
        closed_at=at,
        hold=None,
        review_on=None,
        open_orders=0,
    )


def merge(case: Case, *, into: Case, by: By, at: datetime) -> Change:
    """The matter is handled within another one 合并办理."""
    require(case, OPEN)
    if into.case_id == case.case_id or into.state not in OPEN:
        raise errors.CannotMerge()
    event = cases.CaseMerged(case_id=case.case_id, area=case.area, into_case_id=into.case_id)
    return change(
        case,
        "merged",
        by,
        at,
        event,
        detail={"into": into.number},
        state=State.MERGED,
        merged_into=into.case_id,
        closed_at=at,
        hold=None,
        review_on=None,
        open_orders=0,
    )


def escalate(case: Case, *, to_level: CaseLevel, reason: str, by: By, at: datetime) -> Change:
    """The matter climbs, with a reason; its whole path stays on the timeline."""
    require(case, {State.TRIAGED, State.HANDLING})
    if LEVELS.index(to_level) <= LEVELS.index(case.level):
        raise errors.ClimbsOnly()
    return climb(case, to_level=to_level, reason=reason, by=by, at=at)


def climb(case: Case, *, to_level: CaseLevel, reason: str, by: By, at: datetime) -> Change:
    """The matter is one level or more further up, whatever state it is in."""
    event = cases.CaseEscalated(
        case_id=case.case_id, area=case.area, from_level=case.level, to_level=to_level
    )
    return change(
        case,
        "escalated",
        by,
        at,
        event,
        detail={"from": case.level, "to": to_level, "reason": reason},
        level=to_level,
    )


def report_up(case: Case, *, by: By, at: datetime) -> Change | None:
    """What cannot wait for somebody to climb is raised at once, while those below act (domain.md §3).

    An emergency 突发性 from the moment it is filed; an overall 全局性 or major 重大 matter when it is classed so. None
    where the matter is up there already, or may stay where it is.
    """
    if LEVELS.index(case.level) >= LEVELS.index(REPORTED_TO):
        return None
    if case.mechanism == "emergency":
        return climb(case, to_level=REPORTED_TO, reason="突发性事项，立即上报", by=by, at=at)
    if case.state is not State.RECEIVED and case.scope_class in ("overall", "major"):
        return climb(case, to_level=REPORTED_TO, reason="全局性或重大事项，逐级上报", by=by, at=at)
    return None


def whistle(
    case: Case,
    *,
    order_id: str,
    kind: WhistleKind,
    departments: tuple[str, ...],
    already_called: frozenset[str],
    by: By,
    at: datetime,
) -> Change:
    """Departments must come 吹哨. The first one leads. Whistling a received matter triages it; one that was put
    off or listed is resumed first.

    Args:
        already_called: departments with an unfinished order for this matter.
    """
    require(case, OPEN)
    require_no_hold(case)
    if already_called & set(departments):
        raise errors.AlreadyCalled(departments=sorted(already_called & set(departments)))
    if case.state is State.RECEIVED:
        return triage(case, by=by, at=at).then(
            lambda triaged: whistle(
                triaged,
                order_id=order_id,
                kind=kind,
                departments=departments,
                already_called=already_called,
                by=by,
                at=at,
            )
        )
    assert by.person_id is not None
    event = cases.CaseWhistled(
        case_id=case.case_id,
        area=case.area,
        order_id=order_id,
        kind=kind,
        departments=departments,
        category=case.category,
        sla_class=case.sla_class,
        urgency=case.urgency,
        place=case.place,
        caller_id=by.person_id,
        whistled_at=at,
    )
    return change(
        case,
        "whistled",
        by,
        at,
        event,
        detail={"kind": kind, "departments": list(departments), "order_id": order_id},
        state=State.HANDLING,
        first_handler_by=case.first_handler_by or by.person_id,
        open_orders=case.open_orders + 1,
        departments=tuple(sorted({*case.departments, *departments})),
    )


def begin(case: Case, *, by: By, at: datetime) -> Change:
    """Somebody of the grid or community starts handling it without a whistle.

    In an emergency 突发性 the community acts first: beginning takes the matter on.
    """
    if case.mechanism == "emergency" and case.state is State.RECEIVED:
        return triage(case, by=by, at=at).then(lambda triaged: begin(triaged, by=by, at=at))
    require(case, {State.TRIAGED})
    return change(
        case, "handling", by, at, state=State.HANDLING, first_handler_by=case.first_handler_by or by.person_id
    )


def resolve(
    case: Case,
    *,
    words: str,
    by: By,
    at: datetime,
    on_the_spot: bool = False,
    attachments: Sequence[Mapping[str, str]] = (),
) -> Change:
    """Somebody says that handling is done; whatever orders are open are closed with it.

    Args:
        on_the_spot: it was settled when it was found, and is only recorded now.

    Raises NotYoursToSettle where the scope class leaves that to others, DocumentsMissing for an approval 审批性 that
    still gathers documents: it is declined, or followed to the end.
    """
    require(case, {State.TRIAGED, State.HANDLING})
    settled_by = _SETTLED_BY.get(case.scope_class)
    if settled_by is not None and by.role not in settled_by and not on_the_spot:
        raise errors.NotYoursToSettle(scope_class=case.scope_class, settled_by=sorted(settled_by))
    if case.documents_missing:
        raise errors.DocumentsMissing(missing=case.documents_missing)
    detail: dict[str, Any] = {"words": words}
    if attachments:
        detail["attachments"] = list(attachments)
    return _resolved(case, by=by, at=at, resolved_by="hand", detail=detail)


def order_finished(case: Case, *, order_id: str, at: datetime) -> Change:
    """Dispatch finished one order of the present run; with the last one the matter is resolved by itself."""
    entry_detail = {"order_id": order_id}
    left = case.open_orders - 1
    # An approval that still gathers documents is resolved by whoever has them all.
    if left > 0 or case.state is not State.HANDLING or case.documents_missing:
        return change(case, "order_finished", PLATFORM, at, detail=entry_detail, open_orders=max(left, 0))
    finished = change(case, "order_finished", PLATFORM, at, detail=entry_detail, open_orders=0)
    return finished.then(lambda ready: _resolved(ready, by=PLATFORM, at=at, resolved_by="orders", detail={}))


def order_ended(case: Case, *, order_id: str, reason: str, is_done: bool, at: datetime) -> Change:
    """Dispatch ended an order of the present run because none of its tasks is needed: the street handles the matter on.

    Args:
        reason: why they are not needed, as ruled.
        is_done: another order of this run, which is finished, did what this one asked.
    """
    left = max(case.open_orders - 1, 0)
    detail = {"order_id": order_id, "reason": reason}
    ended = change(case, "order_ended", PLATFORM, at, detail=detail, open_orders=left)
    if left or not is_done or case.state is not State.HANDLING or case.documents_missing:
        return ended
    return ended.then(lambda ready: _resolved(ready, by=PLATFORM, at=at, resolved_by="orders", detail={}))


def _resolved(case: Case, *, by: By, at: datetime, resolved_by: str, detail: dict[str, Any]) -> Change:
    event = cases.CaseResolved(
        case_id=case.case_id,
        area=case.area,
        resolved_by=resolved_by,  # type: ignore[arg-type]
        resolved_at=at,
    )
    return change(
        case,
        "resolved",
        by,
        at,
        event,
        detail={**detail, "resolved_by": resolved_by},
        state=State.RESOLVED,
        resolved_at=at,
        open_orders=0,
        hold=None,
        review_on=None,
    )
