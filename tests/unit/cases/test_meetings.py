"""Meetings and what they agree on, each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import errors
from services.cases.domain import meetings as domain
from services.cases.domain.meetings import Item, Meeting, Project

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MEETING = Meeting(
    meeting_id="m",
    kind="residents",
    area="370102007003",
    title="问需会",
    room="",
    is_online=False,
    starts_at=NOW,
    chair_id="chair",
)
ITEM = Item(
    is_confidential=False,
    item_id="i",
    meeting_id="m",
    source="topic",
    case_id=None,
    reviewed_id=None,
    decision="",
    project_id=None,
)
PROJECT = Project(
    is_confidential=False,
    project_id="p",
    meeting_id="m",
    kind="residents",
    area="370102007003",
    title="加装路灯",
    owner_id="owner",
    watcher_id="watcher",
    due_on=TODAY,
    state="planned",
    agreed_at=NOW,
)


@pytest.mark.parametrize(
    ("kind", "month", "count"),
    [
        ("residents", "2026-11", 2),
        ("public_concerns", "2026-11", 1),
        ("four_parties", "2026-11", 0),
        # Wednesdays: 4, 11, 18, 25 November; 2, 9, 16, 23, 30 December.
        ("workers", "2026-11", 4),
        ("workers", "2026-12", 5),
    ],
)
def test_a_month_should_see_so_many_meetings(kind: Any, month: str, count: int) -> None:
    assert domain.expected(kind, month) == count


@pytest.mark.parametrize(
    ("kind", "area", "allowed"),
    [
        ("residents", "370102007003", True),
        ("residents", "370102007", False),
        ("four_parties", "370102007003001", True),
        ("workers", "370102007", True),
        ("workers", "370102", False),
        ("public_concerns", "370102", True),
        ("public_concerns", "3701", False),
    ],
)
def test_a_kind_of_meeting_is_held_for_areas_of_its_levels(kind: Any, area: str, allowed: bool) -> None:
    meeting = replace(MEETING, kind=kind, area=area)

    if allowed:
        assert domain.plan(meeting)[1][0].event_name == "meeting_planned"
    else:
        with pytest.raises(errors.WrongLevel):
            domain.plan(meeting)


def held(meeting: Meeting = MEETING, **changes: Any) -> Meeting:
    how: dict[str, Any] = {"minutes": "纪要", "attended": 2, "unreviewed": 0, "at": NOW}
    return domain.hold(meeting, **{**how, **changes})[0]


def test_a_meeting_has_begun_has_people_and_has_looked_at_what_was_agreed() -> None:
    assert held().state == "held"
    with pytest.raises(errors.NotBegun):
        held(at=NOW - timedelta(seconds=1))
    with pytest.raises(errors.TooFewAttended):
        held(attended=1)
    with pytest.raises(errors.ReviewsMissing) as raised:
        held(unreviewed=3)
    assert raised.value.arguments["count"] == 3


def test_nothing_changes_once_a_meeting_is_over() -> None:
    over = [held(), domain.cancel(MEETING, words="改期", at=NOW)[0]]

    for meeting in over:
        for step in (
            lambda meeting=meeting: held(meeting),
            lambda meeting=meeting: domain.cancel(meeting, words="", at=NOW),
            lambda meeting=meeting: domain.decide(meeting, ITEM, decision="", project=None, today=TODAY),
        ):
            with pytest.raises(errors.MeetingOver):
                step()


# --- projects


def decided(item: Item = ITEM, **changes: Any) -> tuple[Item, Any]:
    return domain.decide(MEETING, item, decision="同意", project=replace(PROJECT, **changes), today=TODAY)


def test_a_topic_becomes_a_project_with_two_people_and_a_date() -> None:
    item, events = decided()

    assert (item.project_id, item.decision) == ("p", "同意")
    assert [event.event_name for event in events] == ["project_agreed"]
    with pytest.raises(errors.ItemDecided):
        decided(item)
    with pytest.raises(errors.SamePerson):
        decided(watcher_id="owner")


@pytest.mark.parametrize(
    ("due_on", "allowed"),
    [
        (TODAY - timedelta(days=1), False),
        (TODAY, True),
        (TODAY + domain.LONGEST_PROJECT, True),
        (TODAY + domain.LONGEST_PROJECT + timedelta(days=1), False),
    ],
)
def test_a_project_is_due_from_today_within_two_years(due_on: date, allowed: bool) -> None:
    if allowed:
        assert decided(due_on=due_on)[0].project_id == "p"
    else:
        with pytest.raises(errors.DueOutOfBounds):
            decided(due_on=due_on)


def test_a_decision_without_a_project_may_be_worded_again() -> None:
    once, events = domain.decide(MEETING, ITEM, decision="再议", project=None, today=TODAY)

    assert events == ()
    assert decided(once)[0].decision == "同意"


@pytest.mark.parametrize(("state", "is_over"), [("doing", False), ("done", True), ("dropped", True)])
def test_a_project_is_looked_at_until_it_is_done_or_dropped(state: Any, is_over: bool) -> None:
    project, events = domain.review(PROJECT, state=state, meeting_id="m2", at=NOW)

    assert (project.state, project.ended_at is not None) == (state, is_over)
    assert events[0].meeting_id == "m2"  # type: ignore[attr-defined]
    if is_over:
        with pytest.raises(errors.ProjectOver):
            domain.review(project, state="doing", meeting_id=None, at=NOW)
