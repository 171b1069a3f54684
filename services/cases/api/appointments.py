"""Five modes of service 上门、预约、代办、错时、打包 with appointed times."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.cases.api.reporting import places
from services.cases.domain import appointments as domain
from services.cases.domain import errors
from services.cases.domain.appointments import Appointment
from services.cases.schemas import appointments as schemas
from services.cases.store import appointments as store
from services.cases.store import matters, people
from shared import clock, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import Event
from shared.contracts.cases import Place
from shared.http import Page, Request, get, post

GIVERS = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
ASKERS = GIVERS | {Role.RESIDENT, Role.OPERATOR}
WATCHERS = ASKERS | {Role.SUPERVISOR}


class AppointmentsApi:
    """Services to residents, from asking to giving."""

    @post(
        "/cases/services",
        roles=ASKERS,
        body=schemas.Service,
        answers=schemas.ServiceView,
        status=201,
        errors=(errors.OutsideEveryGrid, errors.OutsideYourAreas, errors.BundleTooSmall),
    )
    def ask_service(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Ask for a service at a place; staff of the area may ask for a resident."""
        body, actor = request.body, request.actor
        grid = places.locate(tx, Place(**body["place"]))
        is_staff = actor.has(*(ASKERS - {Role.RESIDENT})) and actor.sees(grid.code)
        if body["resident_id"] and not is_staff and str(body["resident_id"]) != actor.person_id:
            raise errors.OutsideYourAreas()
        resident = body["resident_id"] if is_staff else actor.person_id
        appointment, events = domain.ask(
            Appointment(
                appointment_id=ids.new(),
                area=grid.code,
                mode=body["mode"],
                items=tuple(body["items"]),
                words=body["words"],
                resident_id=None if resident is None else str(resident),
                asked_by=actor.person_id,
                asked_at=db.now(tx),
                wanted_from=body["wanted_from"],
                wanted_until=body["wanted_until"],
                state="asked",
            )
        )
        store.add(tx, appointment, address=body["address"], phone=body["phone"])
        outbox.add(tx, events)
        return _view(tx, request, appointment.appointment_id)

    @get(
        "/cases/services",
        roles=WATCHERS,
        query=schemas.ServiceFilter,
        answers=schemas.ServiceView,
        page=True,
    )
    def list_services(self, tx: db.Tx, request: Request, /) -> Page:
        """List services of one's areas, or those one asked for, oldest first."""
        cursor, query = request.cursor(length=2), request.query
        rows = store.listed(
            tx,
            scopes=matters.within(query["area"], _scopes(request)),
            area=query["area"],
            person_id=request.actor.person_id,
            state=query["state"],
            mode=query["mode"],
            worker_id=str(query["worker_id"]) if query["worker_id"] else None,
            is_overdue=query["overdue"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["asked_at"]), str(row["appointment_id"])],
        )

    @get("/cases/services/<uuid:appointment_id>", roles=WATCHERS, answers=schemas.ServiceView)
    def read_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Read one service; its address is shown to the resident and to the worker appointed."""
        return _view(tx, request, appointment_id)

    @post(
        "/cases/services/<uuid:appointment_id>/appoint",
        roles=GIVERS,
        body=schemas.Time,
        answers=schemas.ServiceView,
        errors=(
            errors.AppointmentOver,
            errors.TimeOutOfBounds,
            errors.NotOffHours,
            errors.WorkerBusy,
            errors.UnknownPeople,
        ),
    )
    def appoint_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Appoint a worker of the area and a time, or another time; nobody is appointed twice at one time."""
        body = {**request.body, "worker_id": str(request.body["worker_id"])}
        appointment, at = store.lock(tx, appointment_id, scopes=_scopes(request), person_id=None)
        request.match(appointment.version)
        people.require(tx, {"/worker_id": body["worker_id"]}, area=appointment.area, actor=request.actor)
        made, events = domain.appoint(appointment, at=at, **body)
        store.require_free(tx, appointment_id, **body)
        store.save(tx, made)
        outbox.add(tx, events)
        return _view(tx, request, appointment_id)

    @post(
        "/cases/services/<uuid:appointment_id>/keep",
        roles=GIVERS,
        body=schemas.Outcome,
        answers=schemas.ServiceView,
        errors=(errors.AppointmentOver, errors.NotBegun),
    )
    def keep_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Record that the service was given."""
        return _step(
            tx,
            request,
            appointment_id,
            lambda one, at: domain.keep(one, outcome=request.body["words"], at=at),
        )

    @post(
        "/cases/services/<uuid:appointment_id>/miss",
        roles=GIVERS | {Role.RESIDENT},
        body=schemas.Missed,
        answers=schemas.ServiceView,
        errors=(errors.AppointmentOver, errors.NotBegun),
    )
    def miss_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Record that one side did not come; another time may be appointed."""
        body = request.body
        return _step(
            tx,
            request,
            appointment_id,
            lambda one, at: domain.miss(one, by=body["by"], outcome=body["words"], at=at),
            or_own=True,
        )

    @post(
        "/cases/services/<uuid:appointment_id>/cancel",
        roles=GIVERS | {Role.RESIDENT},
        body=schemas.Outcome,
        answers=schemas.ServiceView,
        errors=(errors.AppointmentOver,),
    )
    def cancel_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Cancel a service with the reason."""
        return _step(
            tx,
            request,
            appointment_id,
            lambda one, at: domain.cancel(one, outcome=request.body["words"], at=at),
            or_own=True,
        )

    @post(
        "/cases/services/<uuid:appointment_id>/unmask",
        roles=GIVERS,
        body=schemas.ServiceUnmask,
        answers=schemas.ServiceUnmasked,
        replays=False,
    )
    def unmask_service(self, tx: db.Tx, request: Request, /, appointment_id: str) -> dict[str, Any]:
        """Read the plain address and phone, with a reason; who read them is kept."""
        return store.unmask(
            tx,
            appointment_id,
            scopes=_scopes(request),
            person_id=request.actor.person_id,
            reason=request.body["reason"],
        )


Step = Callable[[Appointment, datetime], tuple[Appointment, tuple[Event, ...]]]


def _step(
    tx: db.Tx, request: Request, appointment_id: str, decide: Step, *, or_own: bool = False
) -> dict[str, Any]:
    appointment, at = store.lock(
        tx,
        appointment_id,
        scopes=_scopes(request),
        person_id=request.actor.person_id if or_own else None,
    )
    request.match(appointment.version)
    after, events = decide(appointment, at)
    store.save(tx, after)
    outbox.add(tx, events)
    return _view(tx, request, appointment_id)


def _view(tx: db.Tx, request: Request, appointment_id: str) -> dict[str, Any]:
    return store.view(tx, appointment_id, scopes=_scopes(request), person_id=request.actor.person_id)


def _scopes(request: Request) -> list[str]:
    """What staff may see; a resident's own area gives no hold on the neighbours' services."""
    staff = WATCHERS - {Role.RESIDENT}
    return request.actor.scopes if request.actor.has(*staff) else []
