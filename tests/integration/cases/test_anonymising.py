"""Some time after a matter ended nobody can tell who reported it, and its timeline is still whole."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from services.cases.domain import timeline
from services.cases.domain.case import By, Entry
from services.cases.store import timeline as timelines
from services.cases.worker import anonymising
from shared import config, ids

# Forgets by itself within days, long before a reporter is.
FORGETFUL = {"outbox", "idempotency_keys"}


def closed(world: Any, me: str, **report: Any) -> str:
    """A matter of a resident who refuted once and then was satisfied."""
    reporter = world.api.client(roles=["resident"], person_id=me)
    case_id: str = world.report(reporter, **report)["case_id"]
    for _ in range(2):
        if world.read(case_id)["state"] == "received":
            world.step(world.worker, case_id, "triage")
            world.step(world.worker, case_id, "begin")
        world.step(world.officer, case_id, "resolve", words="已处理")
        world.step(world.worker, case_id, "check", passed=True)
        if world.read(case_id)["run"] == 1:
            world.step(reporter, case_id, "refute", words="还是有味道")
    world.step(reporter, case_id, "call-back", reached=True, met=True, settled=True, satisfaction="satisfied")
    assert world.read(case_id)["state"] == "closed"
    return case_id


def end_earlier(world: Any, case_id: str, days: float) -> None:
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE cases SET closed_at = now() - make_interval(secs => %s) WHERE case_id = %s",
            (days * 86_400, case_id),
        )


def anonymise(world: Any) -> None:
    with world.database.transaction() as tx:
        anonymising.anonymise_reporters(tx)


def places(world: Any, person_id: str) -> set[str]:
    """Tables any row of which names the person, in whatever column."""
    tables = [
        row["name"]
        for row in world.rows(
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    ]
    return {
        table
        for table in tables
        if world.rows(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE %(p)s LIMIT 1', p=f"%{person_id}%")
    }


def verdicts(world: Any, case_id: str) -> list[Any]:
    with world.database.transaction(read_only=True) as tx:
        return timelines.verdicts(tx, [case_id])


@pytest.mark.parametrize("is_confidential", [False, True])
def test_no_table_names_the_reporter_and_the_timeline_is_whole(world: Any, is_confidential: bool) -> None:
    me = ids.new()
    case_id = closed(world, me, is_confidential=is_confidential)
    end_earlier(world, case_id, anonymising.USUAL_DAYS + 1)
    before = world.read(case_id)
    assert places(world, me) >= {"cases", "timeline"}

    anonymise(world)

    assert places(world, me) <= FORGETFUL
    assert verdicts(world, case_id) == []
    after = world.read(case_id)
    assert (after["reporter_id"], after["first_inquiry_by"]) == (None, None)
    # What was said stays.
    assert (after["words"], after["satisfaction"]) == (before["words"], "satisfied")
    assert world.actions(case_id)[-1] == "reporter_anonymised"
    assert world.data(case_id, "reporter_anonymised").keys() == {"case_id", "area", "anonymised_at"}
    assert world.api.client(roles=["resident"], person_id=me).get(f"/cases/{case_id}").status_code == 404


def test_it_happens_once_and_not_a_moment_too_early(world: Any) -> None:
    early, late = ids.new(), ids.new()
    early_id, late_id = closed(world, early), closed(world, late)
    end_earlier(world, early_id, anonymising.USUAL_DAYS - 0.001)
    end_earlier(world, late_id, anonymising.USUAL_DAYS + 0.001)

    for _ in range(2):
        anonymise(world)

    assert world.read(early_id)["reporter_id"] == early
    assert world.read(late_id)["reporter_id"] is None
    assert world.events(late_id).count("reporter_anonymised") == 1
    assert world.actions(late_id).count("reporter_anonymised") == 1


def test_a_matter_still_handled_keeps_its_reporter_however_old(world: Any) -> None:
    me = ids.new()
    case_id = world.report(world.api.client(roles=["resident"], person_id=me))["case_id"]
    with world.database.transaction() as tx:
        tx.execute("UPDATE cases SET reported_at = now() - interval '9 years' WHERE case_id = %s", (case_id,))

    anonymise(world)

    assert world.read(case_id)["reporter_id"] == me


def test_a_merged_matter_waits_for_the_one_it_went_into(world: Any) -> None:
    me = ids.new()
    main = world.report()["case_id"]
    case_id = world.report(world.api.client(roles=["resident"], person_id=me))["case_id"]
    world.step(world.lead, case_id, "merge", into_case_id=main)
    end_earlier(world, case_id, anonymising.USUAL_DAYS + 1)

    anonymise(world)

    assert world.read(case_id)["reporter_id"] == me


def test_a_timeline_of_an_earlier_release_is_linked_anew(world: Any) -> None:
    me = ids.new()
    case_id = closed(world, me)
    as_before(world, case_id)
    end_earlier(world, case_id, anonymising.USUAL_DAYS + 1)
    former = world.rows("SELECT timeline_hash FROM cases WHERE case_id = %(c)s", c=case_id)[0][
        "timeline_hash"
    ]
    assert verdicts(world, case_id) == []

    anonymise(world)

    last = world.rows(
        "SELECT detail FROM timeline WHERE case_id = %(c)s ORDER BY position DESC LIMIT 1", c=case_id
    )[0]
    assert places(world, me) <= FORGETFUL
    assert verdicts(world, case_id) == []
    assert last["detail"] == {"whole": True, "former_hash": bytes(former).hex()}


def test_a_damaged_timeline_is_forgotten_too_and_stays_damaged(world: Any) -> None:
    me = ids.new()
    case_id = closed(world, me)
    as_before(world, case_id)
    end_earlier(world, case_id, anonymising.USUAL_DAYS + 1)
    with world.database.transaction() as tx:
        tx.execute("UPDATE timeline SET detail = '{}' WHERE case_id = %s AND position = 4", (case_id,))

    anonymise(world)

    assert places(world, me) <= FORGETFUL
    found = [damage.position for verdict in verdicts(world, case_id) for damage in verdict.damages]
    assert 4 in found


def as_before(world: Any, case_id: str) -> None:
    """Links a matter's timeline as releases before 0132 did."""
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT * FROM timeline WHERE case_id = %s ORDER BY position", (case_id,)
        ).fetchall()
        tail = timeline.START
        for row in rows:
            tail = timeline.link(tail, case_id, row["position"], timelines.stored_of(row).entry)
            tx.execute(
                "UPDATE timeline SET hash = %s, salt = NULL, person_ref = NULL, marks = NULL"
                " WHERE case_id = %s AND position = %s",
                (tail, case_id, row["position"]),
            )
        tx.execute("UPDATE cases SET timeline_hash = %s WHERE case_id = %s", (tail, case_id))


def test_a_time_so_short_that_events_still_name_people_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for days, is_taken in (("8", True), ("7", False)):
        monkeypatch.setenv(anonymising.SETTING, days)
        anonymising.after_days.cache_clear()
        if is_taken:
            assert anonymising.after_days() == 8
        else:
            with pytest.raises(config.ConfigError):
                anonymising.after_days()
    monkeypatch.delenv(anonymising.SETTING)
    anonymising.after_days.cache_clear()


def test_equal_people_have_unequal_references() -> None:
    entry = Entry(
        action="reported",
        by=By(person_id=ids.new(), role="resident"),
        at=datetime(2026, 11, 20, tzinfo=UTC),
        area="370102",
    )
    made = [timeline.chained(timeline.START, "1", 1, entry, salt=bytes([n]) * 16) for n in range(3)]

    assert all(one.person_ref != other.person_ref for one, other in itertools.combinations(made, 2))
