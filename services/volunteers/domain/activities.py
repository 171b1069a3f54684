"""Activities 志愿者去哪儿 and who takes part in them (domain.md §5).

    planned → published → settled            signed_up ─▶ checked_in ─▶ checked_out ─▶ confirmed
        └────────┴── cancelled                 ▲   └──▶ no_show            └──────────────▲
                                            waiting ─▶ cancelled ◀─ signed_up

`taken` counts the places given: everybody signed up and not cancelled. It never exceeds `capacity`; who comes later
waits and moves up when somebody cancels. The caller holds the activity's lock whenever a place is given or freed.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.volunteers.domain import errors
from shared.contracts.base import Event
from shared.contracts.volunteers import ActivityPublished, NoShowRecorded, ParticipationConfirmed

LONGEST = timedelta(days=366)
# Helpers come before the doors open.
CHECK_IN_BEFORE = timedelta(hours=2)
# Somebody who stays to clear up can still check out; the lead confirms what counts.
CHECK_OUT_AFTER = timedelta(hours=12)


class State(StrEnum):
    PLANNED = "planned"
    PUBLISHED = "published"
    # Everybody's part is decided.
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Part(StrEnum):
    """How far a person's participation is."""

    WAITING = "waiting"
    SIGNED_UP = "signed_up"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CONFIRMED = "confirmed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Activity:
    activity_id: str
    team_id: str
    area: str
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    required_skills: tuple[str, ...]
    # What the lead shows on site, to check in and out with.
    code: str
    state: State = State.PLANNED
    taken: int = 0
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Participation:
    participation_id: str
    activity_id: str
    area: str
    person_id: str
    part: Part
    signed_up_at: datetime
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    minutes: int | None = None
    confirmed_at: datetime | None = None
    version: int = 1
    # The household at the moment of signing up; None where it was not known.
    household_id: str | None = None


def plan(activity: Activity, *, team_area: str) -> Activity:
    """A new or changed plan. Raises WindowTooLong, OutsideTheTeam."""
    if not timedelta(0) < activity.ends_at - activity.starts_at <= LONGEST:
        raise errors.WindowTooLong()
    if not activity.area.startswith(team_area):
        raise errors.OutsideTheTeam(team_area=team_area)
    return activity


def replan(activity: Activity, changed: Activity, *, team_area: str) -> Activity:
    """The plan changes before it is published."""
    _require(activity, State.PLANNED)
    return replace(plan(changed, team_area=team_area), version=activity.version + 1)


def publish(activity: Activity, *, at: datetime) -> tuple[Activity, list[Event]]:
    """Open for sign-up from now on."""
    _require(activity, State.PLANNED)
    if at >= activity.ends_at:
        raise errors.TooLate()
    event = ActivityPublished(
        activity_id=activity.activity_id,
        area=activity.area,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        capacity=activity.capacity,
    )
    return _moved(activity, State.PUBLISHED), [event]


def call_off(activity: Activity) -> Activity:
    """It does not take place; nobody who signed up counts as absent."""
    _require(activity, State.PLANNED, State.PUBLISHED)
    return _moved(activity, State.CANCELLED)


def sign_up(
    activity: Activity,
    *,
    participation_id: str,
    person_id: str,
    skills: frozenset[str],
    at: datetime,
    household_id: str | None = None,
) -> tuple[Activity, Participation]:
    """A place while there is one, else a place on the waiting list.

    Args:
        skills: of the person's registration.

    Raises NotInThisState, TooLate, SkillsMissing.
    """
    _require(activity, State.PUBLISHED)
    if at >= activity.ends_at:
        raise errors.TooLate()
    missing = sorted(set(activity.required_skills) - skills)
    if missing:
        raise errors.SkillsMissing(skills=missing)
    has_place = activity.taken < activity.capacity
    participation = Participation(
        participation_id=participation_id,
        activity_id=activity.activity_id,
        area=activity.area,
        person_id=person_id,
        part=Part.SIGNED_UP if has_place else Part.WAITING,
        signed_up_at=at,
        household_id=household_id,
    )
    return (_counted(activity, activity.taken + 1) if has_place else activity), participation


def cancel(
    activity: Activity, participation: Participation, *, next_waiting: Participation | None, at: datetime
) -> tuple[Activity, list[Participation]]:
    """Somebody does not come after all, however late; their place goes to the first who waits.

    Once it is over it was a no-show. Raises TooLate, NotInThisState.
    """
    _require(activity, State.PUBLISHED)
    _require_part(participation, Part.SIGNED_UP, Part.WAITING)
    if at >= activity.ends_at:
        raise errors.TooLate()
    gone = _stepped(participation, part=Part.CANCELLED)
    if participation.part is Part.WAITING:
        return activity, [gone]
    if next_waiting is None:
        return _counted(activity, activity.taken - 1), [gone]
    return activity, [gone, _stepped(next_waiting, part=Part.SIGNED_UP)]


def check_in(activity: Activity, participation: Participation, *, code: str, at: datetime) -> Participation:
    """The person is here and typed or scanned the code. Raises WrongCode, TooEarly, TooLate, NotInThisState."""
    _require(activity, State.PUBLISHED)
    _require_part(participation, Part.SIGNED_UP)
    _require_code(activity, code)
    if at < activity.starts_at - CHECK_IN_BEFORE:
        raise errors.TooEarly()
    if at >= activity.ends_at:
        raise errors.TooLate()
    return _stepped(participation, part=Part.CHECKED_IN, checked_in_at=at)


def check_out(activity: Activity, participation: Participation, *, code: str, at: datetime) -> Participation:
    """The person leaves; the minutes since the check-in are what the lead will be asked to confirm."""
    _require(activity, State.PUBLISHED)
    _require_part(participation, Part.CHECKED_IN)
    _require_code(activity, code)
    if at >= activity.ends_at + CHECK_OUT_AFTER:
        raise errors.TooLate()
    assert participation.checked_in_at is not None
    served = max(at - participation.checked_in_at, timedelta(0))
    return _stepped(
        participation,
        part=Part.CHECKED_OUT,
        checked_out_at=at,
        minutes=min(served // timedelta(minutes=1), longest_minutes(activity)),
    )


def confirm(
    activity: Activity,
    participation: Participation,
    *,
    minutes: int | None,
    at: datetime,
    by: str | None = None,
    by_household: str | None = None,
) -> tuple[Participation, list[Event]]:
    """The lead confirms what was served.

    Args:
        minutes: as the lead saw it; None takes what check-in and check-out say.
        by: who confirms; None when an activity is settled as a whole.
        by_household: the household of who confirms, where it is known.

    Somebody who forgot to check out can be confirmed with minutes given; nobody gives them to themselves or to their
    household, because minutes become points of the household. Raises NotInThisState, MinutesTooMany, OwnHours.
    """
    _require(activity, State.PUBLISHED)
    if minutes is not None and _is_own(participation, by, by_household):
        raise errors.OwnHours()
    allowed = (Part.CHECKED_OUT,) if minutes is None else (Part.CHECKED_OUT, Part.CHECKED_IN)
    _require_part(participation, *allowed)
    counted = participation.minutes if minutes is None else minutes
    assert counted is not None
    if counted > longest_minutes(activity):
        raise errors.MinutesTooMany(longest_minutes=longest_minutes(activity))
    event = ParticipationConfirmed(
        participation_id=participation.participation_id,
        activity_id=participation.activity_id,
        area=participation.area,
        person_id=participation.person_id,
        minutes=counted,
        confirmed_at=at,
        minutes_said_by=None if minutes is None else by,
    )
    return _stepped(participation, part=Part.CONFIRMED, minutes=counted, confirmed_at=at), [event]


def record_no_show(
    activity: Activity, participation: Participation, *, at: datetime
) -> tuple[Participation, list[Event]]:
    """The person had a place and did not come. Not before the activity has begun."""
    _require(activity, State.PUBLISHED)
    _require_part(participation, Part.SIGNED_UP)
    if at < activity.starts_at:
        raise errors.TooEarly()
    event = NoShowRecorded(
        participation_id=participation.participation_id,
        activity_id=participation.activity_id,
        area=participation.area,
        person_id=participation.person_id,
    )
    return _stepped(participation, part=Part.NO_SHOW), [event]


def settle(
    activity: Activity, participations: Sequence[Participation], *, at: datetime
) -> tuple[Activity, list[Participation], list[Event]]:
    """Decides every open part at once after the end: hours are credited unasked.

    Who checked out is confirmed with their minutes; who had a place and never came is a no-show; who waited is let go.
    Who checked in and never out needs the lead's word first. Raises TooEarly, NotInThisState.
    """
    _require(activity, State.PUBLISHED)
    if at < activity.ends_at:
        raise errors.TooEarly()
    changed: list[Participation] = []
    events: list[Event] = []
    for participation in participations:
        match participation.part:
            case Part.CHECKED_OUT:
                done, announced = confirm(activity, participation, minutes=None, at=at)
            case Part.SIGNED_UP:
                done, announced = record_no_show(activity, participation, at=at)
            case Part.WAITING:
                done, announced = _stepped(participation, part=Part.CANCELLED), []
            case Part.CHECKED_IN:
                raise errors.NotInThisState(
                    "Somebody has not checked out; confirm their minutes first.",
                    participation_id=participation.participation_id,
                )
            case _:
                continue
        changed.append(done)
        events += announced
    return _moved(activity, State.SETTLED), changed, events


def longest_minutes(activity: Activity) -> int:
    """The most minutes one person can serve: from the first check-in to the end."""
    return (activity.ends_at - activity.starts_at + CHECK_IN_BEFORE) // timedelta(minutes=1)


def _is_own(participation: Participation, person_id: str | None, household_id: str | None) -> bool:
    same_home = household_id is not None and household_id == participation.household_id
    return same_home or person_id == participation.person_id


def _require(activity: Activity, *states: State) -> None:
    if activity.state not in states:
        raise errors.NotInThisState(state=activity.state)


def _require_part(participation: Participation, *parts: Part) -> None:
    if participation.part not in parts:
        raise errors.NotInThisState(state=participation.part)


def _require_code(activity: Activity, code: str) -> None:
    if not hmac.compare_digest(activity.code.encode(), code.strip().upper().encode()):
        raise errors.WrongCode()


def _moved(activity: Activity, state: State) -> Activity:
    return replace(activity, state=state, version=activity.version + 1)


def _counted(activity: Activity, taken: int) -> Activity:
    return replace(activity, taken=taken, version=activity.version + 1)


def _stepped(
    participation: Participation,
    *,
    part: Part,
    checked_in_at: datetime | None = None,
    checked_out_at: datetime | None = None,
    minutes: int | None = None,
    confirmed_at: datetime | None = None,
) -> Participation:
    return replace(
        participation,
        part=part,
        checked_in_at=checked_in_at or participation.checked_in_at,
        checked_out_at=checked_out_at or participation.checked_out_at,
        minutes=participation.minutes if minutes is None else minutes,
        confirmed_at=confirmed_at or participation.confirmed_at,
        version=participation.version + 1,
    )
