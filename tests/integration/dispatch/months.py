"""October in a district: matters that happened when a test says, and the table worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch import tabling, worker
from services.dispatch.domain import facts, indicators, running
from services.dispatch.domain import order as steps
from services.dispatch.domain.indicators import Kind
from services.dispatch.store import facts as fact_store
from services.dispatch.store import orders as store
from services.dispatch.store import rankings
from shared import db, ids
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import Running, World
from tests.support import clients, district, feeding, run

RULES = {"least_matters": 2}
EVERYWHERE = store.Reach(scopes=[district.DISTRICT])


def at(text: str) -> datetime:
    """A moment of October or November 2026 in Beijing: `10-12 09:00`."""
    return datetime.fromisoformat(f"2026-{text}:00+08:00".replace(" ", "T"))


AFTER = at("11-01 00:01")
FROZEN = at("11-06 00:00")


class Past(World):
    """A district whose matters happened when the test says."""

    def set_rules(self, **changes: Any) -> None:
        with self.database.transaction() as tx:
            for kind in indicators.KINDS:
                rules = replace(indicators.delivered(kind), **{**RULES, **changes})
                rankings.add_rules(
                    tx,
                    area=district.DISTRICT,
                    rules=rules,
                    from_month="2026-01",
                    by_person=ids.new(),
                    at=AFTER,
                )

    def matter(self, reported: str, *, area: str = district.GRID) -> said.CaseReported:
        return self.report(reported_at=at(reported), area=area)

    def call(self, case: said.CaseReported, department: str, when: str, *more: str) -> dict[str, str]:
        """Whistles departments; answers task id by department."""
        whistle = self.whistle(department, *more, case=case, whistled_at=at(when))
        return self.tasks(whistle.order_id)

    def step(self, task_id: str, step: Callable[..., steps.Change], when: str, **words: Any) -> None:
        """A step of a task as the API takes it, at a moment of the past."""
        moment = at(when)
        with self.database.transaction() as tx:
            order, _ = store.lock_by_task(tx, task_id, EVERYWHERE)
            change = step(order, task_id, by=ids.new(), at=moment, **words)
            ticking = running.follow(
                change,
                clocks=store.clocks_of(tx, [order.order_id]),
                rules=self.feed.worker.rules.read(tx),
                at=moment,
                new_id=ids.new,
            )
            store.save(tx, change)
            store.save_clocks(tx, ticking)
            fact_store.note(tx, [facts.of_step(change, ticking, at=moment)])

    def finish(self, task_id: str, *, signed: str, finished: str) -> None:
        self.step(task_id, steps.sign, signed)
        self.step(task_id, steps.reply, finished, words="已整改")
        self.step(task_id, steps.finish, finished, words="已整改")

    def give_back(self, task_id: str, when: str) -> None:
        self.step(
            task_id,
            steps.give_back,
            when,
            ground="not_our_duty",
            words="非我职责",
            until=at(when) + timedelta(days=1),
        )

    def resolve(self, case: said.CaseReported, when: str) -> None:
        self.give(
            said.CaseResolved(case_id=case.case_id, area=case.area, resolved_by="hand", resolved_at=at(when))
        )

    def answer(
        self, case: said.CaseReported, when: str, satisfaction: str | None, *, met: bool | None = True
    ) -> None:
        """What the reporter says; None is not reached."""
        reached = satisfaction is not None
        self.give(
            said.CaseCalledBack(
                case_id=case.case_id,
                area=case.area,
                reached=reached,
                met=met if reached else None,
                settled=True if reached else None,
                satisfaction=satisfaction,  # type: ignore[arg-type]
                called_back_at=at(when),
            )
        )

    def rework(self, case: said.CaseReported, when: str, *, run: int = 2) -> None:
        self.give(
            said.CaseReworked(case_id=case.case_id, area=case.area, run=run, reason="unhappy"), time=at(when)
        )

    def keep(self, moment: datetime) -> int:
        """What the timer does at a moment, until nothing is left; answers how much that was."""
        done = 0
        while self.keep_once(moment):
            done += 1
        return done

    def keep_once(self, moment: datetime) -> int:
        with self.database.transaction() as tx:
            return tabling.keep(tx, at=moment)

    def tables(self, kind: Kind = "departments") -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM rankings WHERE kind = %(k)s ORDER BY month, version", k=kind)

    def lines(self, kind: Kind = "departments") -> dict[str, dict[str, Any]]:
        return {line["organisation_id"]: line for line in self.tables(kind)[-1]["lines"]}

    def counts(self, organisation: str, kind: Kind = "departments") -> dict[str, tuple[int, int]]:
        found = self.lines(kind)[organisation]["counts"]
        return {name: (numerator, denominator) for name, (numerator, denominator, _) in found.items()}


@pytest.fixture
def past(database: Callable[[str], db.Database]) -> Iterator[Past]:
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        feed.give(*district.departments(), *district.nets())
        yield Past(made, feed)


def october(past: Past) -> dict[str, Any]:
    """A month small enough to count by hand. Limits: sign 2 working hours, finish 5 working days.

    Market supervision has four tasks of four matters of 文东街道:
      t1  called Mon 12 09:00, signed 09:30, finished Tue 13: in time, in time.      Answer: met, very satisfied.
      t2  called Mon 12 09:00, signed 09:30, finished Wed 14: in time, in time.      Answer: not met, neutral.
      t3  called Mon 12 09:00, signed 13:31 (due 11:00), finished Tue 20 (due Mon 19): late, late.   Not reached.
      t4  called Mon 19 09:00, signed 09:10, finished Tue 20: in time, in time.      Answer: met, unhappy → rework.
      sign 3/4, on time 3/4, returned 0/4, reworked 1/4; t4's answer is changed on 3 November, of the second handling,
      which nobody of the departments had: met 1/2, settled 2/2, satisfied 1/2. Assessments: t1 90, t2 80 → 170/200.
      Score: 10·3/4 + 20·3/4 + 10·1/2 + 15·1 + 15·1/2 + 10·(1-0) + 10·(1-1/4) + 10·170/200 = 76.00 of 100.

    Urban management has two tasks of two matters of 东关街道:
      u1  called Mon 12 09:00, signed 09:30, finished Wed 14: in time, in time.      Nobody was asked yet.
      u2  called Mon 12 09:00, wants to return it and may not, signed 10:30, never finished; due Mon 19: late.
      sign 2/2, on time 1/2, returned 1/2, reworked 0/1.
      Score: (10·1 + 20·1/2 + 10·(1-1/2) + 10·1) of 50 = 70.00.

    Ecology has one, called wrongly by 文东街道 at first (health gave it back rightly on the 13th), finished in time
    the next day: sign 1/1, on time 1/1, returned 0/1, reworked 0/1: 100.00, and too few to be ranked (2 at least).
    Health has nothing: its upheld return does not count against it, and its other task's matter was taken out of
    its base. Market supervision's wish to be rid of t1's matter was refused.
    """
    one, two, three, four = (past.matter("10-12 08:30") for _ in range(4))
    t1 = past.call(one, district.MARKET, "10-12 09:00")[district.MARKET]
    t2 = past.call(two, district.MARKET, "10-12 09:00")[district.MARKET]
    t3 = past.call(three, district.MARKET, "10-12 09:00")[district.MARKET]
    past.finish(t1, signed="10-12 09:30", finished="10-13 10:00")
    past.finish(t2, signed="10-12 09:30", finished="10-14 10:00")
    past.finish(t3, signed="10-12 13:31", finished="10-20 10:00")
    t4 = past.call(four, district.MARKET, "10-19 09:00")[district.MARKET]
    past.finish(t4, signed="10-19 09:10", finished="10-20 10:00")
    for case, when in (
        (one, "10-13 10:00"),
        (two, "10-14 10:00"),
        (three, "10-20 10:00"),
        (four, "10-20 10:00"),
    ):
        past.resolve(case, when)
    past.answer(one, "10-15 10:00", "very_satisfied")
    past.answer(two, "10-15 10:00", "neutral", met=False)
    past.answer(three, "10-21 10:00", None)
    past.answer(four, "10-21 10:00", "unhappy")
    past.rework(four, "10-21 10:01")
    past.resolve(four, "10-22 10:00")
    past.answer(four, "11-03 10:00", "satisfied")

    five, six = (past.matter("10-12 08:30", area=district.GRID_ELSEWHERE) for _ in range(2))
    u1 = past.call(five, district.URBAN, "10-12 09:00")[district.URBAN]
    u2 = past.call(six, district.URBAN, "10-12 09:00")[district.URBAN]
    past.finish(u1, signed="10-12 09:30", finished="10-14 10:00")
    past.give_back(u2, "10-12 09:30")
    past.step(u2, steps.rule, "10-12 10:00", upheld=False, to_department_id=None)
    past.step(u2, steps.sign, "10-12 10:30")
    past.resolve(five, "10-14 10:00")

    seven, eight = past.matter("10-12 08:30"), past.matter("10-12 08:30")
    e1 = past.call(seven, district.HEALTH, "10-12 09:00")[district.HEALTH]
    past.give_back(e1, "10-12 09:30")
    past.step(e1, steps.rule, "10-13 10:00", upheld=True, to_department_id=district.ECOLOGY)
    past.finish(e1, signed="10-13 10:30", finished="10-14 10:00")
    past.resolve(seven, "10-14 10:00")
    h1 = past.call(eight, district.HEALTH, "10-12 09:00")[district.HEALTH]
    past.finish(h1, signed="10-30 09:00", finished="10-30 10:00")
    past.resolve(eight, "10-30 10:00")
    for department, granted in ((district.HEALTH, True), (district.MARKET, False)):
        past.give(
            said.CaseRemovedFromBase(
                case_id=eight.case_id if granted else one.case_id,
                area=district.GRID,
                department_id=department,
                month="2026-10",
                granted=granted,
                decided_at=at("10-31 10:00"),
            )
        )
    return {"t1": t1, "t2": t2, "one": one}


def assess(past: Past, task_id: str, score: int, when: str, *, negative: bool = False) -> None:
    with past.database.transaction() as tx:
        tx.execute(
            "INSERT INTO assessments (task_id, order_id, case_id, area, department_id, points, score, is_negative,"
            " words, by_person, assessed_at, changed_at, state, version)"
            " SELECT task_id, order_id, case_id, area, department_id, '{}', %(s)s, %(n)s, '', %(p)s, %(at)s, %(at)s,"
            " 'standing', 1 FROM task_facts WHERE task_id = %(t)s",
            {"t": task_id, "s": score, "n": negative, "p": ids.new(), "at": at(when)},
        )


@pytest.fixture(scope="module")
def office(servers: run.TestRun) -> Iterator[Running]:
    """A service with a database of its own, where October comes first."""
    url = servers.new_database("dispatch")
    process = servers.start_process("dispatch", "api", database_url=url, amqp_url="")
    database = db.Database(url, service="dispatch", min_size=0, max_size=2)
    try:
        with feeding.feeding(url, worker.Worker) as feed:
            feed.give(*district.departments(), *district.nets())
            yield Running(clients.Api(process, database, servers.identities), feed)
    finally:
        database.close()
        process.kill()


@pytest.fixture(scope="module")
def published(office: Running) -> Past:
    """October, frozen."""
    made = Past(office.database, office.feed)
    made.set_rules()
    october(made)
    made.keep(AFTER)
    made.keep(FROZEN)
    return made


def table_of(client: clients.Client, kind: Kind = "departments") -> dict[str, Any]:
    query = {"area": district.DISTRICT, "kind": kind, "month": "2026-10"}
    (summary,) = client.get("/dispatch/rankings", params=query).json()["items"]
    answer = client.get(f"/dispatch/rankings/{summary['ranking_id']}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def rows_of(client: clients.Client, ranking_id: str, organisation: str, indicator: str) -> Any:
    query = {"organisation_id": organisation, "indicator": indicator, "limit": "2"}
    found: list[dict[str, Any]] = []
    while True:
        answer = client.get(f"/dispatch/rankings/{ranking_id}/rows", params=query)
        if answer.status_code != 200:
            return answer.status_code
        page = answer.json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]
