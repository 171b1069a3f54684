"""Signing up, checking in and out, and having it confirmed."""

from collections.abc import Callable
from datetime import datetime

from services.volunteers import schemas
from services.volunteers.api.teams import PEOPLE, RUNNERS
from services.volunteers.domain import activities, errors
from services.volunteers.domain.activities import Activity, Participation
from services.volunteers.store import activities as store
from services.volunteers.store import teams as team_store
from shared import db, http, ids
from shared.bus import outbox
from shared.contracts.base import Event
from shared.http import Page, Request, get, post

_CODE_ERRORS = (
    errors.NotSignedUp,
    errors.NotInThisState,
    errors.WrongCode,
    errors.TooEarly,
    errors.TooLate,
)


class Participations:
    @post(
        "/volunteers/activities/<uuid:activity_id>/sign-up",
        roles=PEOPLE,
        answers=schemas.ParticipationView,
        status=201,
        errors=(
            errors.NotRegistered,
            errors.AlreadySignedUp,
            errors.SkillsMissing,
            errors.NotInThisState,
            errors.TooLate,
        ),
    )
    def sign_up(self, tx: db.Tx, request: Request, /, activity_id: str) -> Participation:
        """Sign up for an activity; when it is full, wait for a place."""
        volunteer = team_store.registered(tx, request.actor.person_id)
        activity, at = store.lock_open(tx, activity_id)
        changed, participation = activities.sign_up(
            activity,
            participation_id=ids.new(),
            person_id=request.actor.person_id,
            skills=frozenset(volunteer["skills"]),
            at=at,
            household_id=request.actor.household,
        )
        store.insert_participation(tx, participation)
        store.save(tx, changed)
        return participation

    @post(
        "/volunteers/activities/<uuid:activity_id>/withdraw",
        roles=PEOPLE,
        answers=schemas.ParticipationView,
        errors=(errors.NotSignedUp, errors.NotInThisState, errors.TooLate),
    )
    def withdraw(self, tx: db.Tx, request: Request, /, activity_id: str) -> Participation:
        """Cancel one's place; the first who waits gets it."""
        activity, at = store.lock_open(tx, activity_id)
        participation = store.lock_own(tx, activity_id, request.actor.person_id)
        changed, parts = activities.cancel(
            activity,
            participation,
            next_waiting=store.lock_next_waiting(tx, activity_id),
            at=at,
        )
        store.save(tx, changed)
        store.save_participations(tx, *parts)
        return parts[0]

    @post(
        "/volunteers/activities/<uuid:activity_id>/check-in",
        roles=PEOPLE,
        body=schemas.Code,
        answers=schemas.ParticipationView,
        errors=_CODE_ERRORS,
    )
    def check_in(self, tx: db.Tx, request: Request, /, activity_id: str) -> Participation:
        """Check in on site with the activity's code."""
        return _own_step(tx, request, activity_id, activities.check_in)

    @post(
        "/volunteers/activities/<uuid:activity_id>/check-out",
        roles=PEOPLE,
        body=schemas.Code,
        answers=schemas.ParticipationView,
        errors=_CODE_ERRORS,
    )
    def check_out(self, tx: db.Tx, request: Request, /, activity_id: str) -> Participation:
        """Check out with the activity's code; the minutes are counted."""
        return _own_step(tx, request, activity_id, activities.check_out)

    @get(
        "/volunteers/activities/<uuid:activity_id>/participations",
        roles=RUNNERS,
        query=schemas.ParticipationFilter,
        answers=schemas.ParticipationView,
        page=True,
    )
    def list_participations(self, tx: db.Tx, request: Request, /, activity_id: str) -> Page:
        """List who takes part, for those who run the activity."""
        store.must_run(tx, activity_id, request.actor)
        cursor = request.cursor(length=1)
        rows = store.participants(
            tx,
            activity_id,
            part=request.query["part"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["participation_id"])])

    @get(
        "/volunteers/participations",
        roles=PEOPLE,
        query=http.PageQuery,
        answers=schemas.OwnParticipationView,
        page=True,
    )
    def list_own_participations(self, tx: db.Tx, request: Request, /) -> Page:
        """List one's own participations, newest first."""
        cursor = request.cursor(length=1)
        rows = store.own_participations(
            tx,
            request.actor.person_id,
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["participation_id"])])

    @post(
        "/volunteers/participations/<uuid:participation_id>/confirm",
        roles=RUNNERS,
        body=schemas.Minutes,
        answers=schemas.ParticipationView,
        errors=(errors.NotInThisState, errors.MinutesTooMany, errors.OwnHours),
    )
    def confirm_participation(self, tx: db.Tx, request: Request, /, participation_id: str) -> Participation:
        """Confirm what somebody served; the hours and points follow by themselves."""
        minutes = request.body["minutes"]
        return _decide(
            tx,
            request,
            participation_id,
            lambda activity, part, at: activities.confirm(
                activity,
                part,
                minutes=minutes,
                at=at,
                by=request.actor.person_id,
                by_household=request.actor.household,
            ),
        )

    @post(
        "/volunteers/participations/<uuid:participation_id>/no-show",
        roles=RUNNERS,
        answers=schemas.ParticipationView,
        errors=(errors.NotInThisState, errors.TooEarly),
    )
    def record_no_show(self, tx: db.Tx, request: Request, /, participation_id: str) -> Participation:
        """Record that somebody had a place and did not come."""
        return _decide(
            tx,
            request,
            participation_id,
            lambda activity, part, at: activities.record_no_show(activity, part, at=at),
        )


def _own_step(
    tx: db.Tx, request: Request, activity_id: str, step: Callable[..., Participation]
) -> Participation:
    activity = store.share_open(tx, activity_id)
    participation = store.lock_own(tx, activity_id, request.actor.person_id)
    changed = step(activity, participation, code=request.body["code"], at=db.now(tx))
    store.save_participations(tx, changed)
    return changed


def _decide(
    tx: db.Tx,
    request: Request,
    participation_id: str,
    step: Callable[[Activity, Participation, datetime], tuple[Participation, list[Event]]],
) -> Participation:
    activity, participation, at = store.lock_decided(tx, participation_id, request.actor)
    request.match(participation.version)
    changed, events = step(activity, participation, at)
    store.save_participations(tx, changed)
    outbox.add(tx, events)
    return changed
