"""Activities: places, the waiting list, check-in, hours (domain.md §5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.volunteers.domain import activities, errors
from services.volunteers.domain.activities import Activity, Part, Participation, State

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


def activity(**changes: object) -> Activity:
    plan = Activity(
        activity_id="a",
        team_id="t",
        area="370102007001",
        title="巡逻",
        description="",
        starts_at=START,
        ends_at=END,
        capacity=1,
        required_skills=(),
        code="K7PM3XQA",
        state=State.PUBLISHED,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def part(step: Part = Part.SIGNED_UP, **changes: object) -> Participation:
    participation = Participation(
        participation_id="p",
        activity_id="a",
        area="370102007001",
        person_id="x",
        part=step,
        signed_up_at=START,
    )
    return replace(participation, **changes)  # type: ignore[arg-type]


def sign_up(to: Activity, *, skills: frozenset[str] = frozenset(), at: datetime = START) -> Participation:
    return activities.sign_up(to, participation_id="p", person_id="x", skills=skills, at=at)[1]


def test_an_activity_may_last_a_year_and_a_day_and_no_longer() -> None:
    longest = activity(state=State.PLANNED, ends_at=START + timedelta(days=366))

    assert activities.plan(longest, team_area="370102") is longest
    with pytest.raises(errors.WindowTooLong):
        activities.plan(replace(longest, ends_at=longest.ends_at + INSTANT), team_area="370102")
    with pytest.raises(errors.WindowTooLong):
        activities.plan(replace(longest, ends_at=START), team_area="370102")


def test_a_team_works_in_its_own_area_only() -> None:
    with pytest.raises(errors.OutsideTheTeam):
        activities.plan(activity(), team_area="370102008")


def test_publishing_announces_when_where_and_how_many() -> None:
    published, [event] = activities.publish(activity(state=State.PLANNED), at=START)

    assert published.state is State.PUBLISHED
    assert event.to_data() == {
        "activity_id": "a",
        "area": "370102007001",
        "starts_at": "2026-11-21T01:00:00.000000Z",
        "ends_at": "2026-11-21T04:00:00.000000Z",
        "capacity": 1,
    }


def test_a_published_activity_cannot_be_published_or_changed_again() -> None:
    with pytest.raises(errors.NotInThisState):
        activities.publish(activity(), at=START)
    with pytest.raises(errors.NotInThisState):
        activities.replan(activity(), activity(title="x"), team_area="370102")


def test_the_last_place_is_given_and_the_next_person_waits() -> None:
    full, first = activities.sign_up(
        activity(), participation_id="p", person_id="x", skills=frozenset(), at=START
    )

    assert (full.taken, first.part) == (1, Part.SIGNED_UP)
    assert sign_up(full).part is Part.WAITING


def test_signing_up_ends_with_the_activity() -> None:
    assert sign_up(activity(), at=END - INSTANT).part is Part.SIGNED_UP
    with pytest.raises(errors.TooLate):
        sign_up(activity(), at=END)


def test_required_skills_are_asked_for_by_name() -> None:
    needs = activity(required_skills=("driving", "first_aid"))

    assert sign_up(needs, skills=frozenset({"first_aid", "driving", "haircut"})).part is Part.SIGNED_UP
    with pytest.raises(errors.SkillsMissing) as raised:
        sign_up(needs, skills=frozenset({"first_aid"}))
    assert raised.value.arguments == {"skills": ["driving"]}


def test_a_cancelled_place_goes_to_the_first_who_waits() -> None:
    waiting = part(Part.WAITING, participation_id="w")

    after, [gone, promoted] = activities.cancel(
        activity(taken=1), part(), next_waiting=waiting, at=START - MINUTE
    )

    assert (gone.part, promoted.part, after.taken) == (Part.CANCELLED, Part.SIGNED_UP, 1)
    assert promoted.participation_id == "w"


def test_a_cancelled_place_is_free_when_nobody_waits() -> None:
    after, [gone] = activities.cancel(activity(taken=1), part(), next_waiting=None, at=START)

    assert (gone.part, after.taken) == (Part.CANCELLED, 0)


def test_leaving_the_waiting_list_frees_no_place() -> None:
    after, [gone] = activities.cancel(
        activity(taken=1), part(Part.WAITING), next_waiting=part(Part.WAITING), at=START
    )

    assert (gone.part, after.taken) == (Part.CANCELLED, 1)


def test_after_the_end_nobody_cancels() -> None:
    with pytest.raises(errors.TooLate):
        activities.cancel(activity(taken=1), part(), next_waiting=None, at=END)


def test_check_in_opens_two_hours_before_and_closes_with_the_activity() -> None:
    opens = START - timedelta(hours=2)

    assert activities.check_in(activity(), part(), code=" k7pm3xqa ", at=opens).checked_in_at == opens
    assert activities.check_in(activity(), part(), code="K7PM3XQA", at=END - INSTANT).part is Part.CHECKED_IN
    with pytest.raises(errors.TooEarly):
        activities.check_in(activity(), part(), code="K7PM3XQA", at=opens - INSTANT)
    with pytest.raises(errors.TooLate):
        activities.check_in(activity(), part(), code="K7PM3XQA", at=END)


def test_check_in_needs_the_right_code_and_a_place() -> None:
    with pytest.raises(errors.WrongCode):
        activities.check_in(activity(), part(), code="K7PM3XQB", at=START)
    with pytest.raises(errors.WrongCode):
        activities.check_in(activity(), part(), code="码", at=START)
    with pytest.raises(errors.NotInThisState):
        activities.check_in(activity(), part(Part.WAITING), code="K7PM3XQA", at=START)


@pytest.mark.parametrize(
    ("stayed", "minutes"),
    [
        (timedelta(seconds=59), 0),
        (MINUTE, 1),
        (timedelta(minutes=90, seconds=59), 90),
        # Two hours early and to the very end: the longest that counts.
        (timedelta(hours=5), 300),
        (timedelta(hours=9), 300),
    ],
)
def test_check_out_counts_whole_minutes_up_to_the_activitys_length(stayed: timedelta, minutes: int) -> None:
    came = START - timedelta(hours=2)

    left = activities.check_out(
        activity(), part(Part.CHECKED_IN, checked_in_at=came), code="K7PM3XQA", at=came + stayed
    )

    assert (left.part, left.minutes) == (Part.CHECKED_OUT, minutes)


def test_confirming_announces_the_minutes_served_and_no_name() -> None:
    served = part(Part.CHECKED_OUT, checked_in_at=START, checked_out_at=END, minutes=180)

    confirmed, [event] = activities.confirm(activity(), served, minutes=None, at=END)

    assert (confirmed.part, confirmed.minutes, confirmed.confirmed_at) == (Part.CONFIRMED, 180, END)
    assert event.to_data() == {
        "participation_id": "p",
        "activity_id": "a",
        "area": "370102007001",
        "person_id": "x",
        "minutes": 180,
        "confirmed_at": "2026-11-21T04:00:00.000000Z",
        "minutes_said_by": None,
    }


def test_whoever_states_the_minutes_is_named_by_id_and_states_none_for_the_own_household() -> None:
    served = part(Part.CHECKED_IN, checked_in_at=START, household_id="home")

    _, [event] = activities.confirm(
        activity(), served, minutes=60, at=END, by="lead", by_household="next door"
    )

    assert event.to_data()["minutes_said_by"] == "lead"
    with pytest.raises(errors.OwnHours):
        activities.confirm(activity(), served, minutes=60, at=END, by="lead", by_household="home")


def test_the_lead_corrects_minutes_within_the_activitys_length() -> None:
    served = part(Part.CHECKED_OUT, minutes=180)

    assert activities.confirm(activity(), served, minutes=300, at=END)[0].minutes == 300
    with pytest.raises(errors.MinutesTooMany):
        activities.confirm(activity(), served, minutes=301, at=END)


def test_somebody_who_forgot_to_check_out_is_confirmed_with_the_leads_minutes_only() -> None:
    inside = part(Part.CHECKED_IN, checked_in_at=START)

    assert activities.confirm(activity(), inside, minutes=60, at=END)[0].part is Part.CONFIRMED
    with pytest.raises(errors.NotInThisState):
        activities.confirm(activity(), inside, minutes=None, at=END)


def test_a_participation_is_confirmed_once() -> None:
    with pytest.raises(errors.NotInThisState):
        activities.confirm(activity(), part(Part.CONFIRMED, minutes=1), minutes=None, at=END)


def test_nobody_is_absent_before_the_activity_begins() -> None:
    with pytest.raises(errors.TooEarly):
        activities.record_no_show(activity(), part(), at=START - INSTANT)

    absent, [event] = activities.record_no_show(activity(), part(), at=START)

    assert absent.part is Part.NO_SHOW
    assert event.to_data().keys() == {"participation_id", "activity_id", "area", "person_id"}


def test_settling_credits_who_came_and_records_who_did_not() -> None:
    parts = [
        part(Part.CHECKED_OUT, participation_id="came", minutes=120),
        part(Part.SIGNED_UP, participation_id="absent"),
        part(Part.WAITING, participation_id="waited"),
    ]

    settled, changed, events = activities.settle(activity(taken=2), parts, at=END)

    assert settled.state is State.SETTLED
    assert [p.part for p in changed] == [Part.CONFIRMED, Part.NO_SHOW, Part.CANCELLED]
    assert [event.event_name for event in events] == ["participation_confirmed", "no_show_recorded"]


def test_settling_waits_for_the_end_and_for_those_still_inside() -> None:
    with pytest.raises(errors.TooEarly):
        activities.settle(activity(), [], at=END - INSTANT)
    with pytest.raises(errors.NotInThisState):
        activities.settle(activity(), [part(Part.CHECKED_IN, checked_in_at=START)], at=END)


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=40))
def test_places_given_are_never_more_than_the_capacity_and_nobody_waits_beside_a_free_one(
    capacity: int, steps: list[tuple[bool, int]]
) -> None:
    state = activity(capacity=capacity)
    parts: dict[str, Participation] = {}
    for number, (joins, who) in enumerate(steps):
        person = str(who)
        live = parts.get(person)
        if joins and live is None:
            state, parts[person] = activities.sign_up(
                state, participation_id=str(number), person_id=person, skills=frozenset(), at=START
            )
        elif not joins and live is not None:
            waiting = [p for p in parts.values() if p.part is Part.WAITING and p.person_id != person]
            first = min(waiting, key=lambda p: int(p.participation_id), default=None)
            state, changed = activities.cancel(state, live, next_waiting=first, at=START)
            parts |= {p.person_id: p for p in changed}
            del parts[person]

        placed = [p for p in parts.values() if p.part is Part.SIGNED_UP]
        assert len(placed) == state.taken <= capacity
        assert state.taken == capacity or all(p.part is not Part.WAITING for p in parts.values())
