"""Accounts: what may be granted to whom, and what a name and a password must be like (domain.md §1).

A grant is bounded by the giver's own scope: an admin of a subdistrict makes accounts for that subdistrict only, and
sees no others. Roles that work for the government or the community need an area; a responder needs the department
they answer for, a shopkeeper their shop.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared import areas, errors

# A test holds these against shared.auth.STAFF: the rules know roles by name only.
ROLES_WITH_AREA = frozenset(
    {
        "grid_worker",
        "grid_lead",
        "community_officer",
        "caller",
        "responder",
        "dispatcher",
        "operator",
        "supervisor",
        "mediator",
        "admin",
    }
)
# Those whose compounds or teams may be told by area too.
ROLES_THAT_MAY_HAVE_AREA = frozenset({"property", "team_lead"})
ROLES_WITH_DEPARTMENT = frozenset({"responder"})
ROLES_WITH_SHOP = frozenset({"shopkeeper"})
# Outside systems are registered as integrators; no person carries their role.
ROLES_NOT_GRANTED = frozenset({"integrator"})

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
MOST_AREAS = 50
MOST_SHOPS = 50
MOST_IDENTITIES = 10

# Passwords that are public because the documentation names them.
_PUBLISHED_SECRETS = frozenset({"yiwang-demo"})


class BadCredentials(errors.Unauthenticated):
    """The name or the password is wrong."""


class SignInBlocked(errors.TooMany):
    """Too many failed sign-ins; wait as long as Retry-After says, or ask an admin."""


class UsernameTaken(errors.Conflict):
    """This user name is taken; choose another."""


class PersonHasAccount(errors.Conflict):
    """This person has an account already; change that one."""


class IdentityTaken(errors.Conflict):
    """This outside sign-in belongs to another account."""


class UserUnknown(errors.NotFound):
    """There is no such account in your area."""


class BeyondOwnScope(errors.Forbidden):
    """You can grant roles only inside your own area."""


class OwnAccount(errors.Conflict):
    """Nobody changes their own roles or closes their own account; ask another admin."""


@dataclass(frozen=True, kw_only=True)
class User:
    """An account: who signs in and what they may do."""

    user_id: str
    person_id: str
    username: str
    roles: tuple[str, ...]
    areas: tuple[str, ...] = ()
    # `370102-ecology`
    department_id: str | None = None
    shops: tuple[str, ...] = ()
    # (issuer, subject) at outside OpenID Connect issuers.
    identities: tuple[tuple[str, str], ...] = ()
    # False for those who sign in through an outside issuer only.
    has_password: bool = False
    active: bool = True
    version: int = 1
    # From the registers, not stored with the account: the person's name and household, the grid they live in, and
    # the area their entry belongs to.
    name: str | None = None
    household: str | None = None
    home: str | None = None
    place: str | None = None


def checked(user: User) -> User:
    """The account as it may be stored: roles, areas and shops sorted, each once.

    Raises Invalid with every wrong field.
    """
    roles = frozenset(user.roles)
    wrong: list[errors.FieldError] = []

    def refuse(pointer: str, code: str, detail: str) -> None:
        wrong.append(errors.FieldError(pointer=pointer, code=code, detail=detail))

    if not roles:
        refuse("/roles", "required", "An account needs at least one role.")
    if roles & ROLES_NOT_GRANTED:
        refuse("/roles", "not_granted", "Register an outside system as an integrator instead.")
    if roles & ROLES_WITH_AREA and not user.areas:
        refuse(
            "/areas", "required", f"These roles need an area: {', '.join(sorted(roles & ROLES_WITH_AREA))}."
        )
    if user.areas and not roles & (ROLES_WITH_AREA | ROLES_THAT_MAY_HAVE_AREA):
        refuse("/areas", "no_use", "None of the roles works in an area scope.")
    if roles & ROLES_WITH_DEPARTMENT and not user.department_id:
        refuse("/department", "required", "A responder needs the department they answer for.")
    if user.department_id and not roles & ROLES_WITH_AREA:
        refuse("/department", "no_use", "None of the roles works for a department.")
    if roles & ROLES_WITH_SHOP and not user.shops:
        refuse("/shops", "required", "A shopkeeper needs a shop.")
    if user.department_id and user.areas and not _serves(user.department_id, user.areas):
        refuse("/department", "elsewhere", "The department does not serve any of the areas.")
    if user.shops and not roles & ROLES_WITH_SHOP:
        refuse("/shops", "no_use", "Only a shopkeeper has shops.")
    if wrong:
        raise errors.Invalid(fields=tuple(wrong))
    return replace(
        user,
        roles=tuple(sorted(roles)),
        areas=tuple(sorted(set(user.areas))),
        shops=tuple(sorted(set(user.shops))),
        identities=tuple(sorted(set(user.identities))),
    )


def grant(user: User, *, scopes: Sequence[str]) -> User:
    """A new account, granted by an admin of these areas.

    The person must be of these areas too, or unknown to the registers: whoever sets the password of an account can sign
    in as its person, and read what is theirs. Raises Invalid or BeyondOwnScope.
    """
    user = checked(user)
    check_inside(user, scopes=scopes)
    if user.place is not None and not _any_inside(user.place, scopes):
        raise BeyondOwnScope()
    return user


def change(before: User, after: User, *, scopes: Sequence[str], by_person: str) -> User:
    """An account changed by an admin of these areas.

    What it was and what it becomes must both lie inside the admin's areas, or an admin could take people away from
    a neighbour. Raises Invalid, BeyondOwnScope or OwnAccount.
    """
    after = checked(after)
    if before.person_id == by_person and _authority(after) != _authority(before):
        raise OwnAccount()
    check_inside(before, scopes=scopes)
    check_inside(after, scopes=scopes)
    return replace(after, version=before.version + 1)


def close(user: User, *, scopes: Sequence[str], by_person: str) -> User:
    """The account deactivated; its sessions end with it. Raises BeyondOwnScope or OwnAccount."""
    if user.person_id == by_person:
        raise OwnAccount()
    check_inside(user, scopes=scopes)
    return replace(user, active=False, version=user.version + 1)


def reopen(user: User, *, scopes: Sequence[str]) -> User:
    """The account active again. Raises BeyondOwnScope."""
    check_inside(user, scopes=scopes)
    return replace(user, active=True, version=user.version + 1)


def _authority(user: User) -> tuple[object, ...]:
    return user.roles, user.areas, user.department_id, user.shops, user.active


def touches(user: User, scopes: Sequence[str]) -> bool:
    """May an admin of these areas see the account? Yes when some of its places lie in them, or it has none yet."""
    places = user.areas or ((user.place,) if user.place else ())
    return not places or any(_any_inside(place, scopes) for place in places)


def check_inside(user: User, *, scopes: Sequence[str]) -> None:
    """Raises BeyondOwnScope unless the whole account lies inside an admin's areas."""
    # Who has no area scope belongs to where they live; who is not in the registers yet, to any admin.
    places = user.areas or ((user.place,) if user.place else ())
    if not all(_any_inside(place, scopes) for place in places):
        raise BeyondOwnScope()


def _any_inside(area: str, scopes: Sequence[str]) -> bool:
    return any(areas.inside(area, scope) for scope in scopes)


def _serves(department_id: str, codes: Sequence[str]) -> bool:
    # A department's id begins with the area it serves: `370102-ecology`.
    served = department_id.partition("-")[0]
    return any(areas.inside(code, served) for code in codes)


def normal_username(text: str) -> str:
    """A user name as it is stored and compared: half-width, lower case, without spaces around it."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_published(secret: str) -> bool:
    """True for what the documentation prints; such a secret opens nothing outside local mode."""
    return secret in _PUBLISHED_SECRETS


def check_password(password: str, *, username: str, published_allowed: bool = False) -> None:
    """Raises Invalid unless the password is long enough, not the name, and not one the documentation prints."""
    detail = None
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        detail = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    elif normal_username(password) == username or len(set(password)) < 4:
        detail = "This password is too easy to guess."
    elif is_published(password) and not published_allowed:
        detail = "This password is printed in the documentation."
    if detail:
        raise errors.invalid("/password", "weak_password", detail)
