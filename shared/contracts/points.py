"""What `points` announces: earned, reversed, exchanged, drawn (domain.md §6)."""

from shared.contracts.base import Event, event


@event(publisher="points", subject="household_id")
class PointsEarned(Event):
    """A rule credited a household. `cause` names what it was for, e.g. `case:<id>`; a rule fires once per cause."""

    household_id: str
    area: str
    transfer_id: str
    person_id: str | None
    rule: str
    cause: str
    points: int


@event(publisher="points", subject="household_id")
class PointsReversed(Event):
    """What a cause earned was taken back by a new entry, because the cause fell away."""

    household_id: str
    area: str
    transfer_id: str
    reverses_transfer_id: str
    rule: str
    cause: str
    points: int


@event(publisher="points", subject="redemption_id")
class RedemptionCompleted(Event):
    """Goods were handed over and the reserved points captured."""

    redemption_id: str
    area: str
    shop_id: str
    household_id: str
    points: int


@event(publisher="points", subject="redemption_id")
class RedemptionReleased(Event):
    """An order was cancelled or expired; points and stock are free again."""

    redemption_id: str
    area: str
    shop_id: str
    household_id: str
    points: int
    expired: bool


@event(publisher="points", subject="draw_id", consumers=("volunteers",))
class ServiceDrawn(Event):
    """Saved service is drawn from the volunteer bank 志愿银行.

    `volunteers` opens an order of `minutes` for the beneficiary.
    """

    draw_id: str
    area: str
    beneficiary_id: str
    service: str
    minutes: int
