"""Demonstration accounts for every role, and one outside system; loaded in local mode only.

Names and the password are printed in the README, so outside local mode they open nothing: sign-in refuses whatever
is published (`identity.is_published`), also where somebody copied a demonstration database.
"""

import uuid

from services.registry import passwords
from services.registry.domain import identity, identity_integrators
from services.registry.store import identity as store
from services.registry.store import identity_integrators as clients
from shared import contracts, db, ids

PASSWORD = "yiwang-demo"
INTEGRATOR = "demo-integrator"

_NAMESPACE = uuid.UUID("6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b")
_DISTRICT = "370102"
_WENDONG = "370102007"
_DEPARTMENTS = (
    "public_security",
    "traffic_police",
    "urban_management",
    "law_enforcement",
    "ecology",
    "market_supervision",
    "justice",
    "housing",
    "civil_affairs",
    "health",
    "education",
    "emergency",
    "utilities",
)
# Short names that the story and the README use beside the full ones.
_SHORT = {"market": "market_supervision", "urban": "urban_management"}


def person_id(username: str) -> str:
    """The fixed id of a demonstration person."""
    return str(uuid.uuid5(_NAMESPACE, username))


def load(database: db.Database) -> None:
    """Stores the accounts and the outside system, again and again without harm.

    Runs after the demonstration people and posts: the grid of `worker` and `lead` is where their posts are.
    """
    password_hash = passwords.hashed(PASSWORD)
    with database.transaction() as tx:
        grid = store.area_of_post(tx, person_id("worker")) or f"{_WENDONG}001001"
        for user in _users(grid):
            store.put_user(tx, identity.checked(user), password_hash=password_hash)
        clients.put_integrator(
            tx,
            _integrator(),
            secret_hash=passwords.secret_hash(PASSWORD),
            broker_password_hash=passwords.broker_password_hash(PASSWORD),
        )


def _users(grid: str) -> list[identity.User]:
    community = grid[:12]
    shop = str(uuid.uuid5(_NAMESPACE, "shop.wendong"))
    people = [
        _user("resident", "resident"),
        _user("worker", "grid_worker", grid),
        _user("lead", "grid_lead", grid),
        _user("officer", "community_officer", community),
        _user("caller", "caller", _WENDONG),
        _user("dispatcher", "dispatcher", _DISTRICT),
        _user("operator", "operator", _DISTRICT),
        _user("supervisor", "supervisor", _DISTRICT),
        _user("mediator", "mediator", _WENDONG),
        _user("property", "property", grid),
        _user("teamlead", "team_lead", _WENDONG),
        _user("volunteer", "volunteer"),
        _user("shopkeeper", "shopkeeper", shops=(shop,)),
        _user("admin", "admin", _DISTRICT),
    ]
    named = {kind: kind for kind in _DEPARTMENTS} | _SHORT
    people += [
        _user(f"responder.{name}", "responder", _DISTRICT, department=f"{_DISTRICT}-{kind}")
        for name, kind in named.items()
    ]
    party = f"{community}-party_members"
    people.append(_user("responder.party", "responder", community, department=party))
    return people


def _user(
    username: str,
    role: str,
    area: str | None = None,
    *,
    department: str | None = None,
    shops: tuple[str, ...] = (),
) -> identity.User:
    # Everybody who works here lives somewhere too.
    return identity.User(
        user_id=ids.new(),
        person_id=person_id(username),
        username=username,
        roles=tuple({"resident", role}),
        areas=(area,) if area else (),
        department_id=department,
        shops=shops,
    )


def _integrator() -> identity_integrators.Integrator:
    return identity_integrators.register(
        identity_integrators.Integrator(
            integrator_id=person_id(INTEGRATOR),
            name=INTEGRATOR,
            title="演示对接系统",
            event_types=tuple(event.type for event in contracts.all_events() if event.publisher == "cases"),
            areas=(_WENDONG,),
        ),
        scopes=[_DISTRICT],
        known_types=[event.type for event in contracts.all_events()],
    )
