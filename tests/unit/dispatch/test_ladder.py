"""What follows a red card, and limits set anew: extensions, stages, another class, another calendar."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch import seed
from services.dispatch.domain import clock as domain
from services.dispatch.domain import errors, extension, ladder, moving, presets
from services.dispatch.domain.clock import Clock, ClockState, Ticking
from services.dispatch.domain.limits import ANY, CLOCKS, Extension, Ladder, Preset, Rules, Stage
from shared.calendar import Day, Limit, Unit, WorkingCalendar
from shared.clock import BEIJING

# Monday 16 November 2026 begins a week without holidays.
CALENDAR = WorkingCalendar(years=frozenset({2026}))
DAY = Limit(1, Unit.WORKING_DAYS)
THREE_DAYS = Limit(3, Unit.WORKING_DAYS)
MONDAY = (16, 10)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


def preset(*stages: Stage, version: int = 1, **more: Any) -> Preset:
    described: dict[str, Any] = {
        "ladders": {"finish": Ladder(DAY, THREE_DAYS)},
        "extension": Extension(1, Limit(5, Unit.WORKING_DAYS)),
    }
    limits = {
        ("finish", ANY, ANY, ANY): stages or (Stage("", Limit(5, Unit.WORKING_DAYS)),),
        ("finish", ANY, "fast", ANY): (Stage("", Limit(4, Unit.WORKING_HOURS)),),
        ("finish", ANY, "slow", ANY): (Stage("", Limit(10, Unit.WORKING_DAYS)),),
    }
    return Preset(name="test", version=version, stages=limits, **{**described, **more})


def rules(of: Preset | None = None, calendar: WorkingCalendar = CALENDAR, *earlier: Preset) -> Rules:
    made = of or preset()
    return Rules(
        preset=made, calendar=calendar, versions={(one.name, one.version): one for one in (made, *earlier)}
    )


RULES = rules()


def started(of: Rules = RULES, begun: datetime | None = None, **changes: Any) -> Clock:
    return dataclasses.replace(
        domain.start(
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
            at=begun or at(*MONDAY),
        ).clock,
        **changes,
    )


def climbed(clock: Clock, to: datetime, of: Rules = RULES) -> Clock:
    """The clock with every step climbed that is due by a moment."""
    while (after := ladder.fire(clock, rules=of, at=to)).fired:
        clock = after.clock
    return clock


def names(ticking: Ticking) -> list[str]:
    return [event.event_name for event in ticking.events]


# --- supervision


def test_supervision_is_ordered_a_working_day_after_red_and_again_whenever_its_date_passes() -> None:
    clock = climbed(started(), at(23, 17, 30))
    seen = []
    for moment in (at(24, 17, 29), at(24, 17, 30), at(26, 10), at(27, 17, 29), at(27, 17, 30)):
        after = ladder.fire(clock, rules=RULES, at=moment)
        clock = after.clock
        seen.append(
            (after.supervision.repetition, after.supervision.rectify_by) if after.supervision else None
        )

    assert seen == [None, (1, at(27, 17, 30)), None, None, (2, at(27, 17, 30) + timedelta(days=5))]
    assert (clock.repetition, clock.next_step) == (2, "supervision")


def test_long_overdue_work_gets_one_order_and_time_to_put_it_right() -> None:
    late = at(30, 10)

    clock = climbed(started(begun=at(2, 10)), late)

    assert (clock.repetition, clock.next_step) == (1, "supervision")
    assert clock.next_step_at is not None
    assert clock.next_step_at > late


def test_finishing_settles_what_was_ordered_and_keeps_the_run() -> None:
    clock = climbed(started(begun=at(2, 10)), at(30, 10))

    stopped = domain.stop(clock, at=at(30, 11))

    assert names(stopped) == ["clock_stopped", "supervision_settled"]
    assert stopped.settles
    assert stopped.ended is not None
    assert (stopped.ended.outcome, stopped.ended.clock.run) == ("late", 1)
    assert not domain.stop(started(), at=at(17, 10)).settles


def test_a_clock_without_a_ladder_ends_with_its_red_card() -> None:
    of = rules(preset(ladders={}))

    clock = climbed(started(of, at(2, 10)), at(30, 10), of)

    assert (clock.next_step, clock.next_step_at, clock.repetition) == (None, None, 0)


def test_a_pause_under_supervision_gives_the_time_of_one_order_after_it() -> None:
    clock = climbed(started(), at(24, 17, 30))

    resumed = moving.resume(domain.pause(clock, at=at(25, 9)).clock, rules=RULES, at=at(30, 9)).clock

    assert (resumed.next_step, resumed.repetition) == ("supervision", 1)
    assert resumed.next_step_at == at(30, 17, 30) + timedelta(days=3)


def test_elapsed_time_never_stands() -> None:
    clock = started(name="elapsed")

    assert domain.pause(clock, at=at(17, 10)) == Ticking(clock=clock, events=())


# --- extensions


def asked(clock: Clock, moment: datetime, **more: Any) -> extension.Asked:
    return extension.ask(
        clock,
        **{
            "extension_id": "e1",
            "words": "w",
            "by": "p1",
            "is_open": False,
            "rules": RULES,
            "at": moment,
            **more,
        },
    )


def decided(clock: Clock, moment: datetime, *, approved: bool = True) -> extension.Decided:
    request = asked(clock, at(17, 10)).extension
    return extension.decide(request, clock, approved=approved, words="w", by="p2", rules=RULES, at=moment)


def test_an_approved_extension_moves_the_limit_once_as_its_next_run() -> None:
    after = decided(started(), at(18, 10)).ticking

    assert after is not None
    assert (after.clock.due_at, after.clock.run, after.clock.extensions) == (
        at(30, 17, 30),
        2,
        1,
    )
    assert (after.clock.next_step, after.clock.next_step_at) == ("yellow", at(27, 17, 30))
    assert after.clock.started_at == at(*MONDAY)
    with pytest.raises(errors.ExtensionsUsedUp):
        asked(after.clock, at(18, 11))


def test_a_refused_extension_moves_nothing() -> None:
    outcome = decided(started(), at(18, 10), approved=False)

    assert outcome.ticking is None
    assert outcome.extension.state is extension.ExtensionState.REFUSED


def test_more_time_is_asked_for_before_the_limit_ends_and_may_be_given_after() -> None:
    clock = started()
    instant = timedelta(microseconds=1)

    assert asked(clock, clock.due_at - instant).extension.asked_at == clock.due_at - instant
    with pytest.raises(errors.ExtensionTooLate):
        asked(clock, clock.due_at)
    given_late = decided(climbed(clock, at(24, 10)), at(24, 10)).ticking
    assert given_late is not None
    assert given_late.clock.due_at == at(30, 17, 30)


def test_a_paused_limit_is_judged_by_the_moment_it_was_paused() -> None:
    clock = domain.pause(started(), at=at(17, 9)).clock

    assert asked(clock, at(30, 10)).extension.run == 1


def test_one_request_at_a_time() -> None:
    with pytest.raises(errors.ExtensionOpen):
        asked(started(), at(17, 10), is_open=True)


@pytest.mark.parametrize("change", [{"run": 2}, {"state": ClockState.STOPPED}])
def test_a_request_whose_limit_is_another_by_now_cannot_be_approved(change: dict[str, Any]) -> None:
    request = asked(started(), at(17, 10)).extension

    with pytest.raises(errors.ExtensionLapsed):
        extension.decide(
            request,
            started(**change),
            approved=True,
            words="w",
            by="p2",
            rules=RULES,
            at=at(18, 10),
        )


# --- stages

BUILDING = preset(
    Stage("stop_work", Limit(4, Unit.WORKING_HOURS)),
    Stage("penalty", Limit(7, Unit.WORKING_DAYS)),
    Stage("demolition", Limit(20, Unit.WORKING_DAYS)),
)


def test_the_stages_of_a_limit_are_counted_from_its_start() -> None:
    of = rules(BUILDING)
    stop_work = started(of)

    penalty = moving.pass_stage(stop_work, stage="stop_work", rules=of, at=at(16, 11))
    demolition = moving.pass_stage(penalty.clock, stage="penalty", rules=of, at=at(18, 11))

    assert [
        (one.stage_name, one.due_at, one.run) for one in (stop_work, penalty.clock, demolition.clock)
    ] == [
        ("stop_work", at(16, 15, 30), 1),
        ("penalty", at(25, 17, 30), 2),
        ("demolition", datetime(2026, 12, 14, 9, 30, tzinfo=UTC), 3),
    ]
    assert names(penalty) == ["stage_passed", "clock_set"]


def test_only_the_stage_under_way_passes_and_the_last_one_ends_with_the_finish() -> None:
    of = rules(BUILDING)

    for clock, stage in ((started(of), "penalty"), (started(of, stage=2), "demolition"), (started(), "")):
        with pytest.raises(errors.NoSuchStage):
            moving.pass_stage(clock, stage=stage, rules=of, at=at(16, 11))


# --- another class, another version


def reclassed(clock: Clock, sla_class: str, of: Rules = RULES) -> Ticking:
    return moving.reclass(
        clock, category=ANY, sla_class=sla_class, urgency="ordinary", rules=of, at=at(17, 10)
    )


def test_a_matter_classed_otherwise_has_the_limit_of_its_new_class_from_the_old_start() -> None:
    after = reclassed(started(), "slow")

    assert (after.clock.due_at, after.clock.run, after.clock.started_at) == (
        at(30, 17, 30),
        2,
        at(*MONDAY),
    )
    assert after.ended is not None
    assert after.ended.outcome == "reclassed"


def test_pauses_and_extensions_count_under_the_new_class_too() -> None:
    paused = domain.pause(started(), at=at(17, 9)).clock
    resumed = moving.resume(paused, rules=RULES, at=at(19, 9)).clock

    after = reclassed(resumed, "slow").clock

    assert after.due_at == at(30, 17, 30) + timedelta(days=2)


def test_the_same_limit_in_another_class_sets_nothing_anew() -> None:
    clock = climbed(started(), at(20, 17, 30))

    after = reclassed(clock, "six_days")

    assert after.events == ()
    assert (after.clock.run, after.clock.next_step, after.clock.sla_class) == (1, "red", "six_days")


def test_what_was_met_stays_met_whatever_comes_later() -> None:
    stopped = domain.stop(started(name="finish"), at=at(16, 10, 5)).clock
    other = rules(preset(Stage("", Limit(1, Unit.WORKING_HOURS)), version=2))

    for after in (
        reclassed(stopped, "slow"),
        moving.rebase(stopped, rules=other, at=at(17, 10)),
        moving.recompute(stopped, rules=other),
        domain.pause(stopped, at=at(17, 10)),
        domain.stop(stopped, at=at(18, 10)),
    ):
        assert after == Ticking(clock=stopped, events=())


def test_running_clocks_keep_the_version_they_began_with_unless_rebased_on_purpose() -> None:
    first = preset()
    second = preset(Stage("", Limit(2, Unit.WORKING_DAYS)), version=2)
    of = rules(second, CALENDAR, first)
    clock = started(rules(first))

    kept = reclassed(clock, "six_days", of).clock
    rebased = moving.rebase(clock, rules=of, at=at(17, 10))

    assert (kept.preset_version, kept.due_at) == (1, clock.due_at)
    assert (rebased.clock.preset_version, rebased.clock.due_at, rebased.clock.run) == (2, at(18, 17, 30), 2)


# --- another calendar

MADE_UP = WorkingCalendar(
    days={date(2026, 11, 21): Day(True), date(2026, 11, 18): Day(False)}, years=frozenset({2026})
)


def test_a_new_calendar_moves_limits_that_are_not_over_and_resets_none() -> None:
    clock = started(begun=at(17, 10))

    moved = moving.recompute(clock, rules=rules(calendar=MADE_UP))

    # Wednesday off, Saturday made up: the same Tuesday.
    assert moved == Ticking(clock=clock, events=())
    off = WorkingCalendar(days={date(2026, 11, 18): Day(False)}, years=frozenset({2026}))
    later = moving.recompute(clock, rules=rules(calendar=off)).clock
    assert (later.due_at, later.run, later.next_step_at) == (at(25, 17, 30), 1, at(24, 17, 30))
    warned = climbed(clock, clock.yellow_at)
    assert moving.recompute(warned, rules=rules(calendar=off)).clock.next_step_at == at(25, 17, 30)
    overdue = climbed(clock, clock.due_at)
    assert moving.recompute(overdue, rules=rules(calendar=off)).events == ()


def test_a_provisional_limit_is_certain_once_its_year_is_published() -> None:
    clock = started(begun=datetime(2026, 12, 30, 2, tzinfo=UTC))
    published = WorkingCalendar(
        days={date(2027, 1, 1): Day(False), date(2027, 1, 4): Day(False)}, years=frozenset({2026, 2027})
    )

    after = moving.recompute(clock, rules=rules(calendar=published)).clock

    assert (clock.provisional, after.provisional) == (True, False)
    assert after.due_at - clock.due_at == timedelta(days=1)


moments = st.builds(
    lambda day, minutes: datetime.combine(day, time(), BEIJING).astimezone(UTC) + timedelta(minutes=minutes),
    st.sampled_from(
        [date(2026, 2, 12), date(2026, 9, 28), date(2026, 11, 29), date(2026, 12, 29), date(2028, 2, 27)]
    ),
    st.integers(0, 4 * 24 * 60),
)
REAL = WorkingCalendar(
    days={
        day: Day(working=working, note=note) for day, (working, note) in seed.published_years()[2026].items()
    },
    years=frozenset({2026}),
)


@settings(max_examples=150)
@given(
    moments,
    st.sampled_from([Limit(n, unit) for unit in Unit for n in (1, 4, 20)]),
    st.lists(st.tuples(st.booleans(), st.integers(0, 5_000), st.integers(0, 5_000)), max_size=4),
)
def test_a_limit_computed_anew_from_its_start_is_the_limit_that_ran(
    start: datetime, limit: Limit, happened: list[tuple[bool, int, int]]
) -> None:
    of = rules(preset(Stage("", limit)), REAL)
    clock, moment = started(of, start), start
    for is_extension, wait, length in happened:
        moment += timedelta(minutes=wait)
        if is_extension:
            clock = moving.extend(
                clock, by=Limit(1 + length % 9, Unit.WORKING_DAYS), rules=of, at=moment
            ).clock
        else:
            paused = domain.pause(clock, at=moment).clock
            moment += timedelta(minutes=length)
            clock = moving.resume(paused, rules=of, at=moment).clock

    due, yellow_at = moving.replay(of, start=clock.started_at, limit=clock.limit, moves=clock.moves)

    assert (due.at, yellow_at) == (clock.due_at, clock.yellow_at)
    assert moving.recompute(clock, rules=of).clock.due_at == clock.due_at
    assert clock.due_at >= started(of, start).due_at


# --- what is delivered


@pytest.mark.parametrize("document", seed.delivered_presets(), ids=lambda one: str(one["name"]))
def test_a_delivered_preset_is_complete(document: dict[str, Any]) -> None:
    presets.require_complete(document)
    read = presets.read(document["name"], 1, document)

    assert read.extension is not None
    assert {"sign", "finish", "call_back"} <= read.ladders.keys()
    assert {one["clock"] for one in document["limits"]} == set(CLOCKS)


def delivered(name: str) -> Preset:
    document = next(one for one in seed.delivered_presets() if one["name"] == name)
    return presets.read(name, 1, document)


@pytest.mark.parametrize(
    ("name", "category", "sla_class", "urgency", "limits"),
    [
        ("shandong-2020", ANY, "five_days", "ordinary", ["5 working_days"]),
        ("beijing", ANY, "five_days", "emergency", ["2 calendar_hours"]),
        ("beijing", ANY, "urgent_day", "urgent", ["24 calendar_hours"]),
        ("beijing", ANY, "five_days", "ordinary", ["7 calendar_days"]),
        ("beijing", ANY, "difficult", "ordinary", ["15 calendar_days"]),
        ("digital-city", "city.exposed_rubbish", "four_hours", "ordinary", ["4 working_hours"]),
        ("digital-city", "city.road_cleaning", "five_days", "ordinary", ["2 working_hours"]),
        ("digital-city", "city.standing_water", "five_days", "urgent", ["4 working_hours"]),
        ("digital-city", "env.dead_planting", "five_days", "ordinary", ["5 working_days"]),
        (
            "digital-city",
            "city.illegal_building",
            "twenty_days",
            "ordinary",
            ["4 working_hours", "7 working_days", "20 working_days"],
        ),
    ],
)
def test_the_limits_are_those_of_the_published_rules(
    name: str, category: str, sla_class: str, urgency: Any, limits: list[str]
) -> None:
    stages = delivered(name).stages_of("finish", category=category, sla_class=sla_class, urgency=urgency)

    assert [f"{one.limit.amount} {one.limit.unit}" for one in stages] == limits


def limit_row(**changes: Any) -> dict[str, Any]:
    return {"clock": "finish", "amount": 1, "unit": "working_days", **changes}


def complete(*rows: dict[str, Any], ladders: tuple[str, ...] = ()) -> None:
    presets.require_complete({"limits": rows, "ladders": [{"clock": name} for name in ladders]})


def test_a_clock_has_one_ladder() -> None:
    whole = [limit_row(clock=name) for name in CLOCKS]

    complete(*whole, ladders=("sign", "finish"))
    with pytest.raises(errors.LimitTwice):
        complete(*whole, ladders=("sign", "finish", "sign"))


def test_limits_that_leave_a_matter_without_one_or_give_it_two_are_refused() -> None:
    whole = [limit_row(clock=name) for name in CLOCKS]

    complete(*whole)
    complete(*whole, limit_row(category="m", stage="a"), limit_row(category="m", stage="b", amount=2))
    with pytest.raises(errors.PresetIncomplete):
        complete(*whole[1:])
    for twice in (
        [limit_row()],
        [limit_row(stage="a")],
        [limit_row(category="m", stage="a"), limit_row(category="m")],
        [limit_row(category="m", stage="a"), limit_row(category="m", stage="a")],
    ):
        with pytest.raises(errors.LimitTwice):
            complete(*whole, *twice)
