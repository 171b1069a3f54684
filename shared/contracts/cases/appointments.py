"""Services to residents with appointed times."""

from datetime import datetime
from typing import Literal

from shared.contracts.base import Event, event

ServiceMode = Literal["at_home", "by_appointment", "on_behalf", "off_hours", "bundled"]


@event(publisher="cases", subject="appointment_id")
class AppointmentAsked(Event):
    """A resident asks for a service in one of the five modes 上门、预约、代办、错时、打包."""

    appointment_id: str
    area: str
    mode: ServiceMode
    asked_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentMade(Event):
    """A worker comes at a time; a later one of the same appointment replaces it."""

    appointment_id: str
    area: str
    mode: ServiceMode
    worker_id: str
    starts_at: datetime
    ends_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentKept(Event):
    """The service was given."""

    appointment_id: str
    area: str
    mode: ServiceMode
    kept_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentMissed(Event):
    """One side did not come; another time may be appointed."""

    appointment_id: str
    area: str
    by: Literal["worker", "resident"]
    missed_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentCancelled(Event):
    """The service is not given."""

    appointment_id: str
    area: str
    cancelled_at: datetime
