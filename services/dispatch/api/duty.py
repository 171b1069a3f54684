"""Duty rosters: who answers for a department, a subdistrict or a district now, and who is next in line."""

from datetime import datetime
from typing import Any

from services.dispatch.domain import duty as domain
from services.dispatch.domain.duty import Person, Shift
from services.dispatch.schemas import duty as schemas
from services.dispatch.store import duty as store
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import auth, clock, db, errors, http, ids
from shared.auth import Role
from shared.http import Page, Request, delete, get, post, put

KEEPERS = frozenset({Role.RESPONDER, Role.CALLER, Role.SUPERVISOR, Role.ADMIN})


class DutyApi:
    """Shifts of units."""

    @get(
        "/dispatch/duty/shifts", roles=auth.STAFF, query=schemas.Period, answers=schemas.ShiftView, page=True
    )
    def list_shifts(self, tx: db.Tx, request: Request, /) -> Page:
        """List the shifts of a unit that touch a period, in order."""
        query = request.query
        store.readable(tx, query["unit"], request.actor)
        domain.check_period(query["starts_at"], query["ends_at"])
        cursor = request.cursor(length=1)
        rows = queries.list_shifts(
            tx,
            unit=query["unit"],
            starts_at=query["starts_at"],
            ends_at=query["ends_at"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            [store.shift_view(row) for row in rows],
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["starts_at"])],
        )

    @post(
        "/dispatch/duty/shifts",
        roles=KEEPERS,
        body=schemas.Roster,
        answers=schemas.ShiftsView,
        status=201,
        errors=(domain.ShiftsOverlap, domain.ShiftTooLong),
    )
    def add_shifts(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Add shifts to a unit's roster, all or none; one that overlaps another is refused."""
        unit = request.body["unit"]
        area = store.editable(tx, unit, request.actor)
        shifts = [_shift(ids.new(), unit, area, body) for body in request.body["shifts"]]
        return {
            "items": [store.shift_view(row) for row in store.insert(tx, shifts, by=request.actor.person_id)]
        }

    @put(
        "/dispatch/duty/shifts/<uuid:shift_id>",
        roles=KEEPERS,
        body=schemas.ShiftBody,
        answers=schemas.ShiftView,
        errors=(domain.ShiftsOverlap, domain.ShiftTooLong),
    )
    def change_shift(self, tx: db.Tx, request: Request, /, shift_id: str) -> dict[str, Any]:
        """Change a shift: its time or its people."""
        before = store.lock(tx, shift_id, request.actor)
        request.match(before.version)
        changed = _shift(shift_id, before.unit, before.area, request.body, version=before.version + 1)
        return store.shift_view(store.save(tx, changed))

    @delete("/dispatch/duty/shifts/<uuid:shift_id>", roles=KEEPERS)
    def drop_shift(self, tx: db.Tx, request: Request, /, shift_id: str) -> None:
        """Take a shift off the roster."""
        before = store.lock(tx, shift_id, request.actor)
        request.match(before.version)
        queries.drop_shift(tx, shift_id=shift_id)

    @get("/dispatch/duty/now", roles=auth.STAFF, query=schemas.NowQuery, answers=schemas.NowView)
    def read_duty_now(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Ask who answers for a unit now, and who is next in line."""
        unit = request.query["unit"]
        store.readable(tx, unit, request.actor)
        at = db.now(tx)
        rows = queries.on_duty(tx, units=[unit], at=at)
        return {"unit": unit, "at": at, "shift": store.shift_view(rows[0]) if rows else None}

    @get("/dispatch/duty/gaps", roles=auth.STAFF, query=schemas.GapQuery, answers=schemas.GapsView)
    def list_gaps(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """List when nobody is on duty for a unit within a period."""
        query = request.query
        store.readable(tx, query["unit"], request.actor)
        domain.check_period(query["starts_at"], query["ends_at"])
        rows = queries.covered(tx, **query)
        spans: list[tuple[datetime, datetime]] = [(row["starts_at"], row["ends_at"]) for row in rows]
        return {"items": domain.gaps(spans, starts_at=query["starts_at"], ends_at=query["ends_at"])}

    @get("/dispatch/tasks/<uuid:task_id>/asked", roles=auth.STAFF, answers=schemas.AskedViews)
    def list_asked(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """List who was asked to sign for a task, one after the other."""
        orders.task_view(tx, task_id, request.actor)
        return {"items": queries.asked_of(tx, task_id=task_id)}


def _shift(shift_id: str, unit: str, area: str, body: dict[str, Any], *, version: int = 1) -> Shift:
    return domain.check_shift(
        Shift(
            shift_id=shift_id,
            unit=unit,
            area=area,
            starts_at=_storable(body["starts_at"]),
            ends_at=_storable(body["ends_at"]),
            first=_person(body["first"]),
            next=_person(body["next"]) if body["next"] else None,
            version=version,
        )
    )


def _person(body: dict[str, Any]) -> Person:
    return Person(**{**body, "person_id": str(body["person_id"])})


def _storable(moment: datetime) -> datetime:
    """Raises Invalid for times no roster needs, at the edges of what can be stored."""
    if not 2000 <= moment.year <= 2200:
        raise errors.invalid("/starts_at", "out_of_bounds", "A time between the years 2000 and 2200.")
    return moment
