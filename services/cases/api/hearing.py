"""Check on site, call-back, and the queue of who must do which by when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from services.cases.api.reporting import places
from services.cases.api.steps import as_resident, by, saved
from services.cases.domain import errors, hearing_queue, merging, regridding
from services.cases.domain import hearing as domain
from services.cases.domain.case import By, Case, Change, State
from services.cases.domain.hearing_queue import Hearing, Kind
from services.cases.schemas import hearing as schemas
from services.cases.schemas import matters as matter_schemas
from services.cases.store import attachments, following, matters
from services.cases.store import hearing as store
from services.cases.store.sql import queries
from shared import auth, clock, db, http
from shared.auth import Role
from shared.bus import outbox
from shared.errors import Forbidden, NotFound, Stale
from shared.http import Page, Request, get, post, put

GRID = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
CHECKERS = GRID | {Role.CALLER, Role.DISPATCHER}
CALLERS_BACK = GRID | {Role.OPERATOR}
TELLERS = GRID | {Role.OPERATOR}
WHO = {Kind.CHECK: CHECKERS, Kind.CALL_BACK: CALLERS_BACK, Kind.TELL: TELLERS}
HEARERS = CHECKERS | CALLERS_BACK
WATCHERS = HEARERS | {Role.SUPERVISOR}
_QUEUE_ERRORS = (errors.TakenByAnother, errors.NotYetAgain, errors.HearingOver)


class HearingApi:
    """What follows the handling of a matter."""

    @post(
        "/cases/<uuid:case_id>/check",
        roles=CHECKERS,
        body=schemas.Check,
        answers=matter_schemas.CaseView,
        errors=(errors.NotInThisState, errors.TakenByAnother, errors.UnknownAttachment),
    )
    def check(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Record the check on site; a failed one starts the handling again.

        What nobody reported is closed by a check that passes: there is nobody to call back.
        """
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        request.match(case.version)
        change = domain.check(
            case,
            by=by(request.actor, CHECKERS),
            at=at,
            passed=request.body["passed"],
            words=request.body["words"],
            is_asked=case.has_reporter
            or queries.has_merged_reporter(tx, case_id=case_id, unasked=sorted(hearing_queue.UNASKED)),
            attachments=attachments.evidence(tx, case_id, request.body["attachment_ids"]),
        )
        _require_free(tx, request, case_id, Kind.CHECK, at)
        return saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/call-back",
        roles=CALLERS_BACK | {Role.RESIDENT},
        body=schemas.CallBack,
        answers=matter_schemas.CaseView,
        errors=(errors.NotInThisState, errors.AnsweredInPerson, *_QUEUE_ERRORS),
    )
    def call_back(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Record what the reporter says of the result: met, settled, satisfied.

        Settled and not unhappy closes the matter; otherwise handling starts again. The reporter may answer in
        person at any time. A fruitless call counts as a try: the next is hours later and never at night, and
        after the last one the matter closes outside the satisfaction base.
        """
        case, at = matters.lock(tx, case_id, matters.of_areas_or_own(request.actor))
        request.match(case.version)
        in_person = case.reporter_id == request.actor.person_id
        who = as_resident(request.actor) if in_person else by(request.actor, CALLERS_BACK)
        answer = dict(request.body)
        outcome = answer.pop("outcome") or "no_answer"
        if not answer.pop("reached"):
            return saved(tx, request, _not_reached(tx, case, outcome, answer["words"], by=who, at=at))
        change = domain.call_back(case, by=who, at=at, **answer)
        if not in_person:
            _require_free(tx, request, case_id, Kind.CALL_BACK, at)
        return saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/answer",
        roles=frozenset({Role.RESIDENT, Role.OPERATOR}),
        body=schemas.Answer,
        answers=matter_schemas.CaseView,
        errors=(errors.NotInThisState, errors.AnsweredTooLate),
    )
    def change_answer(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Answer otherwise, or for the first time, after the matter was closed.

        The new answer takes the place of the old one, so the matter counts once. Not settled after all, or unhappy,
        it is handled again while it may still be refuted.
        """
        case, at = matters.lock(tx, case_id, matters.of_areas_or_own(request.actor))
        request.match(case.version)
        in_person = case.reporter_id == request.actor.person_id
        if not in_person and not request.actor.has(Role.OPERATOR):
            raise NotFound()
        who = as_resident(request.actor) if in_person else by(request.actor, frozenset({Role.OPERATOR}))
        rules = store.rules(tx)
        answered = partial(
            domain.change_answer,
            days=rules.answer_days,
            refute_days=rules.refute_days,
            by=who,
            at=at,
            **request.body,
        )
        return saved(tx, request, _where_it_lies(tx, case, answered, at))

    @post(
        "/cases/<uuid:case_id>/refute",
        roles=frozenset({Role.RESIDENT}),
        body=matter_schemas.Said,
        answers=matter_schemas.CaseView,
        errors=(errors.NotInThisState, errors.RefutedTooLate),
    )
    def refute(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Say that one's own matter, or the one it was merged into, is not settled; handling starts again.

        A closed matter is opened again within so many days of its closing.
        """
        case, target, at = _lock_own(tx, request, case_id)
        request.match(case.version)
        told = {**request.body, "refute_days": store.rules(tx).refute_days}
        who = as_resident(request.actor)
        if target is None:
            refuted = partial(domain.refute, by=who, at=at, **told)
            return saved(tx, request, _where_it_lies(tx, case, refuted, at))
        said, refute = merging.refute(case, target, by=who, at=at, **told)
        reworked = _where_it_lies(tx, target, refute, at)
        matters.save(tx, reworked)
        outbox.add(tx, reworked.events)
        return saved(tx, request, said)

    @get(
        "/cases/<uuid:case_id>/handlings",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.HandlingView,
        page=True,
    )
    def handlings(self, tx: db.Tx, request: Request, /, case_id: str) -> Page:
        """List every handling of a matter with its times; a rework changes nothing in those before."""
        matters.view(tx, case_id, request.actor)
        return Page(items=store.handlings(tx, case_id))

    @get(
        "/cases/hearings", roles=WATCHERS, query=schemas.HearingFilter, answers=schemas.HearingView, page=True
    )
    def hearings(self, tx: db.Tx, request: Request, /) -> Page:
        """List what must be checked, told or called back in one's areas, first due first."""
        cursor, query = request.cursor(length=2), request.query
        scopes = matters.within(query["area"], matters.of_areas(request.actor).scopes)
        rows, total = store.listed(
            tx,
            scopes=scopes,
            kind=query["kind"],
            person_id=request.actor.person_id if query["mine"] else None,
            is_ready=query["ready"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        page = http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["due_at"]), str(row["hearing_id"])],
        )
        return replace(page, total=total, total_is_capped=total >= store.MOST_COUNTED)

    @post(
        "/cases/hearings/<uuid:hearing_id>/claim",
        roles=HEARERS,
        answers=schemas.HearingView,
        errors=_QUEUE_ERRORS,
    )
    def claim(self, tx: db.Tx, request: Request, /, hearing_id: str) -> dict[str, Any]:
        """Take a check or a call for a while, so that nobody else goes or calls too."""
        _, hearing, at = _lock(tx, request, hearing_id)
        who = _doer(request, hearing)
        store.save(tx, hearing_queue.claim(hearing, by=who, rules=store.rules(tx), at=at))
        return store.view(tx, hearing_id)

    @post(
        "/cases/hearings/<uuid:hearing_id>/release",
        roles=WATCHERS,
        answers=schemas.HearingView,
        errors=(errors.TakenByAnother, errors.HearingOver),
    )
    def release(self, tx: db.Tx, request: Request, /, hearing_id: str) -> dict[str, Any]:
        """Give back what one claimed; a supervisor may free what anybody claimed."""
        _, hearing, at = _lock(tx, request, hearing_id)
        who = by(request.actor, WATCHERS)
        store.save(tx, hearing_queue.release(hearing, by=who, at=at))
        return store.view(tx, hearing_id)

    @post(
        "/cases/hearings/<uuid:hearing_id>/attempts",
        roles=HEARERS,
        body=schemas.Tried,
        answers=schemas.HearingView,
        errors=(errors.NotInThisState, errors.UnknownOutcome, *_QUEUE_ERRORS),
    )
    def attempt(self, tx: db.Tx, request: Request, /, hearing_id: str) -> dict[str, Any]:
        """Note a fruitless try; the next one is put off, never into the night."""
        case, hearing, at = _lock(tx, request, hearing_id)
        who = _doer(request, hearing)
        outcome, words = request.body["outcome"], request.body["words"]
        if hearing.kind is Kind.CALL_BACK and hearing.is_open:
            change = _not_reached(tx, case, outcome, words, by=who, at=at)
        else:
            rules = store.rules(tx)
            tried, attempt = hearing_queue.attempt(
                hearing, outcome=outcome, words=words, by=who, rules=rules, at=at
            )
            store.save(tx, tried, attempt)
            change = domain.tried(case, kind=hearing.kind, outcome=outcome, words=words, by=who, at=at)
        saved(tx, request, change)
        return store.view(tx, hearing_id)

    @get(
        "/cases/hearings/<uuid:hearing_id>/attempts",
        roles=WATCHERS,
        query=http.PageQuery,
        answers=schemas.AttemptView,
        page=True,
    )
    def attempts(self, tx: db.Tx, request: Request, /, hearing_id: str) -> Page:
        """List the tries of a check or call-back, in order."""
        matters.view(tx, store.case_of(tx, hearing_id), request.actor)
        return Page(items=store.attempts(tx, hearing_id))

    @post(
        "/cases/hearings/<uuid:hearing_id>/told",
        roles=TELLERS,
        body=schemas.Told,
        answers=schemas.HearingView,
        errors=(errors.NotOfThisKind, errors.TakenByAnother, errors.HearingOver),
    )
    def told(self, tx: db.Tx, request: Request, /, hearing_id: str) -> dict[str, Any]:
        """Record that the resident was told the result, and how."""
        case, hearing, at = _lock(tx, request, hearing_id)
        if hearing.kind is not Kind.TELL:
            raise errors.NotOfThisKind()
        if not hearing.is_open:
            raise errors.HearingOver()
        hearing_queue.require_free(hearing, request.actor.person_id, at)
        store.end(tx, hearing, at)
        saved(tx, request, domain.tell(case, by=by(request.actor, TELLERS), at=at, **request.body))
        return store.view(tx, hearing_id)

    @get("/cases/hearing-rules", roles=auth.STAFF, answers=schemas.RulesView)
    def hearing_rules(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read how this deployment checks and calls back."""
        return vars(store.rules(tx))

    @put(
        "/cases/hearing-rules",
        roles=frozenset({Role.ADMIN}),
        body=schemas.Rules,
        answers=schemas.RulesView,
        if_match=True,
        errors=(db.AlreadyExists, Stale),
    )
    def set_hearing_rules(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Change how this deployment checks and calls back; what is open keeps the limits it began with."""
        before = store.rules(tx)
        request.match(before.version)
        new = replace(before, version=before.version + 1, **request.body)
        store.set_rules(tx, new, by=request.actor.person_id)
        return vars(new)


def _lock(tx: db.Tx, request: Request, hearing_id: str) -> tuple[Case, Hearing, datetime]:
    """A hearing of the actor's areas with its matter, both locked, the matter first as everywhere."""
    case, at = matters.lock(tx, store.case_of(tx, hearing_id), matters.of_areas(request.actor))
    return case, store.lock(tx, hearing_id), at


def _doer(request: Request, hearing: Hearing) -> By:
    if not request.actor.has(*WHO[hearing.kind]):
        raise Forbidden()
    return by(request.actor, WHO[hearing.kind])


def _lock_own(tx: db.Tx, request: Request, case_id: str) -> tuple[Case, Case | None, datetime]:
    """One's own matter and, where it was merged, the one it went into at last.

    Both rows in one order, as merging locks them, so that the two cannot wait for each other.
    """
    into = queries.merged_into_at_last(tx, case_id=case_id)
    target_id = case_id if into is None else str(into)
    locked = matters.lock_many(tx, [case_id, target_id])
    if case_id not in locked or locked[case_id][0].reporter_id != request.actor.person_id:
        raise NotFound()
    case, at = locked[case_id]
    return case, None if target_id == case_id else locked[target_id][0], at


def _where_it_lies(tx: db.Tx, case: Case, decide: Callable[[Case], Change], at: datetime) -> Change:
    """A step that may open a closed matter again: then it is in the grid its place lies in now, which may have been
    re-drawn since it was closed."""
    change = decide(case)
    if case.state is not State.CLOSED or change.case.state is State.CLOSED:
        return change
    try:
        grid = places.locate(tx, case.place).code
    except errors.OutsideEveryGrid:
        return change
    return change if case.area.startswith(grid) else regridding.move(case, to=grid, at=at).then(decide)


def _require_free(tx: db.Tx, request: Request, case_id: str, kind: Kind, at: datetime) -> None:
    hearing = store.lock_of(tx, case_id, kind)
    if hearing is not None:
        hearing_queue.require_free(hearing, request.actor.person_id, at)


def _not_reached(tx: db.Tx, case: Case, outcome: str, words: str, *, by: By, at: datetime) -> Change:
    """A fruitless call of a matter and of its place in the queue."""
    rules = store.rules(tx)
    change = domain.not_reached(case, outcome=outcome, words=words, tries=rules.tries, by=by, at=at)
    hearing = store.lock_of(tx, case.case_id, Kind.CALL_BACK)
    if hearing is None:
        # Checked by an older release: its queue entry is still to come.
        assert case.state is State.CHECKED
        following.queue(tx, [(case, at)])
        hearing = store.lock_of(tx, case.case_id, Kind.CALL_BACK)
    assert hearing is not None
    tried, attempt = hearing_queue.attempt(hearing, outcome=outcome, words=words, by=by, rules=rules, at=at)
    store.save(tx, tried, attempt)
    return change
