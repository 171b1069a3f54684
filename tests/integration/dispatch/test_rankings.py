"""Monthly tables made from what really happened: counted, explained, frozen, corrected, once."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest

from services.dispatch import tabling, worker
from services.dispatch.domain import facts, indicators, running
from services.dispatch.domain import order as steps
from services.dispatch.domain.indicators import Kind
from services.dispatch.store import facts as fact_store
from services.dispatch.store import orders as store
from services.dispatch.store import rankings
from shared import clock, db, ids
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


# --- the worked example


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


def test_the_table_of_a_month_worked_out_by_hand(past: Past) -> None:
    past.set_rules()
    made = october(past)
    assess(past, made["t1"], 90, "10-16 10:00")
    assess(past, made["t2"], 80, "10-16 10:00")

    assert past.keep(AFTER) == 2

    assert past.counts(district.MARKET) == {
        "sign": (3, 4),
        "on_time": (3, 4),
        "met": (1, 2),
        "settled": (2, 2),
        "satisfied": (1, 2),
        "returned": (0, 4),
        "reworked": (1, 4),
        "assessed": (170, 2),
    }
    assert past.counts(district.URBAN) == {
        "sign": (2, 2),
        "on_time": (1, 2),
        "returned": (1, 2),
        "reworked": (0, 1),
    }
    assert past.counts(district.ECOLOGY) == {
        "sign": (1, 1),
        "on_time": (1, 1),
        "returned": (0, 1),
        "reworked": (0, 1),
    }
    assert past.counts(district.HEALTH) == {}
    table = past.tables()[0]["lines"]
    assert [(line["organisation_id"], line["rank"], line["score"]) for line in table] == [
        (district.MARKET, 1, "76.00"),
        (district.URBAN, 2, "70.00"),
        (district.ECOLOGY, None, "100.00"),
        (district.HEALTH, None, None),
    ]
    # 文东街道: six calls, one of them wrong. In time: matters one, two and seven and the second handling of four;
    # three, eight and four's first were due on Mon 19 and resolved later. Answers of one, two and four, four's as
    # changed, once.
    assert past.counts(district.SUBDISTRICT, "subdistricts") == {
        "call_quality": (5, 6),
        "on_time": (4, 7),
        "met": (2, 3),
        "settled": (3, 3),
        "satisfied": (2, 3),
    }
    # 东关街道: two calls; matter five in time, six never resolved.
    assert past.counts(district.ELSEWHERE, "subdistricts") == {"call_quality": (2, 2), "on_time": (1, 2)}


# --- frozen


def test_a_frozen_month_is_not_changed_by_what_comes_late(past: Past) -> None:
    past.set_rules()
    made = october(past)
    past.keep(AFTER)

    past.keep(FROZEN - timedelta(seconds=1))
    assert [table["state"] for table in past.tables()] == ["draft"]
    assert past.keep(FROZEN) == 2
    before = past.tables()
    past.answer(made["one"], "11-07 10:00", "very_unhappy")
    assess(past, made["t2"], 0, "10-20 10:00")
    assert past.keep(at("11-20 00:00")) == 0

    assert past.tables() == before
    assert (before[0]["state"], before[0]["frozen_at"]) == ("frozen", FROZEN)
    assert past.events(str(before[0]["ranking_id"])) == ["ranking_drafted", "ranking_frozen"]
    with past.database.transaction() as tx:
        table = rankings.of_row(before[0])
        assert rankings.recount(tx, table) == tuple(
            sorted(
                (replace(line, score=None, rank=None) for line in table.lines),
                key=lambda line: line.organisation_id,
            )
        )


def test_a_draft_follows_the_facts_until_it_is_frozen(past: Past) -> None:
    past.set_rules()
    made = october(past)
    past.keep(AFTER)
    was = past.counts(district.MARKET)["satisfied"]

    past.answer(made["one"], "11-02 10:00", "unhappy")
    assert past.keep(AFTER + timedelta(minutes=59)) == 0
    assert past.counts(district.MARKET)["satisfied"] == was
    assert past.keep(AFTER + timedelta(minutes=61)) == 2

    assert (was, past.counts(district.MARKET)["satisfied"]) == ((1, 2), (0, 2))


def test_the_same_inputs_give_the_same_table(past: Past) -> None:
    past.set_rules()
    october(past)
    past.keep(AFTER)
    drafts = {row["kind"]: (row["fingerprint"], row["lines"]) for row in past.rows("SELECT * FROM rankings")}

    past.keep(FROZEN)

    assert {
        row["kind"]: (row["fingerprint"], row["lines"]) for row in past.rows("SELECT * FROM rankings")
    } == drafts


def test_a_correction_is_a_new_version_and_leaves_the_old_one(past: Past) -> None:
    past.set_rules()
    made = october(past)
    past.keep(AFTER)
    past.keep(FROZEN)
    (old,) = past.tables()
    past.answer(made["one"], "11-07 10:00", "very_unhappy")

    with past.database.transaction() as tx:
        locked, _ = rankings.lock(tx, str(old["ranking_id"]), [district.DISTRICT])
        corrected = tabling.correct(tx, locked, reason="误录", by_person=ids.new(), at=at("11-08 10:00"))

    kept, new = past.tables()
    assert kept == old
    assert (new["version"], new["state"], new["reason"]) == (2, "frozen", "误录")
    assert new["fingerprint"] == corrected.fingerprint != old["fingerprint"]
    assert past.counts(district.MARKET)["satisfied"] == (0, 2)
    assert past.events(str(new["ranking_id"])) == ["ranking_frozen"]


# --- when


def test_a_table_is_drafted_when_its_period_is_over_and_not_before(past: Past) -> None:
    past.set_rules()
    past.matter("10-12 08:30")

    assert past.keep(at("10-31 23:59")) == 0
    assert past.keep(at("11-01 00:00")) == 2

    (table,) = past.tables()
    assert (table["month"], table["period_start"], table["period_end"]) == (
        "2026-10",
        at("10-01 00:00"),
        at("11-01 00:00"),
    )
    assert table["appeals_until"] == FROZEN


def test_a_district_without_a_past_has_no_table(past: Past) -> None:
    past.matter("11-12 08:30")

    assert past.keep(at("11-20 00:00")) == 0


def test_months_that_were_missed_are_made_up_for_one_by_one(past: Past) -> None:
    past.set_rules()
    past.matter("10-12 08:30")
    past.keep(AFTER)

    past.keep(at("11-30 23:59") + timedelta(days=70))

    assert [(table["month"], table["state"]) for table in past.tables()] == [
        ("2026-10", "frozen"),
        ("2026-11", "draft"),
        ("2026-12", "draft"),
        ("2027-01", "draft"),
    ]
    # Drafted late, the windows are as long as ever.
    assert past.tables()[1]["appeals_until"] == datetime.fromisoformat("2027-02-14T00:00+08:00")


def test_another_cut_off_day_moves_the_period(past: Past) -> None:
    past.set_rules(cut_off_day=25)
    past.matter("10-12 08:30")

    past.keep(at("10-26 00:00"))

    (table,) = past.tables()
    assert (table["period_start"], table["period_end"]) == (at("09-26 00:00"), at("10-26 00:00"))


def test_many_workers_make_each_table_once(past: Past) -> None:
    past.set_rules()
    october(past)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(6):
                past.keep_once(FROZEN)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    past.keep(FROZEN + timedelta(days=6))

    assert failed == []
    assert [
        (row["kind"], row["version"], row["state"])
        for row in past.rows("SELECT * FROM rankings WHERE month = '2026-10' ORDER BY kind")
    ] == [("departments", 1, "frozen"), ("subdistricts", 1, "frozen")]
    announced = past.rows("SELECT type, subject FROM outbox WHERE type LIKE '%%ranking_%%'")
    assert len(announced) == len({(row["type"], row["subject"]) for row in announced}) == 4


# --- what counts where


def test_a_limit_counts_once_in_the_month_it_is_decided_in(past: Past) -> None:
    past.set_rules()
    # Due on Mon 2 November.
    case = past.matter("10-26 08:30")
    in_time = past.call(case, district.MARKET, "10-26 09:00")[district.MARKET]
    past.finish(in_time, signed="10-26 09:30", finished="10-30 10:00")
    late = past.call(past.matter("10-26 08:30"), district.URBAN, "10-26 09:00")[district.URBAN]
    past.finish(late, signed="10-26 09:30", finished="11-12 10:00")

    past.keep(AFTER)
    october_counts = {one: past.counts(one).get("on_time") for one in (district.MARKET, district.URBAN)}
    past.keep(FROZEN)
    past.keep(at("11-30 23:59") + timedelta(minutes=1))

    assert october_counts == {district.MARKET: (1, 1), district.URBAN: None}
    assert {one: past.counts(one).get("on_time") for one in october_counts} == {
        district.MARKET: None,
        district.URBAN: (0, 1),
    }


def test_what_stands_still_on_a_review_date_is_not_late(past: Past) -> None:
    past.set_rules()
    case = past.matter("10-12 08:30")
    past.call(case, district.MARKET, "10-12 09:00")
    past.give(
        said.CaseDeferred(case_id=case.case_id, area=case.area, review_on=at("12-01 00:00").date()),
        time=at("10-13 10:00"),
    )

    past.keep(AFTER)

    assert past.counts(district.MARKET) == {"sign": (0, 1), "returned": (0, 1)}
    assert past.counts(district.SUBDISTRICT, "subdistricts") == {"call_quality": (1, 1)}


@pytest.mark.parametrize("end", ["declined", "merged", "withdrawn"])
def test_a_matter_that_ended_otherwise_is_neither_in_time_nor_late(past: Past, end: str) -> None:
    past.set_rules()
    case = past.matter("10-12 08:30")
    past.call(case, district.MARKET, "10-12 09:00")
    named = {"case_id": case.case_id, "area": case.area}
    past.give(
        {
            "declined": lambda: said.CaseDeclined(**named, ground="court"),
            "merged": lambda: said.CaseMerged(**named, into_case_id=ids.new()),
            "withdrawn": lambda: said.CaseWithdrawn(**named),
        }[end](),
        time=at("10-12 09:10"),
    )

    past.keep(AFTER)

    assert past.counts(district.MARKET) == {"returned": (0, 1)}
    assert past.counts(district.SUBDISTRICT, "subdistricts") == {"call_quality": (1, 1)}


def test_a_confidential_reporter_has_no_meet_rate(past: Past) -> None:
    past.set_rules()
    case = past.matter("10-12 08:30")
    past.resolve(case, "10-13 10:00")
    past.answer(case, "10-14 10:00", "satisfied", met=None)

    past.keep(AFTER)

    counts = past.counts(district.SUBDISTRICT, "subdistricts")
    assert ("met" in counts, counts["settled"], counts["satisfied"]) == (False, (1, 1), (1, 1))


def test_supporting_departments_share_the_answer_where_the_rules_say_so(past: Past) -> None:
    past.set_rules(share="every")
    case = past.matter("10-12 08:30")
    tasks = past.call(case, district.MARKET, "10-12 09:00", district.URBAN)
    for task_id in tasks.values():
        past.finish(task_id, signed="10-12 09:30", finished="10-13 10:00")
    past.resolve(case, "10-13 10:00")
    past.answer(case, "10-14 10:00", "satisfied")

    past.keep(AFTER)

    assert past.counts(district.MARKET)["satisfied"] == (1, 1)
    assert past.counts(district.URBAN)["satisfied"] == (1, 1)
    assert "reworked" not in past.counts(district.URBAN)


# --- through the API


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


def test_every_figure_opens_to_the_rows_it_was_counted_from(published: Past, office: Running) -> None:
    for kind in indicators.KINDS:
        table = table_of(office.supervisor, kind)
        figures = [(line, figure) for line in table["lines"] for figure in line["figures"]]
        assert figures
        for line, figure in figures:
            rows = rows_of(
                office.supervisor, table["ranking_id"], line["organisation_id"], figure["indicator"]
            )
            assert len(rows) == figure["denominator"]
            assert sum(row["points"] for row in rows) == figure["numerator"]
            assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
            assert all(row["case_id"] for row in rows)
        check = office.supervisor.get(f"/dispatch/rankings/{table['ranking_id']}/verification").json()
        assert check["holds"] is True
        assert check["recomputed"] == table["fingerprint"]


def test_a_department_sees_the_published_table_and_opens_its_own_rows(
    published: Past, office: Running
) -> None:
    market = office.responder(district.MARKET)
    table = table_of(market)

    assert [line["organisation_id"] for line in table["lines"]][:2] == [district.MARKET, district.URBAN]
    assert len(rows_of(market, table["ranking_id"], district.MARKET, "sign")) == 4
    assert rows_of(market, table["ranking_id"], district.URBAN, "sign") == 404


def test_a_subdistrict_opens_its_own_rows_and_not_those_of_others(published: Past, office: Running) -> None:
    table = table_of(office.caller, "subdistricts")

    assert len(rows_of(office.caller, table["ranking_id"], district.SUBDISTRICT, "on_time")) == 7
    assert rows_of(office.caller, table["ranking_id"], district.ELSEWHERE, "on_time") == 404
    departments = table_of(office.caller)
    assert rows_of(office.caller, departments["ranking_id"], district.MARKET, "sign") == 404


def test_the_table_is_a_file_for_spreadsheets(published: Past, office: Running) -> None:
    path = f"/dispatch/rankings/{table_of(office.supervisor)['ranking_id']}/table"

    # Nobody assessed anything here: 67.5 of 90.
    text = office.supervisor.get(path).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(office.supervisor.get(path, params={"format": "xlsx"}).content))

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:5] == ["名次", "单位", "得分", "计入事项", "签收及时率（%，权重10）"]
    assert [row[:5] for row in rows[1:3]] == [
        ["1", "market_supervision", "75.00", "4", "75.00"],
        ["2", "urban_management", "70.00", "2", "100.00"],
    ]
    assert rows[3][:2] == ["不参与排名", "ecology"]
    (sheet,) = book.worksheets
    assert [cell.value for cell in sheet[2]][:3] == [1, "market_supervision", 75]


def test_rules_are_versioned_and_begin_with_a_month_that_has_no_table(
    published: Past, office: Running
) -> None:
    admin = office.api.client(roles=["admin"], areas=[district.DISTRICT])
    body = {"area": district.DISTRICT, "kind": "departments", "from_month": "2026-10", "appeal_days": 3}

    late = admin.post("/dispatch/ranking-rules", json=body)
    made = admin.post("/dispatch/ranking-rules", json={**body, "from_month": "2031-01"})
    wrong = admin.post("/dispatch/ranking-rules", json={**body, "from_month": "2031-01", "weights": {"x": 1}})
    street = admin.post("/dispatch/ranking-rules", json={**body, "area": district.SUBDISTRICT})

    assert (late.status_code, late.json()["code"]) == (409, "month_drafted")
    assert (made.status_code, made.json()["appeal_days"]) == (201, 3)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "weights_wrong")
    assert (street.status_code, street.json()["code"]) == (422, "not_a_district")
    listed = admin.get("/dispatch/ranking-rules", params={"area": district.DISTRICT, "kind": "departments"})
    versions = listed.json()["items"]
    assert [one["version"] for one in versions] == [made.json()["version"], 1, 0]


def test_a_correction_needs_a_reason_and_the_newest_frozen_table(published: Past, office: Running) -> None:
    table = table_of(office.supervisor, "subdistricts")
    path = f"/dispatch/rankings/{table['ranking_id']}/corrections"

    bare = office.supervisor.post(path, json={})
    done = office.supervisor.post(path, json={"reason": "补录"})
    again = office.supervisor.post(path, json={"reason": "补录"})

    assert bare.status_code == 422
    assert (done.status_code, done.json()["version"], done.json()["state"]) == (201, 2, "frozen")
    assert (again.status_code, again.json()["code"]) == (409, "not_the_newest")


def test_what_the_api_does_to_a_task_is_what_rankings_count(running: Running) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    running.finish(whistle.order_id, district.MARKET)
    urban = running.tasks(whistle.order_id)[district.URBAN]
    responder = running.responder(district.URBAN)
    running.step(responder, urban, "return", ground="not_our_duty", words="非我职责")
    running.step(running.supervisor, urban, "ruling", upheld=True, to_department_id=district.HEALTH)

    facts_kept = running.rows(
        "SELECT department_id, run, is_sign_late, is_finish_late, sign_due_at, finished_at, upheld_at,"
        " NULLIF(ended_at, 'infinity') AS ended_at FROM task_facts WHERE order_id = %(o)s ORDER BY department_id",
        o=whistle.order_id,
    )

    health, market, gone = facts_kept
    assert (market["department_id"], market["is_sign_late"], market["is_finish_late"]) == (
        district.MARKET,
        False,
        False,
    )
    assert market["ended_at"] == market["finished_at"]
    assert (gone["department_id"], gone["run"], gone["upheld_at"] is not None) == (district.URBAN, 1, True)
    assert (health["department_id"], health["run"], health["upheld_at"]) == (district.HEALTH, 2, None)
    assert health["sign_due_at"] > clock.now()
