"""Deferral and the standing list: asked by one person, decided by another, reviewed by a date."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.cases.api.steps import by, saved
from services.cases.domain import errors
from services.cases.domain import holding as domain
from services.cases.domain.case import Hold
from services.cases.schemas import holding as schemas
from services.cases.schemas import matters as matter_schemas
from services.cases.store import hearing as rules_store
from services.cases.store import holding as store
from services.cases.store import matters
from shared import db, http, ids
from shared.auth import Role
from shared.errors import Forbidden
from shared.http import Page, Request, get, post

ASKERS = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_LEAD,
        Role.COMMUNITY_OFFICER,
        Role.CALLER,
        Role.DISPATCHER,
        Role.SUPERVISOR,
    }
)
LISTERS = frozenset({Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR})
APPROVERS = frozenset({Role.CALLER, Role.SUPERVISOR})
CENTRE = frozenset({Role.SUPERVISOR})
HOLDERS = frozenset({Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR})
_ASK_ERRORS = (errors.NotInThisState, errors.ReviewDateOutOfBounds, errors.HoldAsked)


class HoldingApi:
    """Matters that stand still with a reason."""

    @post(
        "/cases/<uuid:case_id>/defer",
        roles=ASKERS,
        body=schemas.HoldAsked,
        answers=matter_schemas.CaseView,
        errors=_ASK_ERRORS,
    )
    def defer(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Ask to put handling off 缓办 until a review date; somebody else, higher up, decides."""
        return _ask(tx, request, case_id, Hold.DEFERRED)

    @post(
        "/cases/<uuid:case_id>/list",
        roles=LISTERS,
        body=schemas.HoldAsked,
        answers=matter_schemas.CaseView,
        errors=(*_ASK_ERRORS, errors.LimitNotUsedUp),
    )
    def put_on_list(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Ask to put an unsolvable matter, whose limit is over, on the standing list 挂账; the centre verifies it."""
        return _ask(tx, request, case_id, Hold.LISTED)

    @post(
        "/cases/<uuid:case_id>/hold/decide",
        roles=APPROVERS,
        body=schemas.HoldDecided,
        answers=matter_schemas.CaseView,
        errors=(
            errors.NothingAsked,
            errors.NotYourOwnRequest,
            errors.ReachTooSmall,
            errors.NotInThisState,
            errors.ReviewDateOutOfBounds,
            errors.ExtensionNotUsedUp,
        ),
    )
    def decide_hold(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Grant or refuse what somebody else asked: a deferral, or as the centre a place on the standing list."""
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        request.match(case.version)
        asked = store.lock(tx, case_id, state="asked")
        if asked is None:
            raise errors.NothingAsked()
        change, decided = domain.decide(
            case,
            asked,
            scopes=request.actor.scopes,
            limits=store.limits(tx, case_id),
            today=matters.today(at),
            by=by(request.actor, _deciders(request, asked.hold)),
            at=at,
            **request.body,
        )
        store.save(tx, decided)
        return saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/hold/review",
        roles=APPROVERS,
        body=schemas.HoldReviewed,
        answers=matter_schemas.CaseView,
        errors=(errors.NotHeld, errors.ReachTooSmall, errors.ReviewDateOutOfBounds),
    )
    def review_hold(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Review what is put off: renew it with a reason until another date, or have it handled again."""
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        request.match(case.version)
        held = store.lock(tx, case_id, state="active")
        if held is None or case.hold is None:
            raise errors.NotHeld()
        who = by(request.actor, _deciders(request, held.hold))
        if request.body["outcome"] == "resume":
            domain.require_reach(case, request.actor.scopes)
            return saved(tx, request, domain.resume(case, words=request.body["reason"], by=who, at=at))
        change, renewed = domain.renew(
            case,
            held,
            review_on=request.body["review_on"],
            reason=request.body["reason"],
            longest_days=_longest(tx, held.hold),
            scopes=request.actor.scopes,
            today=matters.today(at),
            by=who,
            at=at,
        )
        store.save(tx, renewed)
        return saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/resume",
        roles=HOLDERS,
        answers=matter_schemas.CaseView,
        errors=(errors.NotHeld,),
    )
    def resume(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Handle a deferred or listed matter again, before its review date."""
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        request.match(case.version)
        return saved(tx, request, domain.resume(case, by=by(request.actor, HOLDERS), at=at))

    @get("/cases/holds", roles=ASKERS, query=schemas.HoldFilter, answers=schemas.HoldView, page=True)
    def holds(self, tx: db.Tx, request: Request, /) -> Page:
        """List requests to be decided and matters put off, first to be reviewed first."""
        cursor, query = request.cursor(length=2), request.query
        rows, total = store.listed(
            tx,
            scopes=matters.within(query["area"], matters.of_areas(request.actor).scopes),
            hold=query["hold"],
            state="active" if query["due"] else query["state"],
            due_on=matters.today(db.now(tx)) if query["due"] else None,
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        page = http.page(
            rows,
            limit=request.limit,
            key=lambda row: [row["review_on"].isoformat(), str(row["hold_id"])],
        )
        return replace(page, total=total, total_is_capped=total >= store.MOST_COUNTED)


def _ask(tx: db.Tx, request: Request, case_id: str, hold: Hold) -> dict[str, Any]:
    case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
    request.match(case.version)
    review_on: date = request.body["review_on"]
    change, asked = domain.ask(
        case,
        hold=hold,
        review_on=review_on,
        reason=request.body["reason"],
        limits=store.limits(tx, case_id),
        longest_days=_longest(tx, hold),
        today=matters.today(at),
        by=by(request.actor, LISTERS if hold is Hold.LISTED else ASKERS),
        at=at,
        new_id=ids.new,
    )
    store.add(tx, asked, area=case.area)
    return saved(tx, request, change)


def _longest(tx: db.Tx, hold: Hold) -> int:
    rules = rules_store.rules(tx)
    return rules.listing_days if hold is Hold.LISTED else rules.deferral_days


def _deciders(request: Request, hold: Hold) -> frozenset[Role]:
    """Raises Forbidden: the standing list is verified by the centre."""
    allowed = CENTRE if hold is Hold.LISTED else APPROVERS
    if not request.actor.has(*allowed):
        raise Forbidden()
    return allowed
