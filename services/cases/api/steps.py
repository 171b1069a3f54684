"""One step of one matter: lock, decide, save, announce. What the use cases of every concept are made of."""

from collections.abc import Callable
from typing import Any

from services.cases.domain.case import OPEN, By, Case, Change
from services.cases.store import matters as store
from shared import auth, db
from shared.auth import Role
from shared.bus import outbox
from shared.http import Request

Step = Callable[[Case, By, Any], Change]


def step(tx: db.Tx, request: Request, case_id: str, roles: frozenset[Role], decide: Step) -> dict[str, Any]:
    """One step of one matter of the actor's areas: lock, decide, save, announce."""
    with db.together(tx):
        case, at = store.lock(tx, case_id, store.of_areas(request.actor))
        request.match(case.version)
        asked = save(tx, request, decide(case, by(request.actor, roles), at))
    return store.view_of(asked)


def saved(tx: db.Tx, request: Request, change: Change) -> dict[str, Any]:
    """Writes a change with its events and answers the matter as it is then."""
    with db.together(tx):
        asked = save(tx, request, change)
    return store.view_of(asked)


def save(tx: db.Tx, request: Request, change: Change) -> db.Asked:
    """Writes a change with its events inside `db.together`, and asks for the matter as it is then."""
    store.save(tx, change)
    if change.case.state not in OPEN:
        store.close_orders(tx, change.case.case_id)
    outbox.add(tx, change.events)
    return store.ask_view(tx, change.case.case_id, request.actor)


def by(actor: auth.Actor, roles: frozenset[Role]) -> By:
    """The actor in the weightiest of their roles that allows the step."""
    role = next((role for role in reversed(Role) if role in roles and role in actor.roles), Role.RESIDENT)
    return By(person_id=actor.person_id, role=role)


def as_resident(actor: auth.Actor) -> By:
    """The actor in their own matter, whatever else they are."""
    return By(person_id=actor.person_id, role=Role.RESIDENT)
