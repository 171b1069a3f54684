"""When a month's table is drafted, computed again, frozen and corrected, and that each happens once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from services.dispatch import tabling
from services.dispatch.store import rankings
from shared import ids
from tests.integration.dispatch.months import AFTER, FROZEN, Past, assess, at, october, past
from tests.support import district

__all__ = ["past"]


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
