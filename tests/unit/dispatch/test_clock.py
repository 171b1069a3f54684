"""Clocks: how long a limit is, when its cards are due, and that pauses and edits never reset it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.dispatch.domain import clock as domain
from services.dispatch.domain import errors, ladder, moving, running
from services.dispatch.domain import order as orders
from services.dispatch.domain.clock import Clock, ClockState
from services.dispatch.domain.limits import ANY, Ladder, Preset, Rules, Stage
from services.dispatch.domain.order import OrderState, Task, TaskState
from shared.calendar import Limit, Unit, WorkingCalendar
from shared.clock import BEIJING
from shared.contracts.cases import Place

# A week without holidays: Monday 16 to Friday 20 November 2026. Business hours 9:00-12:00 and 13:30-17:30.
CALENDAR = WorkingCalendar(years=frozenset({2026}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


LADDER = Ladder(Limit(1, Unit.WORKING_DAYS), Limit(3, Unit.WORKING_DAYS))


def preset(stages: dict[Any, Limit | tuple[Stage, ...]], **more: Any) -> Preset:
    return Preset(
        name="test",
        stages={
            key: limit if isinstance(limit, tuple) else (Stage("", limit),) for key, limit in stages.items()
        },
        **more,
    )


def rules(calendar: WorkingCalendar = CALENDAR, /, *, ladder: bool = False, **limits: Limit) -> Rules:
    stages = {(name, ANY, ANY, ANY): limit for name, limit in limits.items()}
    ladders = dict.fromkeys(limits, LADDER) if ladder else {}
    return Rules(preset=preset(stages, ladders=ladders), calendar=calendar)


FIVE_DAYS = rules(finish=Limit(5, Unit.WORKING_DAYS))
FOUR_HOURS = rules(finish=Limit(4, Unit.WORKING_HOURS))


def started(begun: datetime, of: Rules = FIVE_DAYS, **changes: Any) -> Clock:
    made = domain.start(
        clock_id="k1",
        owner_id="o1",
        task_id="t1",
        case_id="c1",
        area="370102007003001",
        department_id="370102-ecology",
        name="finish",
        run=1,
        sla_class="five_days",
        urgency="ordinary",
        rules=of,
        at=begun,
    ).clock
    return dataclasses.replace(made, **changes)


# --- limits


def test_the_most_particular_limit_counts() -> None:
    hours = {
        ("finish", "m", ANY, ANY): 1,
        ("finish", ANY, "a", "urgent"): 2,
        ("finish", ANY, "a", ANY): 3,
        ("finish", ANY, ANY, "urgent"): 4,
        ("finish", ANY, ANY, ANY): 5,
    }
    of = preset({key: Limit(n, Unit.CALENDAR_HOURS) for key, n in hours.items()})

    found = [
        of.stages_of("finish", category=category, sla_class=sla_class, urgency=urgency)[0].limit.amount
        for category, sla_class, urgency in (
            ("m", "a", "urgent"),
            ("n", "a", "urgent"),
            ("n", "a", "ordinary"),
            ("n", "b", "urgent"),
            ("n", "b", "ordinary"),
        )
    ]

    assert found == [1, 2, 3, 4, 5]


def test_a_clock_the_preset_does_not_limit_is_refused() -> None:
    with pytest.raises(errors.NoLimit):
        FIVE_DAYS.preset.stages_of("sign", category=ANY, sla_class="five_days", urgency="ordinary")


@pytest.mark.parametrize(
    ("limit", "due", "yellow"),
    [
        # One working day before, at the hour it is due; over the weekend.
        (Limit(5, Unit.WORKING_DAYS), at(23, 17, 30), at(20, 17, 30)),
        (Limit(2, Unit.WORKING_DAYS), at(18, 17, 30), at(17, 17, 30)),
        # Two days are the least that is not short.
        (Limit(2, Unit.CALENDAR_DAYS), at(18, 10), at(17, 10)),
        # A short limit warns at 80 % of itself: of business time, 10:00 to 17:30 tomorrow being 13 hours.
        (Limit(1, Unit.WORKING_DAYS), at(17, 17, 30), at(17, 14, 54)),
        (Limit(1, Unit.CALENDAR_DAYS), at(17, 10), at(17, 5, 12)),
        (Limit(24, Unit.CALENDAR_HOURS), at(17, 10), at(17, 5, 12)),
        (Limit(4, Unit.WORKING_HOURS), at(16, 15, 30), at(16, 14, 42)),
        (Limit(30, Unit.CALENDAR_MINUTES), at(16, 10, 30), at(16, 10, 24)),
    ],
)
def test_the_yellow_card_is_due_a_working_day_before_or_at_four_fifths_of_a_short_limit(
    limit: Limit, due: datetime, yellow: datetime
) -> None:
    clock = started(at(16, 10), rules(finish=limit))

    assert (clock.due_at, clock.yellow_at) == (due, yellow)
    assert (clock.next_step, clock.next_step_at) == ("yellow", yellow)


def test_no_warning_comes_before_its_limit_begins() -> None:
    saturday = at(21, 10)

    clock = started(saturday, rules(finish=Limit(2, Unit.CALENDAR_DAYS)))

    # The working day before Monday is Friday, before the report: it warns at 80 % instead.
    assert (clock.due_at, clock.yellow_at) == (at(23, 10), at(23, 0, 24))


def test_a_due_date_in_a_year_not_published_yet_is_provisional() -> None:
    clock = started(datetime(2026, 12, 30, 2, tzinfo=UTC))

    assert clock.provisional
    assert not started(at(16, 10)).provisional


# --- cards


def test_each_card_is_shown_once_and_not_a_moment_early() -> None:
    clock = started(at(16, 10))
    instant = timedelta(microseconds=1)

    early = ladder.fire(clock, rules=FIVE_DAYS, at=clock.yellow_at - instant)
    yellow = ladder.fire(clock, rules=FIVE_DAYS, at=clock.yellow_at)
    between = ladder.fire(yellow.clock, rules=FIVE_DAYS, at=clock.due_at - instant)
    red = ladder.fire(yellow.clock, rules=FIVE_DAYS, at=clock.due_at)
    after = ladder.fire(red.clock, rules=FIVE_DAYS, at=clock.due_at + timedelta(days=30))

    assert [t.fired for t in (early, yellow, between, red, after)] == [None, "yellow", None, "red", None]
    assert [event.colour for t in (yellow, red) for event in t.events] == ["yellow", "red"]  # type: ignore[attr-defined]
    assert after.events == ()


def test_cards_long_due_are_shown_one_after_the_other() -> None:
    clock = started(at(16, 10))

    first = ladder.fire(clock, rules=FIVE_DAYS, at=at(30, 10))
    second = ladder.fire(first.clock, rules=FIVE_DAYS, at=at(30, 10))

    assert (first.fired, second.fired) == ("yellow", "red")


@pytest.mark.parametrize("state", [ClockState.PAUSED, ClockState.STOPPED])
def test_a_clock_that_does_not_run_shows_nothing(state: ClockState) -> None:
    assert ladder.fire(started(at(16, 10), state=state), rules=FIVE_DAYS, at=at(30, 10)).fired is None


# --- pauses


def test_a_pause_moves_due_and_warning_by_what_was_left() -> None:
    clock = started(at(16, 10), FOUR_HOURS)

    paused = domain.pause(clock, at=at(16, 11))
    resumed = moving.resume(paused.clock, rules=FOUR_HOURS, at=at(17, 9))

    assert (paused.clock.state, paused.clock.next_step_at) == (ClockState.PAUSED, None)
    assert [e.event_name for e in (*paused.events, *resumed.events)] == ["clock_paused", "clock_set"]
    # Three business hours were left: 9:00 to 12:00.
    assert (resumed.clock.due_at, resumed.clock.run) == (at(17, 12), 1)
    assert resumed.clock.next_step_at == resumed.clock.yellow_at == at(17, 11, 12)


def test_a_card_shown_before_a_pause_is_not_shown_after_it() -> None:
    clock = started(at(16, 10), FOUR_HOURS)
    warned = ladder.fire(clock, rules=FIVE_DAYS, at=clock.yellow_at).clock

    resumed = moving.resume(domain.pause(warned, at=at(16, 15)).clock, rules=FOUR_HOURS, at=at(17, 9)).clock

    assert (resumed.next_step, resumed.next_step_at) == ("red", resumed.due_at)
    assert resumed.due_at == at(17, 9, 30)


def test_a_clock_overdue_when_paused_stays_overdue() -> None:
    clock = started(at(16, 10), FOUR_HOURS)
    shown = ladder.fire(
        ladder.fire(clock, rules=FIVE_DAYS, at=at(16, 16)).clock, rules=FIVE_DAYS, at=at(16, 16)
    ).clock

    resumed = moving.resume(domain.pause(shown, at=at(16, 16)).clock, rules=FOUR_HOURS, at=at(18, 9)).clock

    assert (resumed.due_at, resumed.next_step, resumed.next_step_at) == (clock.due_at, None, None)


def test_pausing_and_resuming_twice_is_the_same_as_once() -> None:
    clock = started(at(16, 10))
    paused = domain.pause(clock, at=at(16, 11)).clock

    assert domain.pause(paused, at=at(16, 12)).events == ()
    assert domain.pause(paused, at=at(16, 12)).clock == paused
    assert moving.resume(clock, rules=FIVE_DAYS, at=at(16, 12)).clock == clock


def test_a_resumption_said_to_be_before_its_pause_counts_as_at_it() -> None:
    clock = started(at(16, 10), FOUR_HOURS)
    paused = domain.pause(clock, at=at(16, 11)).clock

    resumed = moving.resume(paused, rules=FOUR_HOURS, at=at(16, 10, 59)).clock

    assert (resumed.state, resumed.due_at) == (ClockState.RUNNING, clock.due_at)


# --- ends


@pytest.mark.parametrize(("end", "overdue"), [(at(16, 15, 30), 0), (at(16, 15, 31), 60)])
def test_a_limit_met_on_the_moment_is_met(end: datetime, overdue: int) -> None:
    stopped = domain.stop(started(at(16, 10), FOUR_HOURS), at=end)

    assert stopped.clock.state is ClockState.STOPPED
    assert stopped.clock.next_step_at is None
    assert stopped.events[0].overdue_seconds == overdue  # type: ignore[attr-defined]


def test_time_after_the_pause_is_not_counted_as_overdue() -> None:
    paused = domain.pause(started(at(16, 10), FOUR_HOURS), at=at(16, 15)).clock

    assert domain.stop(paused, at=at(20, 10)).events[0].overdue_seconds == 0  # type: ignore[attr-defined]


def test_what_is_stopped_stays_stopped() -> None:
    stopped = domain.stop(started(at(16, 10)), at=at(16, 11)).clock

    assert domain.stop(stopped, at=at(17, 11)) == domain.Ticking(clock=stopped, events=())


# --- with their owners

ALL = rules(
    sign=Limit(2, Unit.WORKING_HOURS),
    arrive=Limit(1, Unit.WORKING_DAYS),
    finish=Limit(5, Unit.WORKING_DAYS),
    call_back=Limit(3, Unit.WORKING_DAYS),
)


def an_order(state: TaskState = TaskState.SENT) -> orders.Order:
    return orders.Order(
        order_id="o1",
        case_id="c1",
        area="370102007003001",
        kind="grid_calls_offices",
        category="env.cooking_fumes",
        sla_class="five_days",
        urgency="ordinary",
        place=Place(longitude=117.06, latitude=36.66),
        caller_id="p1",
        state=OrderState.OPEN,
        tasks=(
            Task(task_id="t1", department_id="370102-ecology", is_main=True, state=state, sent_at=at(16, 10)),
        ),
        opened_at=at(16, 10),
    )


def test_a_redirected_task_has_its_clocks_as_their_next_run_for_the_new_department() -> None:
    begun = running.follow(
        orders.open_order(an_order()), clocks={}, rules=ALL, at=at(16, 10), new_id=iter("abc").__next__
    )
    clocks = {(one.clock.owner_id, one.clock.task_id, str(one.clock.name)): one.clock for one in begun}
    ruling = orders.rule(
        an_order(TaskState.RETURNED),
        "t1",
        upheld=True,
        to_department_id="370102-health",
        by="s1",
        at=at(17, 10),
    )

    after = running.follow(ruling, clocks=clocks, rules=ALL, at=at(17, 10), new_id=iter("").__next__)

    assert [event.event_name for one in after for event in one.events] == ["clock_stopped"] * 3 + [
        "clock_set"
    ] * 3
    newest = [one.clock for one in after[3:]]
    assert [(clock.clock_id, clock.run, clock.department_id) for clock in newest] == [
        (name, 2, "370102-health") for name in "abc"
    ]


def test_a_case_clock_begins_as_the_next_run_of_the_one_before() -> None:
    def begin(clocks: running.Clocks) -> Clock:
        return running.begin_case_clock(
            "finish",
            case_id="c1",
            area="370102007003001",
            sla_class="five_days",
            urgency="ordinary",
            clocks=clocks,
            rules=ALL,
            at=at(16, 10),
            new_id=lambda: "new",
        ).clock

    first = begin({})
    second = begin({("c1", None, "finish"): first})

    assert [(clock.clock_id, clock.run) for clock in (first, second)] == [("new", 1), ("new", 2)]


def test_ending_clocks_leaves_those_that_never_ran_alone() -> None:
    assert running.end_case_clocks("c1", names=("finish", "call_back"), clocks={}, at=at(16, 10)) == ()
