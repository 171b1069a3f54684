"""Who checks or calls by when: claims, tries, and never at night."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import errors
from services.cases.domain import hearing_queue as domain
from services.cases.domain.case import By, State
from services.cases.domain.hearing_queue import Hearing, Kind, Rules
from tests.unit.cases.test_hearing import matter

RULES = Rules()
# 13:51 in Beijing.
NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
WANG, LI = (By(person_id=f"019f0000-0000-7000-8000-00000000000{n}", role="operator") for n in "ab")
SUPERVISOR = By(person_id="019f0000-0000-7000-8000-00000000000c", role="supervisor")


def hearing(kind: Kind = Kind.CALL_BACK, **changes: Any) -> Hearing:
    made = Hearing(
        hearing_id="h",
        case_id="c",
        run=1,
        kind=kind,
        area="370102007003001",
        is_open=True,
        due_at=NOW + timedelta(hours=72),
        ready_at=NOW,
    )
    return replace(made, **changes)


def beijing(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


# --- opening


def test_a_resolved_matter_needs_a_check_and_somebody_who_tells_the_resident() -> None:
    opened = domain.opened(matter(State.RESOLVED), rules=RULES, at=NOW, new_id=_numbers())

    assert [(one.kind, one.run, one.due_at - NOW) for one in opened] == [
        (Kind.CHECK, 1, timedelta(hours=24)),
        (Kind.TELL, 1, timedelta(hours=24)),
    ]


@pytest.mark.parametrize("has_reporter", [False, True])
@pytest.mark.parametrize("state", [State.RESOLVED, State.CHECKED, State.DECLINED])
def test_whoever_reported_is_told_and_where_nobody_did_nobody_is(state: State, has_reporter: bool) -> None:
    case = matter(state, reporter_id=None, has_reporter=has_reporter)

    kinds = [one.kind for one in domain.opened(case, rules=RULES, at=NOW, new_id=_numbers())]

    assert (Kind.TELL in kinds) is has_reporter


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"channel": "resident", "reporter_id": "r"}, True),
        ({"channel": "patrol"}, False),
        ({"channel": "sensor", "has_number": True}, False),
        ({"channel": "patrol", "has_caller": True}, True),
        ({"channel": "hotline_12345"}, False),
        ({"channel": "hotline_12345", "has_number": True}, True),
        ({"channel": "community_desk", "has_caller": True}, True),
        ({"channel": "suggestion_box"}, False),
        ({"channel": "visit"}, True),
        ({"channel": "wechat_group"}, True),
    ],
)
def test_patrols_sensors_and_people_who_stay_unknown_are_no_reporters(
    known: dict[str, Any], found: bool
) -> None:
    assert domain.has_reporter(**{"reporter_id": None, **known}) is found


@pytest.mark.parametrize("state", set(State) - {State.RESOLVED, State.CHECKED, State.DECLINED})
def test_no_other_state_has_anything_to_be_heard(state: State) -> None:
    assert domain.opened(matter(state), rules=RULES, at=NOW, new_id=_numbers()) == []


def test_a_matter_checked_at_night_is_called_back_in_the_morning() -> None:
    call, _ = domain.opened(matter(State.CHECKED), rules=RULES, at=beijing(23), new_id=_numbers())

    assert (call.kind, call.ready_at) == (Kind.CALL_BACK, beijing(8, day=21))


def _numbers() -> Any:
    numbers = count(1)
    return lambda: str(next(numbers))


# --- claiming


def test_a_claim_keeps_others_away_until_it_ends() -> None:
    claimed = domain.claim(hearing(), by=WANG, rules=RULES, at=NOW)
    end = NOW + timedelta(minutes=RULES.claim_minutes)

    assert (claimed.claimed_by, claimed.claimed_until) == (WANG.person_id, end)
    with pytest.raises(errors.TakenByAnother):
        domain.claim(claimed, by=LI, rules=RULES, at=end - timedelta(seconds=1))
    assert domain.claim(claimed, by=LI, rules=RULES, at=end).claimed_by == LI.person_id
    assert domain.claim(claimed, by=WANG, rules=RULES, at=NOW).claimed_by == WANG.person_id


def test_whoever_claimed_it_releases_it_and_a_supervisor_anybodys() -> None:
    claimed = domain.claim(hearing(), by=WANG, rules=RULES, at=NOW)

    with pytest.raises(errors.TakenByAnother):
        domain.release(claimed, by=LI, at=NOW)
    assert domain.release(claimed, by=WANG, at=NOW).claimed_by is None
    assert domain.release(claimed, by=SUPERVISOR, at=NOW).claimed_by is None


def test_what_is_over_is_neither_claimed_nor_released_nor_tried() -> None:
    over = hearing(is_open=False)

    for step in (
        lambda: domain.claim(over, by=WANG, rules=RULES, at=NOW),
        lambda: domain.release(over, by=WANG, at=NOW),
        lambda: _tried(over),
    ):
        with pytest.raises(errors.HearingOver):
            step()


# --- trying


def _tried(one: Hearing, at: datetime = NOW, by: By = WANG, outcome: str = "no_answer") -> Hearing:
    return domain.attempt(one, outcome=outcome, words="", by=by, rules=RULES, at=at)[0]


def test_a_fruitless_try_is_numbered_frees_the_claim_and_puts_the_next_one_off() -> None:
    claimed = domain.claim(hearing(), by=WANG, rules=RULES, at=NOW)

    tried, attempt = domain.attempt(claimed, outcome="busy", words="", by=WANG, rules=RULES, at=NOW)

    assert (tried.attempts, attempt.number, attempt.outcome) == (1, 1, "busy")
    assert (tried.claimed_by, tried.ready_at) == (None, NOW + timedelta(hours=4))


def test_the_next_try_waits_for_its_time_to_the_second() -> None:
    tried = _tried(hearing())

    with pytest.raises(errors.NotYetAgain):
        _tried(tried, tried.ready_at - timedelta(seconds=1))
    assert _tried(tried, tried.ready_at).attempts == 2


def test_nobody_tries_what_somebody_else_claimed() -> None:
    claimed = domain.claim(hearing(), by=WANG, rules=RULES, at=NOW)

    with pytest.raises(errors.TakenByAnother):
        _tried(claimed, by=LI)


@pytest.mark.parametrize(
    ("kind", "outcome"), [(Kind.CHECK, "busy"), (Kind.CALL_BACK, "no_access"), (Kind.TELL, "nobody_there")]
)
def test_an_outcome_belongs_to_its_kind_of_try(kind: Kind, outcome: str) -> None:
    with pytest.raises(errors.UnknownOutcome):
        _tried(hearing(kind), outcome=outcome)


@pytest.mark.parametrize(
    ("called", "again"),
    [
        (beijing(9), beijing(13)),
        (beijing(16, 59), beijing(20, 59)),
        (beijing(17), beijing(8, day=21)),
        (beijing(20, 59), beijing(8, day=21)),
    ],
)
def test_the_next_call_is_never_at_night(called: datetime, again: datetime) -> None:
    assert _tried(hearing(ready_at=called), called).ready_at == again


def test_a_site_may_be_looked_at_again_by_night() -> None:
    assert _tried(hearing(Kind.CHECK, ready_at=beijing(19)), beijing(19), outcome="no_access").ready_at == (
        beijing(23)
    )


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(0, 22), st.integers(1, 23))  # noqa: DTZ001
def test_a_call_by_day_is_the_first_moment_of_daytime_from_then_on(
    at: datetime, first: int, hours: int
) -> None:
    rules = Rules(call_from=time(first), call_until=time(min(first + hours, 23), 59))
    moment = at.replace(tzinfo=UTC)

    ready = domain.by_day(moment, rules)

    local = (ready + timedelta(hours=8)).time()
    assert rules.call_from <= local < rules.call_until
    assert ready == moment or local == rules.call_from
    assert timedelta() <= ready - moment < timedelta(days=1)
