"""Who may do what in the registry: roles by use case, and the area axis for what a request itself names."""

from services.registry.domain import areas as domain
from shared import auth, http
from shared.auth import Role

ADMINS = frozenset({Role.ADMIN})
# Those who keep the register of people: who is told a family's particulars at the door.
RECORDERS = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.ADMIN})
# Those who have seen proof of a kinship.
CONFIRMERS = frozenset({Role.COMMUNITY_OFFICER, Role.ADMIN})
AUDITORS = frozenset({Role.SUPERVISOR, Role.ADMIN})


def within(request: http.Request, area: str) -> str:
    """The area, when it lies inside the caller's scope. Raises AreaUnknown: outside, nothing exists."""
    if not request.actor.sees(area):
        raise domain.AreaUnknown()
    return area


def scopes_of(request: http.Request, roles: frozenset[Role] = RECORDERS) -> list[str]:
    """The caller's scopes when a role makes them staff here, otherwise none: residents see their own only."""
    return request.actor.scopes if request.actor and request.actor.has(*roles) else []


def scopes_for_drafts(actor: auth.Actor | None) -> list[str]:
    """Where the caller sees unpublished nets."""
    return actor.scopes if actor and actor.has(Role.ADMIN, Role.SUPERVISOR) else []
