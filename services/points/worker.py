"""What moves points by itself: events that earn or take back, orders that expire, books that must agree."""

from collections.abc import Sequence

from services.points import awarding, ordering
from services.points.domain import reconciliation
from services.points.domain.rules import Claim
from services.points.store import awards, passbooks
from services.points.store import reconciliation as reconciliation_store
from shared import db, logs, metrics
from shared.bus.inbox import Received, subscribe
from shared.contracts.cases import CaseDeclined, CaseMerged, CaseTriaged, CaseWithdrawn, ReporterAnonymised
from shared.contracts.registry import HouseholdChanged, KinshipConfirmed
from shared.contracts.volunteers import ParticipationConfirmed, ServiceConfirmed
from shared.http import idempotency
from shared.timers import every

log = logs.get(__name__)

MATTER_ACCEPTED = "matter_accepted"
ACTIVITY_ATTENDED = "activity_attended"
SERVICE_GIVEN = "service_given"

_ORDERS_A_RUN = 100
_WAITING_A_RUN = 200
# A claim whose person never appeared in a household for so long is not going to be credited.
_WAITING_DAYS = 400


class Worker:
    """The points worker."""

    name = "points"

    def __init__(self) -> None:
        # How far this round of comparing the books has come, and what it found.
        self._reconciled: str | None = None
        self._differences: list[reconciliation.Difference] = []

    @subscribe(HouseholdChanged, copy=True)
    def household_changed(self, tx: db.Tx, events: Sequence[Received[HouseholdChanged]]) -> None:
        """Keeps the copy of households, opens their books, and credits what waited for them."""
        households = [
            passbooks.Household(
                id=event.data.household_id,
                area=event.data.area,
                members=event.data.members,
                active=event.data.active,
                sequence=event.sequence,
                changed_at=event.time,
            )
            for event in events
        ]
        changed = passbooks.apply_households(tx, households)
        passbooks.open_books(tx, changed)
        passbooks.follow(tx, changed)
        awarding.household_known(tx, (p for h in households if h.id in changed for p in h.members))

    @subscribe(KinshipConfirmed, copy=True)
    def kinship_confirmed(self, tx: db.Tx, events: Sequence[Received[KinshipConfirmed]]) -> None:
        """Keeps the copy of close relatives, who may draw on each other's saved service."""
        passbooks.apply_kinships(
            tx,
            [
                (
                    event.data.kinship_id,
                    event.data.person_id,
                    event.data.relative_id,
                    event.data.relation,
                    event.sequence,
                )
                for event in events
            ],
        )

    @subscribe(CaseTriaged)
    def case_triaged(self, tx: db.Tx, events: Sequence[Received[CaseTriaged]]) -> None:
        """Rewards whoever raised a matter that was taken on; anonymous reporters cannot be."""
        awarding.award(
            tx,
            [
                Claim(
                    rule=MATTER_ACCEPTED,
                    cause=case_cause(event.data.case_id),
                    person_id=event.data.reporter_id,
                    occurred_at=event.data.triaged_at,
                    vouched_by=event.data.triaged_by,
                )
                for event in events
                if event.data.reporter_id is not None
            ],
        )

    @subscribe(CaseDeclined, CaseWithdrawn, CaseMerged)
    def case_fell_away(
        self, tx: db.Tx, events: Sequence[Received[CaseDeclined | CaseWithdrawn | CaseMerged]]
    ) -> None:
        """Takes back what a matter earned that was declined, withdrawn or merged into another."""
        awarding.take_back(tx, [case_cause(event.data.case_id) for event in events])

    @subscribe(ReporterAnonymised)
    def reporter_anonymised(self, tx: db.Tx, events: Sequence[Received[ReporterAnonymised]]) -> None:
        """Forgets who was rewarded for a matter; the household keeps its points."""
        awarding.forget(tx, [case_cause(event.data.case_id) for event in events])

    @subscribe(ParticipationConfirmed)
    def participation_confirmed(self, tx: db.Tx, events: Sequence[Received[ParticipationConfirmed]]) -> None:
        """Rewards taking part in an activity."""
        awarding.award(
            tx,
            [
                Claim(
                    rule=ACTIVITY_ATTENDED,
                    cause=f"participation:{event.data.participation_id}",
                    person_id=event.data.person_id,
                    occurred_at=event.data.confirmed_at,
                    minutes=event.data.minutes,
                    vouched_by=event.data.minutes_said_by,
                )
                for event in events
            ],
        )

    @subscribe(ServiceConfirmed)
    def service_confirmed(self, tx: db.Tx, events: Sequence[Received[ServiceConfirmed]]) -> None:
        """Rewards a service given to another household, also one that was drawn from the volunteer bank."""
        awarding.award(
            tx,
            [
                Claim(
                    rule=SERVICE_GIVEN,
                    cause=f"service_order:{event.data.service_order_id}",
                    person_id=event.data.person_id,
                    occurred_at=event.data.confirmed_at,
                    minutes=event.data.minutes,
                    vouched_by=event.data.resident_id,
                )
                for event in events
            ],
        )

    @every(seconds=1.0)
    def expire_orders(self, tx: db.Tx) -> int:
        """Frees points and goods of orders nobody picked up."""
        return ordering.expire_due(tx, limit=_ORDERS_A_RUN)

    @every(seconds=30.0)
    def credit_waiting(self, tx: db.Tx) -> int:
        """Credits claims that began to wait at the very moment their household became known."""
        persons = awards.waiting_at_home(tx, limit=_WAITING_A_RUN)
        awarding.household_known(tx, persons)
        return len(persons)

    @every(seconds=3600.0)
    def forget_waiting(self, tx: db.Tx) -> int:
        """Forgets claims whose person never appeared in a household."""
        return awards.forget_waiting(tx, days=_WAITING_DAYS, most=1000)

    @every(seconds=60.0)
    def prune(self, tx: db.Tx) -> int:
        """Drops answers kept under old Idempotency-Keys."""
        return idempotency.prune(tx)

    @every(seconds=600.0)
    def reconcile(self, tx: db.Tx) -> int:
        """Compares the books of one scheme after the other; what differs is shown by a metric and alerts."""
        scheme_id = reconciliation_store.next_scheme(tx, after=self._reconciled)
        self._reconciled = scheme_id
        if scheme_id is None:
            for check, count in reconciliation.summary(self._differences).items():
                metrics.points_differences.labels(check).set(count)
            self._differences = []
            return 0
        found = reconciliation_store.differences(tx, scheme_id)
        self._differences += found
        for difference in found[:20]:
            log.error(
                "books_differ",
                check=difference.check,
                scheme=difference.scheme_id,
                about=difference.about,
                expected=difference.expected,
                found=difference.found,
            )
        return 1


def case_cause(case_id: str) -> str:
    """How a matter is named as the cause of points."""
    return f"case:{case_id}"
