"""The rates of `cases` and the figures `dispatch` ranks by are counted from the same answers, in the same month."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.dispatch import worker
from services.dispatch.domain import facts, indicators, ranking, running
from services.dispatch.domain import order as steps
from services.dispatch.store import facts as fact_store
from services.dispatch.store import orders, rankings
from shared import clock, db, ids
from shared.bus import envelope, outbox
from shared.bus.inbox import Delivery
from tests.support import district, feeding

MONTH = f"{clock.now().astimezone(clock.BEIJING):%Y-%m}"
# Rate of cases → indicator of dispatch.
SAME = {"met": "met", "finished": "settled", "satisfied": "satisfied"}


class Both:
    """The running cases, and a dispatch that hears of nothing but the matters of this test."""

    def __init__(self, world: Any, database: db.Database, feed: feeding.Feed) -> None:
        self.world, self.database, self.feed = world, database, feed
        self.mine: list[str] = []
        self._brought: set[str] = set()
        self._before = {by: self._rates(by) for by in ("area", "department")}

    # -- doing

    def filed(self, *departments: str, **report: Any) -> str:
        """A matter handled and checked: by hand, or by departments that were called."""
        world = self.world
        case_id: str = world.report(place=district.IN_GRID_ELSEWHERE, **report)["case_id"]
        self.mine.append(case_id)
        self.again(case_id, *departments)
        return case_id

    def again(self, case_id: str, *departments: str) -> None:
        world = self.world
        worker_there = world.api.client(
            roles=["grid_worker", "community_officer"], areas=[district.GRID_ELSEWHERE]
        )
        if departments:
            world.whistle(case_id, *departments, client=worker_there)
            self.exchange()
            for department in departments:
                self.finish(world.read(case_id)["orders"][-1]["order_id"], department)
            self.exchange()
        else:
            if world.read(case_id)["state"] == "received":
                world.step(worker_there, case_id, "triage")
            world.step(worker_there, case_id, "resolve", words="已处理")
        world.step(worker_there, case_id, "check", passed=True)

    def answer(
        self, case_id: str, satisfaction: str, *, met: bool | None = True, settled: bool = True
    ) -> None:
        client = self.world.api.client(
            roles=["grid_worker", "community_officer"], areas=[district.GRID_ELSEWHERE]
        )
        body = {"reached": True, "met": met, "settled": settled, "satisfaction": satisfaction}
        self.world.step(client, case_id, "call-back", **body)

    def finish(self, order_id: str, department: str) -> None:
        """A department's steps, with what they announce."""
        with self.database.transaction() as tx:
            (row,) = tx.execute(
                "SELECT task_id FROM tasks WHERE order_id = %s AND department_id = %s", [order_id, department]
            ).fetchall()
        task_id = str(row["task_id"])
        for step, words in (
            (steps.sign, {}),
            (steps.reply, {"words": "已整改"}),
            (steps.finish, {"words": "已整改"}),
        ):
            at = clock.now()
            with self.database.transaction() as tx:
                order, _ = orders.lock_by_task(tx, task_id, orders.Reach(scopes=[district.DISTRICT]))
                change = step(order, task_id, by=ids.new(), at=at, **words)  # type: ignore[operator]
                ticking = running.follow(
                    change,
                    clocks=orders.clocks_of(tx, [order_id]),
                    rules=self.feed.worker.rules.read(tx),
                    at=at,
                    new_id=ids.new,
                )
                orders.save(tx, change)
                orders.save_clocks(tx, ticking)
                fact_store.note(tx, [facts.of_step(change, ticking, at=at)])
                outbox.add(tx, change.events)

    def exchange(self) -> None:
        """Brings each what the other announced."""
        self._bring("cases", self.world.database, self.feed)
        self._bring("dispatch", self.database, self.world.feed)

    def _bring(self, service: str, source: db.Database, feed: feeding.Feed) -> None:
        with source.transaction(read_only=True) as tx:
            rows = tx.execute(
                "SELECT * FROM outbox WHERE data ->> 'case_id' = ANY(%s) ORDER BY subject, sequence",
                [self.mine],
            ).fetchall()
        fresh = [row for row in rows if str(row["id"]) not in self._brought]
        self._brought |= {str(row["id"]) for row in fresh}
        told = [{**row, "data": json.dumps(row["data"], ensure_ascii=False)} for row in fresh]
        outcome = feed.apply(*(Delivery(body=envelope.encode(row, service=service)) for row in told))
        assert set(outcome) <= {"applied", "unknown"}, outcome

    # -- counting

    def rates(self, by: str, key: str) -> dict[str, tuple[int, int]]:
        """What the matters of this test added to a line of the rates."""
        before, after = self._before[by].get(key, {}), self._rates(by)[key]
        return {
            code: (hits - before.get(code, (0, 0))[0], base - before.get(code, (0, 0))[1])
            for code, (hits, base) in after.items()
        }

    def _rates(self, by: str) -> dict[str, dict[str, tuple[int, int]]]:
        answer = self.world.supervisor.get(
            "/cases/rates", params={"month": MONTH, "area": district.DISTRICT, "by": by}
        )
        assert answer.status_code == 200, answer.text
        return {
            line["key"]: {SAME[rate["code"]]: (rate["hits"], rate["base"]) for rate in line["rates"]}
            for line in answer.json()["lines"]
        }

    def ranked(self, kind: indicators.Kind, organisation: str) -> dict[str, tuple[int, int]]:
        table = ranking.drafted(
            ranking_id=ids.new(),
            area=district.DISTRICT,
            period=ranking.period(MONTH, cut_off_day=31),
            rules=indicators.delivered(kind),
            rules_version=0,
            at=clock.now(),
        )
        with self.database.transaction() as tx:
            rankings.insert(tx, table)
            lines = {line.organisation_id: line.counts for line in rankings.count(tx, table)}
            tx.rollback()
        counts = lines[organisation]
        return {
            name: (counts[name].numerator, counts[name].denominator) if name in counts else (0, 0)
            for name in SAME.values()
        }


@pytest.fixture
def both(world: Any, database: Callable[[str], db.Database]) -> Iterator[Both]:
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        feed.give(*district.departments(), *district.nets())
        found = Both(world, made, feed)
        yield found
    with world.database.transaction() as tx:
        # What is still to hear is not of the tests that look at a whole queue.
        tx.execute("UPDATE hearings SET is_open = false WHERE case_id = ANY(%s::uuid[])", [found.mine])


def test_cases_and_dispatch_count_the_same_rates(both: Both) -> None:
    world = both.world
    by_hand, called = both.filed(), both.filed(district.HEALTH)
    both.answer(by_hand, "very_satisfied")
    both.answer(called, "neutral", met=False)
    # Answered, and handled again: what was said counts until something else is said.
    unhappy, asked_again = both.filed(district.HEALTH), both.filed(district.HEALTH)
    both.answer(unhappy, "unhappy", settled=False)
    both.answer(asked_again, "unhappy")
    both.again(asked_again, district.ECOLOGY)
    both.answer(asked_again, "satisfied")
    both.answer(both.filed(is_confidential=True), "satisfied")
    changed = both.filed(district.HEALTH)
    both.answer(changed, "satisfied")
    world.step(world.operator, changed, "answer", settled=True, satisfaction="unhappy")
    removed = both.filed(district.HEALTH)
    both.answer(removed, "neutral")
    asked = world.responder(district.HEALTH).post(
        f"/cases/{removed}/removals",
        json={"month": MONTH, "ground": "unreasonable_demand", "words": "诉求超出政策"},
    )
    world.operator.post(
        f"/cases/removals/{asked.json()['removal_id']}/decide", json={"granted": True, "words": "属实"}
    )
    both.filed()
    both.exchange()

    street, streets = both.rates("area", district.ELSEWHERE), both.ranked("subdistricts", district.ELSEWHERE)
    assert street == streets == {"met": (3, 4), "settled": (5, 6), "satisfied": (3, 6)}
    health = both.rates("department", district.HEALTH), both.ranked("departments", district.HEALTH)
    assert health[0] == health[1] == {"met": (1, 2), "settled": (2, 3), "satisfied": (0, 3)}
    ecology = both.rates("department", district.ECOLOGY), both.ranked("departments", district.ECOLOGY)
    assert ecology[0] == ecology[1] == {"met": (1, 1), "settled": (1, 1), "satisfied": (1, 1)}
