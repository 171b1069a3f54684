"""Checking, calling back, rework and a changed answer, each at its boundary."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import case as cases
from services.cases.domain import errors
from services.cases.domain import hearing as domain
from services.cases.domain.case import By, Case, Change, State
from shared.contracts.cases import Place

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
WORKER = By(person_id="019f0000-0000-7000-8000-00000000000a", role="grid_worker")
RESIDENT = By(person_id="019f0000-0000-7000-8000-00000000000b", role="resident")
TRIES = 3


def matter(state: State = State.RESOLVED, **changes: Any) -> Case:
    case = Case(
        case_id="019f0000-0000-7000-8000-000000000001",
        number="37010220261120000001",
        area="370102007003001",
        state=state,
        category="env.cooking_fumes",
        channel="resident",
        urgency="ordinary",
        mechanism="coordination",
        scope_class="regional",
        level="grid",
        sla_class="five_days",
        words="油烟直排",
        place=Place(longitude=117.06, latitude=36.66),
        address="文化东路 30 号",
        reporter_id=RESIDENT.person_id,
        is_confidential=False,
        first_inquiry_by=str(RESIDENT.person_id),
        reported_at=NOW - timedelta(hours=1),
    )
    return dataclasses.replace(case, **changes)


def called_back(case: Case, by: By = WORKER, **answers: Any) -> Change:
    said: dict[str, Any] = {"met": True, "settled": True, "satisfaction": "satisfied"}
    return domain.call_back(case, **{**said, **answers}, words="", by=by, at=NOW)


def not_reached(case: Case, by: By = WORKER) -> Change:
    return domain.not_reached(case, outcome="no_answer", words="", tries=TRIES, by=by, at=NOW)


def answered_otherwise(case: Case, at: datetime = NOW, **answers: Any) -> Change:
    said: dict[str, Any] = {"met": True, "settled": True, "satisfaction": "neutral"}
    return domain.change_answer(
        case, **{**said, **answers}, words="", days=30, refute_days=15, by=RESIDENT, at=at
    )


def refuted(case: Case, at: datetime = NOW) -> Change:
    return domain.refute(case, words="还在排", refute_days=15, by=RESIDENT, at=at)


def names(change: Change) -> list[str]:
    return [event.event_name for event in change.events]


STEPS: dict[str, tuple[Callable[[Case], Change], set[State]]] = {
    "check": (lambda case: domain.check(case, passed=True, words="", by=WORKER, at=NOW), {State.RESOLVED}),
    "call_back": (called_back, {State.CHECKED}),
    "not_reached": (not_reached, {State.CHECKED}),
    "change_answer": (answered_otherwise, {State.CLOSED}),
    "refute": (refuted, {State.RESOLVED, State.CHECKED, State.CLOSED}),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("state", State)
def test_each_step_is_possible_in_its_states_and_refused_in_every_other(name: str, state: State) -> None:
    step, allowed = STEPS[name]
    case = matter(state, closed_at=NOW)

    if state in allowed:
        assert step(case).case.version > case.version
    else:
        with pytest.raises(errors.NotInThisState):
            step(case)


def test_a_failed_check_starts_the_next_run() -> None:
    change = domain.check(matter(resolved_at=NOW), passed=False, words="仍有油烟", by=WORKER, at=NOW)

    assert names(change) == ["case_checked", "case_reworked"]
    assert (change.events[1].run, change.events[1].reason) == (2, "check_failed")  # type: ignore[attr-defined]
    assert (change.case.state, change.case.run, change.case.resolved_at) == (State.HANDLING, 2, None)


def test_settled_and_not_unhappy_closes_the_loop() -> None:
    for satisfaction in ("very_satisfied", "satisfied", "neutral"):
        change = called_back(matter(State.CHECKED), satisfaction=satisfaction)

        assert names(change) == ["case_called_back", "case_closed"]
        assert (change.case.state, change.case.closed_at) == (State.CLOSED, NOW)
        assert change.entries[-1].by == cases.PLATFORM


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"settled": False, "satisfaction": "very_satisfied"}, "not_settled"),
        ({"settled": True, "satisfaction": "unhappy"}, "unhappy"),
        ({"settled": True, "satisfaction": "very_unhappy"}, "unhappy"),
    ],
)
def test_not_settled_or_unhappy_reworks_the_matter_and_forgets_the_answers(
    answers: dict[str, Any], reason: str
) -> None:
    change = called_back(matter(State.CHECKED, run=2, calls_made=2), **answers)

    assert names(change) == ["case_called_back", "case_reworked"]
    assert (change.events[1].run, change.events[1].reason) == (3, reason)  # type: ignore[attr-defined]
    case = change.case
    assert (case.state, case.run, case.calls_made, case.met, case.settled, case.satisfaction) == (
        State.HANDLING,
        3,
        0,
        None,
        None,
        None,
    )


def test_only_the_last_fruitless_call_closes_the_matter_outside_the_base() -> None:
    last_but_one = not_reached(matter(State.CHECKED, calls_made=TRIES - 2))
    last = not_reached(last_but_one.case)

    assert names(last_but_one) == ["case_called_back"]
    assert last_but_one.case.state is State.CHECKED
    assert names(last) == ["case_called_back", "case_closed"]
    assert (last.case.state, last.case.satisfaction) == (State.CLOSED, None)


def test_reporters_cannot_say_of_themselves_that_they_were_not_reached() -> None:
    with pytest.raises(errors.AnsweredInPerson):
        not_reached(matter(State.CHECKED), by=RESIDENT)


def test_whether_a_confidential_reporter_was_met_is_not_kept() -> None:
    first = called_back(matter(State.CHECKED, is_confidential=True), met=True)
    changed = answered_otherwise(matter(State.CLOSED, is_confidential=True, closed_at=NOW), met=True)

    for change in (first, changed):
        assert change.case.met is None
        assert change.events[0].met is None  # type: ignore[attr-defined]
        assert change.entries[0].detail["met"] is None


def test_what_nobody_reported_closes_with_its_check_and_a_failed_one_reworks_it() -> None:
    passed, failed = (
        domain.check(matter(), passed=passed, words="", is_asked=False, by=WORKER, at=NOW)
        for passed in (True, False)
    )

    assert names(passed) == ["case_checked", "case_closed"]
    assert (passed.case.state, passed.case.satisfaction, passed.case.calls_made) == (State.CLOSED, None, 0)
    assert names(failed) == ["case_checked", "case_reworked"]


@pytest.mark.parametrize("state", [State.RESOLVED, State.CHECKED, State.CLOSED])
def test_the_reporter_may_refute_what_was_resolved(state: State) -> None:
    change = refuted(matter(state, resolved_at=NOW, closed_at=NOW if state is State.CLOSED else None))

    assert (change.case.state, change.case.run, change.case.closed_at) == (State.HANDLING, 2, None)
    assert [entry.action for entry in change.entries] == ["refuted", "reworked"]
    assert change.events[0].reason == "refuted"  # type: ignore[attr-defined]


def test_an_answer_changed_later_replaces_the_first_and_keeps_it_on_the_timeline() -> None:
    closed = called_back(matter(State.CHECKED)).case

    change = answered_otherwise(closed)

    assert (change.case.state, change.case.run) == (State.CLOSED, closed.run)
    assert (change.case.settled, change.case.satisfaction) == (True, "neutral")
    assert change.entries[0].detail["before"] == {"met": True, "settled": True, "satisfaction": "satisfied"}
    (event,) = change.events
    assert (event.is_change, event.reached, event.run) == (True, True, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("after", "possible"), [(timedelta(days=30) - timedelta(seconds=1), True), (timedelta(days=30), False)]
)
def test_an_answer_is_changed_within_its_days_and_not_after(after: timedelta, possible: bool) -> None:
    closed = matter(State.CLOSED, closed_at=NOW)

    if possible:
        assert answered_otherwise(closed, NOW + after).case.satisfaction == "neutral"
    else:
        with pytest.raises(errors.AnsweredTooLate):
            answered_otherwise(closed, NOW + after)


@pytest.mark.parametrize(
    ("after", "is_reopened"),
    [(timedelta(days=15) - timedelta(seconds=1), True), (timedelta(days=15), False)],
)
@pytest.mark.parametrize(
    ("answers", "reason"),
    [({"settled": False}, "not_settled"), ({"satisfaction": "very_unhappy"}, "unhappy")],
)
def test_a_closed_matter_is_opened_again_for_so_many_days_and_then_only_answered_otherwise(
    after: timedelta, is_reopened: bool, answers: dict[str, Any], reason: str
) -> None:
    closed = called_back(matter(State.CHECKED)).case

    change = answered_otherwise(closed, NOW + after, **answers)

    assert (change.case.state is State.HANDLING, change.case.run) == (is_reopened, 1 + is_reopened)
    assert names(change) == ["case_called_back", "case_reworked"][: 1 + is_reopened]
    assert change.events[0].is_change  # type: ignore[attr-defined]
    if is_reopened:
        assert change.events[1].reason == reason  # type: ignore[attr-defined]
        assert refuted(closed, NOW + after).case.run == 2
    else:
        with pytest.raises(errors.RefutedTooLate):
            refuted(closed, NOW + after)
