"""Mediation of disputes."""

from datetime import date, datetime

from shared.contracts.base import Event, event


@event(publisher="cases", subject="dispute_id")
class DisputeOpened(Event):
    """A dispute of a matter is mediated 矛盾调处 at one desk with these departments. Who the parties are is sealed."""

    dispute_id: str
    case_id: str
    area: str
    departments: tuple[str, ...]
    opened_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeDeskChanged(Event):
    """Other mediators or departments sit at the desk of a dispute from now on: these departments."""

    dispute_id: str
    case_id: str
    area: str
    departments: tuple[str, ...]
    changed_at: datetime


@event(publisher="cases", subject="dispute_id")
class MediationHeld(Event):
    """A session of the mediation took place, in a room or online."""

    dispute_id: str
    case_id: str
    area: str
    session_id: str
    is_online: bool
    held_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeSettled(Event):
    """The parties agreed; the agreement is to be performed by a day."""

    dispute_id: str
    case_id: str
    area: str
    perform_by: date
    settled_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeFailed(Event):
    """Mediation came to nothing; the matter climbs, and departments may be whistled."""

    dispute_id: str
    case_id: str
    area: str
    failed_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeWithdrawn(Event):
    """The parties want no mediation any more."""

    dispute_id: str
    case_id: str
    area: str
    withdrawn_at: datetime
