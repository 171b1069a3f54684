"""A small world of points: a scheme with rules, households with books, a shop with eggs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.points import awarding, worker
from services.points.domain.rules import Basis, Claim
from services.points.store import awards, passbooks, reconciliation, shops
from services.points.store import ledger as ledger_store
from shared import clock, db, ids
from shared.bus import inbox
from shared.bus.inbox import Received
from shared.contracts.base import Event
from shared.contracts.cases import CaseTriaged
from shared.contracts.registry import HouseholdChanged

AREA = "370102007"
GRID = "370102007003001"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def received(event: Event, *, sequence: int = 1, at: datetime | None = None) -> Received[Any]:
    """An event as the inbox hands it to a handler."""
    return Received(
        id=ids.new(),
        source=f"/yiwang/{event.publisher}",
        type=event.type,
        subject=event.subject,
        sequence=sequence,
        time=at or clock.now(),
        area=event.area_code,
        traceparent=None,
        data=event,
    )


@dataclass
class Household:
    """A household as a test sees it."""

    id: str
    person: str


class World:
    """A database of points and what tests do to it."""

    def __init__(self, database: db.Database, area: str = AREA) -> None:
        self.database = database
        self.worker = worker.Worker()
        self.area = area
        self.scheme = ids.new()
        self.shop = ids.new()
        self.egg = ids.new()
        with database.transaction() as tx:
            shops.add_scheme(tx, scheme_id=self.scheme, area=area, name="文东微积分", hold_hours=72)
            shops.add_shop(
                tx, shop_id=self.shop, scheme_id=self.scheme, area=area, name="文东积分超市", address=""
            )
            shops.add_good(tx, good_id=self.egg, shop_id=self.shop, name="鸡蛋", source="街道采购", price=5)
            shops.move_stock(tx, self.egg, kind="received", quantity=100, at=db.now(tx))
        self.add_rule("matter_accepted", points=5, daily_cap=20)
        self.add_rule("activity_attended", points=5)
        self.add_rule("service_given", points=10, basis=Basis.HOUR)

    def add_rule(self, code: str, **changes: Any) -> None:
        usual = {"name": code, "points": 5, "basis": Basis.CAUSE, "daily_cap": None, "active": True}
        with self.database.transaction() as tx:
            awards.add_rule_version(
                tx,
                scheme_id=self.scheme,
                code=code,
                made_by=None,
                **{"valid_from": SINCE, **usual, **changes},
            )

    def apply(self, *events: Event | Received[Any]) -> None:
        """Hands each event to its handler in a transaction of its own."""
        for event in events:
            one = event if isinstance(event, Received) else received(event)
            handler = getattr(self.worker, _HANDLERS[type(one.data)])
            with self.database.transaction() as tx:
                handler(tx, [one])

    def household(self, *, points: int = 0) -> Household:
        """A household with one member and a book holding so many points."""
        home = Household(id=ids.new(), person=ids.new())
        self.apply(HouseholdChanged(household_id=home.id, area=f"{self.area}003001", members=(home.person,)))
        if points:
            self.add_rule(f"gift_{home.id.replace('-', '_')}", points=points)
            with self.database.transaction() as tx:
                awarding.award(
                    tx,
                    [
                        Claim(
                            rule=f"gift_{home.id.replace('-', '_')}",
                            cause=f"gift:{home.id}",
                            person_id=home.person,
                            occurred_at=clock.now(),
                        )
                    ],
                )
        return home

    def triaged(self, person: str | None, case_id: str | None = None, **changes: Any) -> CaseTriaged:
        event = CaseTriaged(
            case_id=case_id or ids.new(),
            area=f"{self.area}003001",
            category="fumes",
            level="grid",
            scope_class="general",
            mechanism="general",
            urgency="ordinary",
            triaged_at=clock.now() - timedelta(seconds=1),
            reporter_id=person,
        )
        return dataclasses.replace(event, **changes)

    def book(self, household_id: str) -> dict[str, Any]:
        with self.database.transaction(read_only=True) as tx:
            return passbooks.view(tx, household_id=household_id)

    def statement(self, household_id: str) -> list[tuple[str, int, int]]:
        """(purpose, points, balance after), oldest first."""
        with self.database.transaction(read_only=True) as tx:
            lines = ledger_store.statement(tx, household_id, before=None, limit=100)
        return [(line["purpose"], line["points"], line["balance_after"]) for line in reversed(lines)]

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction(read_only=True) as tx:
            return tx.execute(query, parameters).fetchall()

    def events(self, subject: str) -> list[tuple[str, dict[str, Any]]]:
        """(name, data) of the events announced about a subject, in order."""
        rows = self.rows("SELECT type, data FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=subject)
        return [(row["type"].split(".")[2], row["data"]) for row in rows]

    def differences(self) -> list[Any]:
        with self.database.transaction(read_only=True) as tx:
            return reconciliation.differences(tx, self.scheme)


_HANDLERS = {contract: method for method, contract, _ in inbox.subscriptions_of(worker.Worker)}


@pytest.fixture
def world(database: Callable[[str], db.Database]) -> World:
    return World(database("points"))
