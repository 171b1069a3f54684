"""Mediation, each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import disputes as domain
from services.cases.domain import errors
from services.cases.domain.case import OPEN, By, State
from services.cases.domain.disputes import Dispute, Session
from tests.unit.cases.test_hearing import matter, names

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MEDIATOR = By(person_id="019f0000-0000-7000-8000-00000000000a", role="mediator")
DISPUTE = Dispute(
    dispute_id="d",
    case_id="c",
    area="370102007003001",
    state="open",
    mediators=("m",),
    departments=(),
    opened_by="m",
    opened_at=NOW,
)
SESSION = Session(session_id="s", dispute_id="d", starts_at=NOW, is_online=True, room="", state="planned")


@pytest.mark.parametrize(
    ("sides", "allowed"),
    [
        (["applicant", "respondent"], True),
        (["applicant", "respondent", "other"], True),
        (["applicant", "other"], False),
        (["respondent"], False),
    ],
)
def test_a_dispute_has_two_sides(sides: Any, allowed: bool) -> None:
    if allowed:
        assert domain.begin(matter(State.RECEIVED), DISPUTE, sides=sides)
    else:
        with pytest.raises(errors.OneSided):
            domain.begin(matter(State.RECEIVED), DISPUTE, sides=sides)


@pytest.mark.parametrize("state", set(State) - OPEN)
def test_only_the_dispute_of_a_matter_still_handled_is_mediated(state: State) -> None:
    with pytest.raises(errors.NotInThisState):
        domain.begin(matter(state), DISPUTE, sides=["applicant", "respondent"])
    with pytest.raises(errors.NotInThisState):
        domain.climb(matter(state), reason="x", by=MEDIATOR, at=NOW)


def test_a_session_is_held_once_and_not_before_its_time() -> None:
    held, events = domain.hold_session(DISPUTE, SESSION, at=NOW)

    assert (held.state, events[0].event_name) == ("held", "mediation_held")
    with pytest.raises(errors.NotBegun):
        domain.hold_session(DISPUTE, SESSION, at=NOW - timedelta(seconds=1))
    with pytest.raises(errors.SessionOver):
        domain.hold_session(DISPUTE, held, at=NOW)
    with pytest.raises(errors.SessionOver):
        domain.cancel_session(DISPUTE, held, at=NOW)


def test_nothing_is_agreed_and_nothing_fails_before_the_parties_were_heard() -> None:
    for held in (0, 1):
        steps = (
            lambda held=held: domain.agree(
                DISPUTE, sessions_held=held, perform_by=TODAY, today=TODAY, at=NOW
            ),
            lambda held=held: domain.fail(DISPUTE, sessions_held=held, at=NOW),
        )
        for step in steps:
            if held:
                assert step()[0].ended_at == NOW
            else:
                with pytest.raises(errors.NoSessionHeld):
                    step()


@pytest.mark.parametrize("state", ["agreed", "failed", "withdrawn"])
def test_a_dispute_ends_once(state: Any) -> None:
    over = replace(DISPUTE, state=state)

    for step in (
        lambda: domain.fail(over, sessions_held=1, at=NOW),
        lambda: domain.agree(over, sessions_held=1, perform_by=TODAY, today=TODAY, at=NOW),
        lambda: domain.withdraw(over, at=NOW),
        lambda: domain.arrange(over, SESSION, at=NOW),
        lambda: domain.hold_session(over, SESSION, at=NOW),
    ):
        with pytest.raises(errors.DisputeOver):
            step()


def test_an_agreement_is_not_performed_before_it_is_made() -> None:
    with pytest.raises(errors.DueOutOfBounds):
        domain.agree(DISPUTE, sessions_held=1, perform_by=TODAY - timedelta(days=1), today=TODAY, at=NOW)


@pytest.mark.parametrize(
    ("state", "level", "events", "to"),
    [
        (State.RECEIVED, "grid", ["case_triaged", "case_escalated"], "community"),
        (State.HANDLING, "community", ["case_escalated"], "subdistrict"),
        (State.TRIAGED, "subdistrict", ["case_escalated"], "district"),
    ],
)
def test_the_matter_of_a_failed_mediation_climbs_one_level(
    state: State, level: Any, events: list[str], to: str
) -> None:
    change = domain.climb(matter(state, level=level), reason="调解不成", by=MEDIATOR, at=NOW)

    assert change is not None
    assert (names(change), change.case.level) == (events, to)


def test_at_the_district_there_is_nowhere_to_climb() -> None:
    assert domain.climb(matter(State.HANDLING, level="district"), reason="x", by=MEDIATOR, at=NOW) is None
