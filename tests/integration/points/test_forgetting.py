"""When cases forgets who reported a matter, points forgets it too, and keeps the points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from shared import clock, db, ids
from shared.contracts.cases import CaseWithdrawn, ReporterAnonymised
from shared.contracts.registry import HouseholdChanged
from tests.integration.points.conftest import GRID
from tests.support import searching

if TYPE_CHECKING:
    from tests.integration.points.conftest import World


def anonymised(case_id: str) -> ReporterAnonymised:
    return ReporterAnonymised(case_id=case_id, area=GRID, anonymised_at=clock.now())


def test_person_and_matter_go_and_the_passbook_stays(world: World) -> None:
    home = world.household()
    kept, forgotten = world.triaged(home.person), world.triaged(home.person)
    world.apply(kept, forgotten)
    before = world.statement(home.id)

    world.apply(anonymised(forgotten.case_id))

    assert world.statement(home.id) == before == [("earn", 5, 5), ("earn", 5, 10)]
    assert world.book(home.id)["available"] == 10
    # What was announced leaves with the outbox, a week after it was sent.
    assert searching.tables_naming(world.database, forgotten.case_id) == {"forgotten_causes", "outbox"}
    nameless = world.rows("SELECT id, cause FROM transfers WHERE purpose = 'earn' AND person_id IS NULL")
    assert [row["cause"] for row in nameless] == [f"forgotten:{row['id']}" for row in nameless]
    assert len(world.rows("SELECT 1 FROM transfers WHERE person_id = %(p)s", p=home.person)) == 1
    assert world.differences() == []


def test_what_was_taken_back_is_forgotten_with_its_credit(world: World) -> None:
    home = world.household()
    event = world.triaged(home.person)
    world.apply(event, CaseWithdrawn(case_id=event.case_id, area=GRID))

    world.apply(anonymised(event.case_id))

    assert world.statement(home.id) == [("earn", 5, 5), ("reverse", -5, 0)]
    assert world.rows("SELECT 1 FROM transfers WHERE person_id IS NOT NULL") == []
    assert searching.tables_naming(world.database, event.case_id) == {"forgotten_causes", "outbox"}
    assert world.differences() == []


def test_a_forgotten_matter_is_neither_credited_nor_taken_back_again(world: World) -> None:
    home = world.household()
    event = world.triaged(home.person)
    world.apply(event, anonymised(event.case_id))

    world.apply(event, anonymised(event.case_id), CaseWithdrawn(case_id=event.case_id, area=GRID))

    assert world.statement(home.id) == [("earn", 5, 5)]
    assert world.differences() == []


def test_an_award_of_nothing_is_dropped_and_stays_spent(world: World) -> None:
    home = world.household()
    events = [world.triaged(home.person) for _ in range(5)]
    world.apply(*events)
    assert world.rows("SELECT points FROM awards WHERE cause = %(c)s", c=f"case:{events[4].case_id}") == [
        {"points": 0}
    ]

    world.apply(anonymised(events[4].case_id), events[4])

    assert searching.tables_naming(world.database, events[4].case_id) == {"forgotten_causes"}
    assert world.book(home.id)["available"] == 20


def test_a_claim_that_still_waits_is_forgotten_and_never_credited(world: World) -> None:
    person, household = ids.new(), ids.new()
    event = world.triaged(person)
    world.apply(event, anonymised(event.case_id))

    assert searching.tables_naming(world.database, person) == set()

    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(person,)), event)
    assert world.statement(household) == []


def test_the_moment_of_an_award_no_longer_names_the_matter(world: World) -> None:
    home = world.household()
    late_evening_in_beijing = datetime(2026, 11, 20, 15, 59, 59, 123456, tzinfo=UTC)
    event = world.triaged(home.person, triaged_at=late_evening_in_beijing)
    world.apply(event, anonymised(event.case_id))

    (award,) = world.rows("SELECT occurred_at, day FROM awards")

    assert award["occurred_at"] == datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    assert award["day"].isoformat() == "2026-11-20"


@pytest.mark.parametrize(
    "change",
    [
        "person_id = NULL, cause = 'forgotten:' || id, household_id = NULL",
        "person_id = NULL, cause = 'forgotten:' || id, at = now()",
        "person_id = NULL, cause = 'forgotten:x'",
        "person_id = gen_random_uuid(), cause = 'forgotten:' || id",
        "cause = 'forgotten:' || id",
        "person_id = NULL",
    ],
)
def test_the_ledger_lets_nothing_else_be_forgotten(world: World, change: str) -> None:
    home = world.household()
    world.apply(world.triaged(home.person))

    with (
        pytest.raises((psycopg.errors.RestrictViolation, db.OutOfBounds)),
        world.database.transaction() as tx,
    ):
        assert tx.execute(f"UPDATE transfers SET {change} WHERE cause LIKE 'case:%'").rowcount


def test_only_what_matters_earned_can_be_forgotten(world: World) -> None:
    world.household(points=10)

    with (
        pytest.raises((psycopg.errors.RestrictViolation, db.OutOfBounds)),
        world.database.transaction() as tx,
    ):
        tx.execute(
            "UPDATE transfers SET person_id = NULL, cause = 'forgotten:' || id WHERE cause LIKE 'gift:%'"
        )
