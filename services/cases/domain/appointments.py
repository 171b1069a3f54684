"""Five modes of service 上门、预约、代办、错时、打包, each with an appointed time (domain.md §3).

asked ──► appointed ──► kept
  │           ├────────► missed ──► appointed again
  └───────────┴────────► cancelled
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.cases.domain import errors
from shared import calendar
from shared.contracts import Event, cases
from shared.contracts.cases import ServiceMode

State = Literal["asked", "appointed", "kept", "missed", "cancelled"]
LONGEST = timedelta(hours=12)
# The farthest day one may make an appointment for.
HORIZON = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Appointment:
    appointment_id: str
    area: str
    mode: ServiceMode
    # What is to be done; a bundle has several.
    items: tuple[str, ...]
    words: str
    resident_id: str | None
    asked_by: str
    asked_at: datetime
    wanted_from: datetime | None
    wanted_until: datetime | None
    state: State
    worker_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    outcome: str = ""
    ended_at: datetime | None = None
    version: int = 1


def ask(appointment: Appointment) -> tuple[Appointment, tuple[Event, ...]]:
    """A service is asked for. Raises BundleTooSmall for a bundle of one."""
    if appointment.mode == "bundled" and len(appointment.items) < 2:
        raise errors.BundleTooSmall()
    event = cases.AppointmentAsked(
        appointment_id=appointment.appointment_id,
        area=appointment.area,
        mode=appointment.mode,
        asked_at=appointment.asked_at,
    )
    return appointment, (event,)


def appoint(
    appointment: Appointment, *, worker_id: str, starts_at: datetime, ends_at: datetime, at: datetime
) -> tuple[Appointment, tuple[Event, ...]]:
    """A worker is to come at a time; a later appointment replaces an earlier one.

    The caller has made sure that the worker is free. Raises AppointmentOver, TimeOutOfBounds, NotOffHours.
    """
    _require(appointment, "asked", "appointed", "missed")
    if not (at <= starts_at < ends_at <= starts_at + LONGEST and starts_at <= at + HORIZON):
        raise errors.TimeOutOfBounds()
    if appointment.mode == "off_hours" and not is_off_hours(starts_at, ends_at):
        raise errors.NotOffHours()
    event = cases.AppointmentMade(
        appointment_id=appointment.appointment_id,
        area=appointment.area,
        mode=appointment.mode,
        worker_id=worker_id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    made = replace(
        appointment,
        state="appointed",
        worker_id=worker_id,
        starts_at=starts_at,
        ends_at=ends_at,
        ended_at=None,
        version=appointment.version + 1,
    )
    return made, (event,)


def keep(appointment: Appointment, *, outcome: str, at: datetime) -> tuple[Appointment, tuple[Event, ...]]:
    """The service was given."""
    _require(appointment, "appointed")
    assert appointment.starts_at is not None
    if at < appointment.starts_at:
        raise errors.NotBegun()
    event = cases.AppointmentKept(
        appointment_id=appointment.appointment_id, area=appointment.area, mode=appointment.mode, kept_at=at
    )
    return _ended(appointment, "kept", outcome, at), (event,)


def miss(
    appointment: Appointment, *, by: Literal["worker", "resident"], outcome: str, at: datetime
) -> tuple[Appointment, tuple[Event, ...]]:
    """One side did not come; another time may be appointed."""
    _require(appointment, "appointed")
    assert appointment.starts_at is not None
    if at < appointment.starts_at:
        raise errors.NotBegun()
    event = cases.AppointmentMissed(
        appointment_id=appointment.appointment_id, area=appointment.area, by=by, missed_at=at
    )
    return _ended(appointment, "missed", outcome, at), (event,)


def cancel(appointment: Appointment, *, outcome: str, at: datetime) -> tuple[Appointment, tuple[Event, ...]]:
    """The resident needs it no more, or it cannot be given."""
    _require(appointment, "asked", "appointed", "missed")
    event = cases.AppointmentCancelled(
        appointment_id=appointment.appointment_id, area=appointment.area, cancelled_at=at
    )
    return _ended(appointment, "cancelled", outcome, at), (event,)


def is_off_hours(starts_at: datetime, ends_at: datetime) -> bool:
    """True when no business hours lie in the time 错时; what a year's calendar decides otherwise is not known here."""
    business = calendar.working_seconds_between(calendar.WorkingCalendar(), starts_at, ends_at)
    return business.seconds == 0


def _ended(appointment: Appointment, state: State, outcome: str, at: datetime) -> Appointment:
    return replace(appointment, state=state, outcome=outcome, ended_at=at, version=appointment.version + 1)


def _require(appointment: Appointment, *states: State) -> None:
    if appointment.state not in states:
        raise errors.AppointmentOver(state=appointment.state)
