"""What `volunteers` announces: activities, orders, hours (domain.md §5)."""

from datetime import datetime

from shared.contracts.base import Event, event


@event(publisher="volunteers", subject="activity_id")
class ActivityPublished(Event):
    """An activity is open for sign-up."""

    activity_id: str
    area: str
    starts_at: datetime
    ends_at: datetime
    capacity: int


@event(publisher="volunteers", subject="participation_id", consumers=("points",))
class ParticipationConfirmed(Event):
    """A person took part in an activity and served `minutes`.

    `minutes_said_by` is who said how long; absent where check-in and check-out did.
    """

    participation_id: str
    activity_id: str
    area: str
    person_id: str
    minutes: int
    confirmed_at: datetime
    minutes_said_by: str | None = None


@event(publisher="volunteers", subject="participation_id")
class NoShowRecorded(Event):
    """A person signed up and did not come."""

    participation_id: str
    activity_id: str
    area: str
    person_id: str


@event(publisher="volunteers", subject="service_order_id")
class ServiceOrdered(Event):
    """A resident asked for a service of the menu (点单). `draw_id` names the volunteer-bank draw behind it, if any."""

    service_order_id: str
    area: str
    service: str
    resident_id: str
    draw_id: str | None = None


@event(publisher="volunteers", subject="service_order_id", consumers=("points",))
class ServiceConfirmed(Event):
    """The resident confirmed the service; the volunteer served `minutes`. `draw_id` completes a volunteer-bank draw.

    `resident_id` is whom it was for: nobody earns by serving the own household.
    """

    service_order_id: str
    area: str
    person_id: str
    minutes: int
    confirmed_at: datetime
    draw_id: str | None = None
    resident_id: str | None = None
