"""Dispute mediation 矛盾调处: the one-stop desk, its sessions, agreement or failure."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from services.cases.api.steps import by
from services.cases.domain import calling, errors, steps
from services.cases.domain import disputes as domain
from services.cases.domain.case import Case, Change, change
from services.cases.domain.disputes import Dispute, Session
from services.cases.schemas import disputes as schemas
from services.cases.store import disputes as store
from services.cases.store import matters, people
from shared import clock, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import Event
from shared.http import Page, Request, get, post, put

MEDIATORS = frozenset({Role.MEDIATOR, Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR})
READERS = MEDIATORS | {Role.RESPONDER}


class DisputesApi:
    """Disputes at the desk."""

    @post(
        "/cases/<uuid:case_id>/disputes",
        roles=MEDIATORS,
        body=schemas.DisputeOpening,
        answers=schemas.DisputeView,
        status=201,
        errors=(
            errors.NotInThisState,
            errors.OneSided,
            errors.DisputeOpen,
            errors.UnknownPeople,
            calling.UnknownDepartment,
        ),
    )
    def open_dispute(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Take the dispute of a matter to the desk: its parties, the mediators, the departments that sit there.

        Mediators may come from anywhere in the district.
        """
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        body = request.body
        _require_serving(tx, case, body["departments"])
        _require_mediators(tx, request, case.area)
        dispute = Dispute(
            dispute_id=ids.new(),
            case_id=case_id,
            area=case.area,
            state="open",
            mediators=tuple(sorted({str(one) for one in body["mediators"]})),
            departments=tuple(sorted(set(body["departments"]))),
            opened_by=request.actor.person_id,
            opened_at=at,
        )
        events = domain.begin(case, dispute, sides=[party["side"] for party in body["parties"]])
        store.add(tx, dispute, body["parties"])
        _note(tx, request, case, dispute, "mediation_opened", at)
        outbox.add(tx, events)
        return _view(tx, request, dispute.dispute_id)

    @get(
        "/cases/disputes",
        roles=READERS,
        query=schemas.DisputeFilter,
        answers=schemas.DisputeSummary,
        page=True,
    )
    def list_disputes(self, tx: db.Tx, request: Request, /) -> Page:
        """List disputes of one's areas, that one mediates, or whose desk one's department sits at, oldest first."""
        cursor, query, actor = request.cursor(length=2), request.query, request.actor
        rows = store.listed(
            tx,
            scopes=matters.within(query["area"], _scopes(request)),
            area=query["area"],
            person_id=actor.person_id,
            department=_department(request),
            state=query["state"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["opened_at"]), str(row["dispute_id"])],
        )

    @get("/cases/disputes/<uuid:dispute_id>", roles=READERS, answers=schemas.DisputeView)
    def read_dispute(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Read a dispute, its parties masked; departments of the desk see neither records nor the agreement."""
        return _view(tx, request, dispute_id)

    @post(
        "/cases/disputes/<uuid:dispute_id>/unmask",
        roles=MEDIATORS,
        body=schemas.DisputeUnmask,
        answers=schemas.PartiesUnmasked,
        replays=False,
    )
    def unmask_parties(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Read the parties' plain names and phones, with a reason; who read them is kept."""
        items = store.unmask(
            tx,
            dispute_id,
            scopes=_scopes(request),
            person_id=request.actor.person_id,
            reason=request.body["reason"],
        )
        return {"items": items}

    @put(
        "/cases/disputes/<uuid:dispute_id>/desk",
        roles=MEDIATORS,
        body=schemas.DisputeDesk,
        answers=schemas.DisputeView,
        if_match=True,
        errors=(
            errors.DisputeOver,
            errors.NothingToSeat,
            errors.UnknownPeople,
            calling.UnknownDepartment,
        ),
    )
    def seat_desk(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Change who mediates and which departments sit at the desk.

        Who sits there may stay, wherever they work by now.
        """
        case, dispute, at = _lock_both(tx, request, dispute_id)
        request.match(dispute.version)
        body = request.body
        _require_serving(tx, case, [one for one in body["departments"] if one not in dispute.departments])
        _require_mediators(tx, request, case.area, seated=dispute.mediators)
        seated, events = domain.seat(
            dispute, mediators=map(str, body["mediators"]), departments=body["departments"], at=at
        )
        store.seat(tx, seated)
        _note(tx, request, case, dispute, "mediation_desk_changed", at)
        outbox.add(tx, events)
        # Also for a mediator who takes leave of the desk by this.
        return store.view(
            tx, dispute_id, scopes=[dispute.area], person_id=request.actor.person_id, department=None
        )

    @post(
        "/cases/disputes/<uuid:dispute_id>/sessions",
        roles=MEDIATORS,
        body=schemas.SessionArranged,
        answers=schemas.DisputeView,
        status=201,
        errors=(errors.DisputeOver, errors.TimeOutOfBounds),
    )
    def arrange_session(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Arrange a session, in a room or online."""
        dispute, at = _lock(tx, request, dispute_id)
        session = Session(session_id=ids.new(), dispute_id=dispute_id, state="planned", **request.body)
        domain.arrange(dispute, session, at=at)
        store.add_session(tx, session)
        return _view(tx, request, dispute_id)

    @post(
        "/cases/disputes/<uuid:dispute_id>/sessions/<uuid:session_id>/hold",
        roles=MEDIATORS,
        body=schemas.SessionRecord,
        answers=schemas.DisputeView,
        errors=(errors.DisputeOver, errors.SessionOver, errors.NotBegun),
    )
    def hold_session(
        self, tx: db.Tx, request: Request, /, dispute_id: str, session_id: str
    ) -> dict[str, Any]:
        """Record a session that took place; the record is sealed."""
        dispute, at = _lock(tx, request, dispute_id)
        held, events = domain.hold_session(dispute, store.lock_session(tx, dispute_id, session_id), at=at)
        store.save_session(tx, held, record=request.body["words"])
        outbox.add(tx, events)
        return _view(tx, request, dispute_id)

    @post(
        "/cases/disputes/<uuid:dispute_id>/sessions/<uuid:session_id>/cancel",
        roles=MEDIATORS,
        body=schemas.SessionRecord,
        answers=schemas.DisputeView,
        errors=(errors.DisputeOver, errors.SessionOver),
    )
    def cancel_session(
        self, tx: db.Tx, request: Request, /, dispute_id: str, session_id: str
    ) -> dict[str, Any]:
        """Cancel a session with the reason."""
        dispute, at = _lock(tx, request, dispute_id)
        cancelled = domain.cancel_session(dispute, store.lock_session(tx, dispute_id, session_id), at=at)
        store.save_session(tx, cancelled, record=request.body["words"])
        return _view(tx, request, dispute_id)

    @post(
        "/cases/disputes/<uuid:dispute_id>/agree",
        roles=MEDIATORS,
        body=schemas.Agreement,
        answers=schemas.DisputeView,
        errors=(errors.DisputeOver, errors.NoSessionHeld, errors.DueOutOfBounds),
    )
    def agree_dispute(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Record what the parties agreed on and by when it is performed; the words are sealed."""
        body = request.body
        return _end(
            tx,
            request,
            dispute_id,
            "mediation_agreed",
            lambda dispute, held, at: domain.agree(
                dispute,
                sessions_held=held,
                perform_by=body["perform_by"],
                today=matters.today(at),
                at=at,
            ),
            agreement=body["words"],
        )

    @post(
        "/cases/disputes/<uuid:dispute_id>/withdraw",
        roles=MEDIATORS,
        answers=schemas.DisputeView,
        errors=(errors.DisputeOver,),
    )
    def withdraw_dispute(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Record that the parties want no mediation any more; the matter is handled on."""
        return _end(
            tx,
            request,
            dispute_id,
            "mediation_withdrawn",
            lambda dispute, _, at: domain.withdraw(dispute, at=at),
        )

    @post(
        "/cases/disputes/<uuid:dispute_id>/fail",
        roles=MEDIATORS,
        body=schemas.Failure,
        answers=schemas.DisputeView,
        errors=(
            errors.DisputeOver,
            errors.NoSessionHeld,
            errors.NotInThisState,
            errors.AlreadyCalled,
            calling.UnknownDepartment,
            calling.WrongWhistle,
            calling.CallersWhistle,
        ),
    )
    def fail_dispute(self, tx: db.Tx, request: Request, /, dispute_id: str) -> dict[str, Any]:
        """Record that mediation failed: the matter climbs a level, and departments may be whistled at once."""
        case, dispute, at = _lock_both(tx, request, dispute_id)
        request.match(dispute.version)
        failed, events = domain.fail(dispute, sessions_held=store.sessions_held(tx, dispute_id), at=at)
        store.save(tx, failed)
        outbox.add(tx, events)
        case = _note(tx, request, case, dispute, "mediation_failed", at)
        who = by(request.actor, MEDIATORS)
        climbed = domain.climb(case, reason=request.body["reason"], by=who, at=at)
        if climbed is not None:
            case = _saved(tx, climbed)
        if request.body["departments"]:
            _whistle(tx, request, case, at)
        return _view(tx, request, dispute_id)


Ending = Callable[[Dispute, int, datetime], tuple[Dispute, tuple[Event, ...]]]


def _end(
    tx: db.Tx,
    request: Request,
    dispute_id: str,
    action: str,
    decide: Ending,
    *,
    agreement: str | None = None,
) -> dict[str, Any]:
    case, dispute, at = _lock_both(tx, request, dispute_id)
    request.match(dispute.version)
    ended, events = decide(dispute, store.sessions_held(tx, dispute_id), at)
    store.save(tx, ended, agreement=agreement)
    _note(tx, request, case, dispute, action, at)
    outbox.add(tx, events)
    return _view(tx, request, dispute_id)


def _whistle(tx: db.Tx, request: Request, case: Case, at: datetime) -> None:
    departments = tuple(request.body["departments"])
    serving, already_called = matters.to_call(tx, case)
    calling.check(
        request.body["kind"],
        departments,
        serving=serving,
        by_caller=request.actor.has(Role.CALLER),
    )
    whistled = steps.whistle(
        case,
        order_id=ids.new(),
        kind=request.body["kind"],
        departments=departments,
        already_called=already_called,
        by=by(request.actor, MEDIATORS),
        at=at,
    )
    matters.add_order(tx, whistled)
    _saved(tx, whistled)


def _require_serving(tx: db.Tx, case: Case, departments: list[str]) -> None:
    """Raises UnknownDepartment."""
    serving = matters.serving(tx, case.area)
    unknown = [department for department in departments if department not in serving]
    if unknown:
        raise calling.UnknownDepartment(departments=unknown)


def _require_mediators(tx: db.Tx, request: Request, area: str, *, seated: Collection[str] = ()) -> None:
    """Raises UnknownPeople for whom nobody in the district knows as a mediator."""
    named = {f"/mediators/{place}": str(one) for place, one in enumerate(request.body["mediators"])}
    people.require(
        tx,
        {pointer: one for pointer, one in named.items() if one not in seated},
        area=people.district(area),
        actor=request.actor,
        roles=MEDIATORS,
    )


def _note(tx: db.Tx, request: Request, case: Case, dispute: Dispute, action: str, at: datetime) -> Case:
    """What happened at the desk stands on the matter's timeline; who the parties are does not."""
    who = by(request.actor, MEDIATORS)
    return _saved(tx, change(case, action, who, at, detail={"dispute_id": dispute.dispute_id}))


def _saved(tx: db.Tx, change: Change) -> Case:
    (saved,) = matters.save(tx, change)
    outbox.add(tx, saved.events)
    return saved.case


def _lock(tx: db.Tx, request: Request, dispute_id: str) -> tuple[Dispute, datetime]:
    return store.lock(tx, dispute_id, scopes=_scopes(request), person_id=request.actor.person_id)


def _lock_both(tx: db.Tx, request: Request, dispute_id: str) -> tuple[Case, Dispute, datetime]:
    """The dispute and its matter, the matter first as everywhere; authority is over the dispute."""
    _view(tx, request, dispute_id)
    case_id = store.case_of(tx, dispute_id)
    case, _ = matters.lock_many(tx, [case_id])[case_id]
    dispute, at = _lock(tx, request, dispute_id)
    return case, dispute, at


def _view(tx: db.Tx, request: Request, dispute_id: str) -> dict[str, Any]:
    return store.view(
        tx,
        dispute_id,
        scopes=_scopes(request),
        person_id=request.actor.person_id,
        department=_department(request),
    )


def _scopes(request: Request) -> list[str]:
    actor = request.actor
    return actor.scopes if actor.has(*MEDIATORS) else []


def _department(request: Request) -> str | None:
    return request.actor.department if request.actor.has(Role.RESPONDER) else None
