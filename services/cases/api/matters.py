"""The cases API: one method per use case, each load → decide → save → announce."""

from typing import Any

from services.cases.api.steps import as_resident as _as_resident
from services.cases.api.steps import by as _by
from services.cases.api.steps import own_step as _own_step
from services.cases.api.steps import saved as _saved
from services.cases.api.steps import step as _step
from services.cases.domain import case as domain
from services.cases.domain import errors
from services.cases.domain.case import Case, State
from services.cases.places import Grid, Places
from services.cases.schemas import matters as schemas
from services.cases.store import matters as store
from services.cases.store import timeline
from shared import auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts.cases import Place
from shared.http import Page, Request, get, post

GRID = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
HANDLERS = GRID | {Role.CALLER, Role.DISPATCHER}
CALLERS = GRID | {Role.CALLER}
DECIDERS = frozenset({Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.DISPATCHER, Role.SUPERVISOR})
REPORTERS = auth.ANYONE - {Role.INTEGRATOR}
STEP_ERRORS = (errors.NotInThisState,)


class MattersApi:
    """A matter from report to closing."""

    places = Places()

    @post(
        "/cases",
        roles=REPORTERS,
        body=schemas.Report,
        answers=schemas.CaseView,
        status=201,
        errors=(errors.OutsideEveryGrid, errors.UnknownCategory),
    )
    def report(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Report a matter at a place.

        The answer carries its number, the grid it fell into and who answers for it. With a `case_id` of the
        client's, the same report sent again answers the case made the first time.
        """
        body = request.body
        case_id = str(body["case_id"]) if "case_id" in body else None
        if case_id and store.is_filed(tx, case_id, by=request.actor):
            # Sent again, perhaps while the first was on its way: the same matter and the same answer.
            request.answer_headers["Location"] = _address(case_id)
            return store.view(tx, case_id, request.actor)
        grid = self.places.locate(tx, Place(**body["place"]))
        with db.together(tx):
            filing = store.filing(tx, grid=grid.code, category=body["category"])
            case = _received(request, case_id or ids.new(), grid, filing)
            by = _as_resident(request.actor) if case.reporter_id else _by(request.actor, REPORTERS)
            change = store.insert(tx, domain.report(case, by=by))
            outbox.add(tx, change.events)
        request.answer_headers["Location"] = _address(case.case_id)
        return _filed(change.case, grid, filing)

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
        return _step(
            tx,
            request,
            case_id,
            HANDLERS,
            lambda case, by, at: domain.triage(case, by=by, at=at, **request.body),
        )

    @post("/cases/<uuid:case_id>/begin", roles=HANDLERS, answers=schemas.CaseView, errors=STEP_ERRORS)
    def begin(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Start handling a matter oneself, without a whistle."""
        return _step(tx, request, case_id, HANDLERS, lambda case, by, at: domain.begin(case, by=by, at=at))

    @post(
        "/cases/<uuid:case_id>/whistle",
        roles=CALLERS,
        body=schemas.Whistle,
        answers=schemas.CaseView,
        errors=(*STEP_ERRORS, errors.AlreadyCalled, errors.UnknownDepartment),
    )
    def whistle(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Whistle departments to a matter; the first one named leads."""
        departments = tuple(request.body["departments"])
        with db.together(tx):
            case, at = store.lock(tx, case_id, store.of_areas(request.actor))
            request.match(case.version)
            serving = store.serving(tx, case.area)
            unknown = [department for department in departments if department not in serving]
            if unknown:
                raise errors.UnknownDepartment(departments=unknown)
            change = domain.whistle(
                case,
                order_id=ids.new(),
                kind=request.body["kind"],
                departments=departments,
                already_called=store.open_departments(tx, case_id),
                by=_by(request.actor, CALLERS),
                at=at,
            )
            store.add_order(tx, change)
            return _saved(tx, request, change)

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
        errors=STEP_ERRORS,
    )
    def withdraw(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Take back one's own report."""
        return _own_step(
            tx, request, case_id, lambda case, by, at: domain.withdraw(case, by=by, at=at, **request.body)
        )

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
        body=schemas.Said,
        answers=schemas.CaseView,
        errors=STEP_ERRORS,
    )
    def resolve(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Say that a matter is handled; open orders are closed with it."""
        return _step(
            tx,
            request,
            case_id,
            HANDLERS,
            lambda case, by, at: domain.resolve(case, by=by, at=at, **request.body),
        )


def _channel(actor: auth.Actor, asked: str | None) -> Any:
    """Residents report as residents; staff name the channel it came by."""
    if not actor.has(*auth.STAFF, Role.PROPERTY):
        return "resident"
    return asked or "patrol"


def _address(case_id: str) -> str:
    return f"/api/cases/{case_id}"


def _received(request: Request, case_id: str, grid: Grid, filing: store.Filing) -> Case:
    """The matter a report describes. Raises UnknownCategory."""
    body, matter = request.body, filing.matter
    if matter is None:
        raise errors.UnknownCategory(category=body["category"])
    channel = _channel(request.actor, body["channel"])
    return Case(
        case_id=case_id,
        number=filing.number,
        area=grid.code,
        state=State.RECEIVED,
        category=body["category"],
        channel=channel,
        urgency=body["urgency"] or matter["urgency"],
        mechanism=matter["mechanism"],
        scope_class=matter["scope_class"],
        level=matter["level"] or "grid",
        sla_class=matter["sla_class"],
        category_version=matter["version"],
        words=body["words"],
        place=Place(**body["place"]),
        address=body["address"],
        reporter_id=request.actor.person_id if channel == "resident" else None,
        is_confidential=body["is_confidential"],
        first_inquiry_by=request.actor.person_id,
        reported_at=filing.at,
    )


def _filed(case: Case, grid: Grid, filing: store.Filing) -> dict[str, Any]:
    """The view of a matter just filed, from what is known already."""
    assert filing.matter is not None
    return {
        **vars(case),
        "category_name": filing.matter["name"],
        "grid_name": grid.name,
        "community_name": grid.community_name,
        "subdistrict_name": grid.subdistrict_name,
        "due_at": None,
        "responsible": filing.responsible,
        "orders": [],
    }
