"""Order-style service 点单 (domain.md §5): 点单 → 派单 → 接单 → 评单.

    ordered → taken → served → confirmed
       │  ▲─────┘ given back
       └──▶ cancelled (also from taken)

A resident asks for a service of the menu; a lead may offer it to a team; a volunteer takes it, serves, and the resident
confirms and rates. A draw from the volunteer bank 志愿银行 opens the same kind of order.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.volunteers.domain import errors
from shared.contracts.base import Event
from shared.contracts.volunteers import ServiceConfirmed, ServiceOrdered


class State(StrEnum):
    ORDERED = "ordered"
    TAKEN = "taken"
    SERVED = "served"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


# Not over yet.
LIVE = frozenset({State.ORDERED, State.TAKEN, State.SERVED})


@dataclass(frozen=True, kw_only=True)
class ServiceOrder:
    service_order_id: str
    area: str
    service: str
    # Whom it is for.
    resident_id: str
    # Seen by the resident, who took it and the area's staff; never in an event.
    words: str
    ordered_at: datetime
    # The volunteer-bank draw behind it; its minutes are settled by the draw.
    draw_id: str | None = None
    # The resident's household; None where it was not known.
    household_id: str | None = None
    # What was asked for; None leaves it to the visit.
    planned_minutes: int | None = None
    # Only this team's members may take it while it is set.
    offered_team_id: str | None = None
    volunteer_id: str | None = None
    state: State = State.ORDERED
    minutes: int | None = None
    # 1 to 5.
    rating: int | None = None
    remark: str = ""
    taken_at: datetime | None = None
    served_at: datetime | None = None
    confirmed_at: datetime | None = None
    version: int = 1


def order(new: ServiceOrder) -> tuple[ServiceOrder, list[Event]]:
    """A service is asked for, or drawn from the volunteer bank."""
    event = ServiceOrdered(
        service_order_id=new.service_order_id,
        area=new.area,
        service=new.service,
        resident_id=new.resident_id,
        draw_id=new.draw_id,
    )
    return new, [event]


def offer(existing: ServiceOrder, *, team_id: str) -> ServiceOrder:
    """A lead or the community hands it to one team 派单."""
    _require(existing, State.ORDERED)
    return replace(existing, offered_team_id=team_id, version=existing.version + 1)


def take(
    existing: ServiceOrder, *, volunteer_id: str, household_id: str | None = None, at: datetime
) -> ServiceOrder:
    """A volunteer takes it 接单; the caller has made sure that it was theirs to take.

    Not one of the own household: minutes become points, and one would confirm the other. Raises OwnOrder.
    """
    _require(existing, State.ORDERED)
    if existing.resident_id == volunteer_id:
        raise errors.OwnOrder()
    if existing.household_id is not None and existing.household_id == household_id:
        raise errors.OwnOrder()
    return replace(
        existing, state=State.TAKEN, volunteer_id=volunteer_id, taken_at=at, version=existing.version + 1
    )


def give_back(existing: ServiceOrder) -> ServiceOrder:
    """The volunteer cannot come; others may take it."""
    _require(existing, State.TAKEN)
    return replace(
        existing, state=State.ORDERED, volunteer_id=None, taken_at=None, version=existing.version + 1
    )


def serve(existing: ServiceOrder, *, minutes: int, at: datetime) -> ServiceOrder:
    """The volunteer was there and says how long it took."""
    _require(existing, State.TAKEN)
    return replace(existing, state=State.SERVED, minutes=minutes, served_at=at, version=existing.version + 1)


def confirm(
    existing: ServiceOrder, *, rating: int, remark: str, at: datetime
) -> tuple[ServiceOrder, list[Event]]:
    """The resident confirms and rates 评单; only then do the minutes count."""
    _require(existing, State.SERVED)
    assert existing.volunteer_id is not None
    assert existing.minutes is not None
    event = ServiceConfirmed(
        service_order_id=existing.service_order_id,
        area=existing.area,
        person_id=existing.volunteer_id,
        minutes=existing.minutes,
        confirmed_at=at,
        draw_id=existing.draw_id,
        resident_id=existing.resident_id,
    )
    confirmed = replace(
        existing,
        state=State.CONFIRMED,
        rating=rating,
        remark=remark,
        confirmed_at=at,
        version=existing.version + 1,
    )
    return confirmed, [event]


def cancel(existing: ServiceOrder) -> ServiceOrder:
    """The resident no longer wants it; not once it was served. Raises DrawnOrder."""
    _require(existing, State.ORDERED, State.TAKEN)
    if existing.draw_id is not None:
        raise errors.DrawnOrder(draw_id=existing.draw_id)
    return replace(existing, state=State.CANCELLED, version=existing.version + 1)


def _require(existing: ServiceOrder, *states: State) -> None:
    if existing.state not in states:
        raise errors.NotInThisState(state=existing.state)
