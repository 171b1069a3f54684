"""The cases API: one method per use case, each load → decide → save → announce."""

from typing import Any

from services.cases.api.steps import as_resident as _as_resident
from services.cases.api.steps import by as _by
from services.cases.api.steps import save as _save
from services.cases.api.steps import saved as _saved
from services.cases.api.steps import step as _step
from services.cases.domain import calling, errors
from services.cases.domain import steps as domain
from services.cases.schemas import matters as schemas
from services.cases.store import attachments, documents, timeline
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import auth, db, http, ids
from shared.auth import Role
from shared.http import Page, Request, get, post

GRID = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
HANDLERS = GRID | {Role.CALLER, Role.DISPATCHER}
CALLERS = GRID | {Role.CALLER}
DECIDERS = frozenset({Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.DISPATCHER, Role.SUPERVISOR})
STEP_ERRORS = (errors.NotInThisState,)


class MattersApi:
    """A matter from report to closing."""

    @get("/cases/<uuid:case_id>", roles=auth.ANYONE, answers=schemas.CaseView)
    def read(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Read one matter with who answers for it and how far its departments are."""
        return store.view(tx, case_id, request.actor)

    @get(
        "/cases/<uuid:case_id>/timeline",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.EntryView,
        page=True,
    )
    def read_timeline(self, tx: db.Tx, request: Request, /, case_id: str) -> Page:
        """Read everything that happened to a matter, in order."""
        cursor = request.cursor(length=1)
        rows = store.entries(
            tx,
            case_id,
            request.actor,
            after=http.whole_number(cursor[0]) if cursor else 0,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["position"]])

    @post(
        "/cases/<uuid:case_id>/timeline/verify",
        roles=frozenset({Role.SUPERVISOR, Role.ADMIN}),
        answers=schemas.TimelineCheck,
    )
    def verify_timeline(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Recompute a timeline's hash chain and name what does not fit."""
        store.lock(tx, case_id, store.of_areas(request.actor))
        damages = [damage for one in timeline.verdicts(tx, [case_id]) for damage in one.damages]
        first = next((damage.position for damage in damages if damage.position is not None), None)
        return {"whole": not damages, "broken_at": first, "damages": damages}

    @post("/cases/<uuid:case_id>/take", roles=HANDLERS, answers=schemas.CaseView, errors=STEP_ERRORS)
    def take(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Take a matter; the first to take it is its first handler for good."""
        return _step(tx, request, case_id, HANDLERS, lambda case, by, at: domain.take(case, by=by, at=at))

    @post(
        "/cases/<uuid:case_id>/triage",
        roles=HANDLERS,
        body=schemas.Triage,
        answers=schemas.CaseView,
        errors=STEP_ERRORS,
    )
    def triage(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Accept a matter as valid and class it; what is not given stays as the catalogue proposes."""
        with db.together(tx):
            case, at = store.lock(tx, case_id, store.of_areas(request.actor))
            request.match(case.version)
            becomes_approval = request.body["mechanism"] == "approval" != case.mechanism
            names = documents.of_catalogue(tx, case.category) if becomes_approval else []
            change = domain.triage(
                case, by=_by(request.actor, HANDLERS), at=at, documents=len(names), **request.body
            )
            documents.require_names(tx, case_id, names, at=at)
            asked = _save(tx, request, change)
        return store.view_of(asked)

    @post("/cases/<uuid:case_id>/begin", roles=HANDLERS, answers=schemas.CaseView, errors=STEP_ERRORS)
    def begin(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Start handling a matter oneself, without a whistle."""
        return _step(tx, request, case_id, HANDLERS, lambda case, by, at: domain.begin(case, by=by, at=at))

    @post(
        "/cases/<uuid:case_id>/whistle",
        roles=CALLERS,
        body=schemas.Whistle,
        answers=schemas.CaseView,
        errors=(
            *STEP_ERRORS,
            errors.AlreadyCalled,
            calling.UnknownDepartment,
            calling.WrongWhistle,
            calling.CallersWhistle,
        ),
    )
    def whistle(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Whistle departments to a matter; the first one named leads.

        A grid calls offices, or groups of members; the subdistrict's call is its caller's.
        """
        departments = tuple(request.body["departments"])
        with db.together(tx):
            case, at = store.lock(tx, case_id, store.of_areas(request.actor))
            request.match(case.version)
            serving, already_called = store.to_call(tx, case)
            calling.check(
                request.body["kind"],
                departments,
                serving=serving,
                by_caller=request.actor.has(Role.CALLER),
            )
            change = domain.whistle(
                case,
                order_id=ids.new(),
                kind=request.body["kind"],
                departments=departments,
                already_called=already_called,
                by=_by(request.actor, CALLERS),
                at=at,
            )
            store.add_order(tx, change)
            asked = _save(tx, request, change)
        return store.view_of(asked)

    @post(
        "/cases/<uuid:case_id>/decline",
        roles=DECIDERS,
        body=schemas.Decline,
        answers=schemas.CaseView,
        errors=STEP_ERRORS,
    )
    def decline(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Decline a matter on a listed ground."""
        return _step(
            tx,
            request,
            case_id,
            DECIDERS,
            lambda case, by, at: domain.decline(case, by=by, at=at, **request.body),
        )

    @post(
        "/cases/<uuid:case_id>/withdraw",
        roles=frozenset({Role.RESIDENT}),
        body=schemas.Said,
        answers=schemas.CaseView,
        errors=(*STEP_ERRORS, errors.OthersReported),
    )
    def withdraw(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Take back one's own report; where others reported the same, theirs is handled on."""
        case, at = store.lock(tx, case_id, store.own(request.actor))
        request.match(case.version)
        has_merged = queries.has_merged(tx, case_id=case_id)
        by = _as_resident(request.actor)
        return _saved(tx, request, domain.withdraw(case, by=by, at=at, has_merged=has_merged, **request.body))

    @post(
        "/cases/<uuid:case_id>/merge",
        roles=DECIDERS,
        body=schemas.Merge,
        answers=schemas.CaseView,
        errors=(*STEP_ERRORS, errors.CannotMerge),
    )
    def merge(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Handle a matter within another one."""
        into_id = str(request.body["into_case_id"])
        # Both rows in one order, so that two opposite merges cannot deadlock.
        reach = store.of_areas(request.actor)
        locked = {found: store.lock(tx, found, reach) for found in sorted({case_id, into_id})}
        case, at = locked[case_id]
        request.match(case.version)
        change = domain.merge(case, into=locked[into_id][0], by=_by(request.actor, DECIDERS), at=at)
        return _saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/escalate",
        roles=HANDLERS,
        body=schemas.Escalate,
        answers=schemas.CaseView,
        errors=(*STEP_ERRORS, errors.ClimbsOnly),
    )
    def escalate(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Send a matter up a level, with the reason."""
        return _step(
            tx,
            request,
            case_id,
            HANDLERS,
            lambda case, by, at: domain.escalate(case, by=by, at=at, **request.body),
        )

    @post(
        "/cases/<uuid:case_id>/resolve",
        roles=HANDLERS,
        body=schemas.Resolve,
        answers=schemas.CaseView,
        errors=(
            *STEP_ERRORS,
            errors.NotYoursToSettle,
            errors.DocumentsMissing,
            errors.UnknownAttachment,
        ),
    )
    def resolve(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Say that a matter is handled; open orders are closed with it.

        A general matter is settled by whoever handles it, a regional or major one by the community, an overall one by
        the subdistrict.
        """
        return _step(
            tx,
            request,
            case_id,
            HANDLERS,
            lambda case, by, at: domain.resolve(
                case,
                by=by,
                at=at,
                words=request.body["words"],
                attachments=attachments.evidence(tx, case_id, request.body["attachment_ids"]),
            ),
        )
