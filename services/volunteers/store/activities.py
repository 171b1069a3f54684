"""Activities and participations.

Order of locks, everywhere: the activity first, then its participations. A place is given or freed under the activity's
exclusive lock; check-in, check-out and confirmation share it, so that a hall full of people can check in at once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.volunteers.domain import errors as domain_errors
from services.volunteers.domain.activities import Activity, Part, Participation, State
from services.volunteers.store.sql import queries, reach, text
from shared import auth, db, errors

_NAMES: dict[str, type[errors.Error]] = {"participations_live_key": domain_errors.AlreadySignedUp}


def insert(tx: db.Tx, activity: Activity) -> None:
    queries.insert_activity(tx, **_columns(activity))


def lock_run(tx: db.Tx, activity_id: str, actor: auth.Actor) -> tuple[Activity, str, datetime]:
    """An activity the actor runs, locked; its team's area; the moment after the lock. Raises NotFound."""
    own = reach(actor)
    row = queries.lock_run_activity(tx, activity_id=activity_id, scopes=own.scopes, person_id=own.lead_id)
    if row is None:
        raise errors.NotFound()
    return activity_of(row), row["team_area"], row["at"]


def lock_open(tx: db.Tx, activity_id: str) -> tuple[Activity, datetime]:
    """An activity that was published, locked. Raises NotFound."""
    row = queries.lock_open_activity(tx, activity_id=activity_id)
    return _found(row), row["at"]


def share_open(tx: db.Tx, activity_id: str) -> Activity:
    """An activity that was published, kept as it is. Raises NotFound."""
    return _found(queries.share_open_activity(tx, activity_id=activity_id))


def lock_decided(
    tx: db.Tx, participation_id: str, actor: auth.Actor
) -> tuple[Activity, Participation, datetime]:
    """A participation in an activity the actor runs, locked, with its activity. Raises NotFound."""
    own = reach(actor)
    activity = _found(
        queries.share_run_activity(
            tx, participation_id=participation_id, scopes=own.scopes, person_id=own.lead_id
        )
    )
    row = queries.lock_participation(tx, participation_id=participation_id)
    # Asked after the last lock: whoever held it may have decided a moment ago.
    return activity, participation_of(row), db.now(tx)


def save(tx: db.Tx, activity: Activity) -> None:
    columns = _columns(activity)
    for fixed in ("team_id", "code"):
        del columns[fixed]
    queries.save_activity(tx, **columns)


def must_run(tx: db.Tx, activity_id: str, actor: auth.Actor) -> None:
    """Raises NotFound unless the actor runs the activity."""
    own = reach(actor)
    if not queries.runs_activity(tx, activity_id=activity_id, scopes=own.scopes, person_id=own.lead_id):
        raise errors.NotFound()


def view(tx: db.Tx, activity_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An activity as the actor may see it; the code only for those who run it. Raises NotFound."""
    own = reach(actor)
    row: dict[str, Any] | None = queries.get_activity(
        tx, activity_id=activity_id, scopes=own.scopes, lead_id=own.lead_id, person_id=actor.person_id
    )
    if row is None:
        raise errors.NotFound()
    return {**row, "code": row["code"] if row["runs_it"] else None}


def listed_open(
    tx: db.Tx, *, area: str | None, at: datetime, after: tuple[str, str] | None, most: int
) -> list[dict[str, Any]]:
    """Published activities that are not over, soonest first."""
    start, activity_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_open(
        tx, area=area, at=at, after_start=start, after=activity_id, most=most
    )
    return rows


def listed_run(
    tx: db.Tx,
    actor: auth.Actor,
    *,
    area: str | None,
    state: str | None,
    after: tuple[str, str] | None,
    most: int,
) -> list[dict[str, Any]]:
    """Activities the actor runs, soonest first."""
    start, activity_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_run(
        tx, **vars(reach(actor)), area=area, state=state, after_start=start, after=activity_id, most=most
    )
    return rows


def insert_participation(tx: db.Tx, participation: Participation) -> None:
    """Raises AlreadySignedUp."""
    with db.translating(_NAMES):
        queries.insert_participation(tx, **vars(participation))


def lock_own(tx: db.Tx, activity_id: str, person_id: str) -> Participation:
    """The person's own live participation, locked. Raises NotSignedUp."""
    row = queries.lock_own_participation(tx, activity_id=activity_id, person_id=person_id)
    if row is None:
        raise domain_errors.NotSignedUp()
    return participation_of(row)


def lock_next_waiting(tx: db.Tx, activity_id: str) -> Participation | None:
    """Who has waited longest, locked; the caller holds the activity's lock."""
    row = queries.lock_next_waiting(tx, activity_id=activity_id)
    return participation_of(row) if row else None


def lock_undecided(tx: db.Tx, activity_id: str) -> list[Participation]:
    """Every participation of an activity that is not decided, locked; the caller holds the activity's lock."""
    return [participation_of(row) for row in queries.lock_undecided(tx, activity_id=activity_id)]


def save_participations(tx: db.Tx, *participations: Participation) -> None:
    with tx.pipeline():
        for participation in participations:
            queries.save_participation(
                tx,
                participation_id=participation.participation_id,
                part=participation.part,
                checked_in_at=participation.checked_in_at,
                checked_out_at=participation.checked_out_at,
                minutes=participation.minutes,
                confirmed_at=participation.confirmed_at,
                version=participation.version,
            )


def participants(
    tx: db.Tx, activity_id: str, *, part: str | None, after: str | None, most: int
) -> list[dict[str, Any]]:
    """Who takes part; the caller has been found to run the activity."""
    rows: list[dict[str, Any]] = queries.list_participations(
        tx, activity_id=activity_id, part=part, after=after, most=most
    )
    return rows


def own_participations(tx: db.Tx, person_id: str, *, before: str | None, most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.list_own_participations(
        tx, person_id=person_id, before=before, most=most
    )
    return rows


def activity_of(row: Mapping[str, Any]) -> Activity:
    return Activity(
        activity_id=str(row["activity_id"]),
        team_id=str(row["team_id"]),
        area=row["area"],
        title=row["title"],
        description=row["description"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        capacity=row["capacity"],
        required_skills=tuple(row["required_skills"]),
        code=row["code"],
        state=State(row["state"]),
        taken=row["taken"],
        version=row["version"],
    )


def participation_of(row: Mapping[str, Any]) -> Participation:
    return Participation(
        participation_id=str(row["participation_id"]),
        activity_id=str(row["activity_id"]),
        area=row["area"],
        person_id=str(row["person_id"]),
        part=Part(row["part"]),
        signed_up_at=row["signed_up_at"],
        checked_in_at=row["checked_in_at"],
        checked_out_at=row["checked_out_at"],
        minutes=row["minutes"],
        confirmed_at=row["confirmed_at"],
        version=row["version"],
        household_id=text(row["household_id"]),
    )


def _found(row: Mapping[str, Any] | None) -> Activity:
    if row is None:
        raise errors.NotFound()
    return activity_of(row)


def _columns(activity: Activity) -> dict[str, Any]:
    return {**vars(activity), "required_skills": list(activity.required_skills)}
