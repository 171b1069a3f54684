"""Accounts and the journal of what admins did, between rows and domain values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.domain import identity
from services.registry.store.sql import queries
from shared import db, ids

_USER_CONSTRAINTS: Mapping[str, Any] = {
    "users_username_key": identity.UsernameTaken,
    "users_person_key": identity.PersonHasAccount,
    "external_identities_pkey": identity.IdentityTaken,
}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a sign-in with a password is checked against."""

    user_id: str
    password_hash: str | None
    active: bool


def user(tx: db.Tx, user_id: str) -> identity.User:
    """Raises UserUnknown."""
    row = queries.identity_user(tx, user_id=user_id)
    if row is None:
        raise identity.UserUnknown()
    return _user(row)


def lock_user(tx: db.Tx, user_id: str, *, scopes: Sequence[str]) -> identity.User:
    """The account, locked. Raises UserUnknown, also for one outside the scopes."""
    queries.identity_lock_user(tx, user_id=user_id)
    return visible_user(tx, user_id, scopes=scopes)


def visible_user(tx: db.Tx, user_id: str, *, scopes: Sequence[str]) -> identity.User:
    """Raises UserUnknown, also for an account outside the scopes."""
    found = user(tx, user_id)
    if not identity.touches(found, scopes):
        raise identity.UserUnknown()
    return found


def users(
    tx: db.Tx, *, scopes: Sequence[str], role: str | None, active: bool | None, after: str | None, limit: int
) -> list[identity.User]:
    """Accounts with an area scope that touches the given ones, by user name."""
    rows = queries.identity_users(tx, scopes=scopes, role=role, active=active, after=after, limit=limit)
    return [_user(row) for row in rows]


def user_named(tx: db.Tx, username: str, *, scopes: Sequence[str]) -> identity.User | None:
    """The account of this user name, unless it is outside the scopes."""
    row = queries.identity_user_named(tx, username=username)
    found = user(tx, str(row["user_id"])) if row else None
    return found if found and identity.touches(found, scopes) else None


def add_user(tx: db.Tx, added: identity.User, *, password_hash: str | None) -> None:
    """Raises UsernameTaken, PersonHasAccount or IdentityTaken."""
    with db.translating(_USER_CONSTRAINTS):
        queries.identity_add_user(
            tx, password_hash=password_hash, **_user_columns(added), person_id=added.person_id
        )
        _save_identities(tx, added)


def save_user(tx: db.Tx, changed: identity.User) -> None:
    """Raises UsernameTaken or IdentityTaken."""
    with db.translating(_USER_CONSTRAINTS):
        queries.identity_save_user(
            tx, active=changed.active, version=changed.version, **_user_columns(changed)
        )
        queries.identity_drop_identities(tx, user_id=changed.user_id)
        _save_identities(tx, changed)


def put_user(tx: db.Tx, wanted: identity.User, *, password_hash: str) -> None:
    """Stores demonstration data, again and again without harm."""
    queries.identity_put_user(
        tx, password_hash=password_hash, person_id=wanted.person_id, **_user_columns(wanted)
    )


def user_id_of_person(tx: db.Tx, person_id: str) -> str | None:
    row = queries.identity_user_of_person(tx, person_id=person_id)
    return str(row["user_id"]) if row else None


def user_id_of_identity(tx: db.Tx, issuer: str, subject: str) -> str | None:
    row = queries.identity_user_of_identity(tx, issuer=issuer, subject=subject)
    return str(row["user_id"]) if row else None


def place_of(tx: db.Tx, person_id: str) -> str | None:
    """The area the registers keep a person in; None for one they do not know."""
    row = queries.identity_place(tx, person_id=person_id)
    return row["place"] if row else None


def area_of_post(tx: db.Tx, person_id: str) -> str | None:
    """The area of a person's smallest post."""
    row = queries.identity_area_of_post(tx, person_id=person_id)
    return row["area"] if row else None


def has_department(tx: db.Tx, department_id: str) -> bool:
    """True for a department that is open."""
    return queries.identity_department(tx, department_id=department_id) is not None


def credentials(tx: db.Tx, username: str) -> Credentials | None:
    row = queries.identity_credentials(tx, username=username)
    if row is None:
        return None
    return Credentials(user_id=str(row["user_id"]), password_hash=row["password_hash"], active=row["active"])


def lock_password(tx: db.Tx, user_id: str) -> tuple[str, str | None]:
    """The user name and password hash of an account, locked. Raises UserUnknown."""
    row = queries.identity_password(tx, user_id=user_id)
    if row is None:
        raise identity.UserUnknown()
    return row["username"], row["password_hash"]


def set_password(tx: db.Tx, user_id: str, password_hash: str) -> None:
    queries.identity_set_password(tx, user_id=user_id, password_hash=password_hash)


def rehash(tx: db.Tx, user_id: str, *, before: str, after: str) -> None:
    queries.identity_rehash(tx, user_id=user_id, before=before, after=after)


def note(
    tx: db.Tx, *, actor_id: str | None, action: str, subject_id: str, details: Mapping[str, Any] | None = None
) -> None:
    """Writes the journal: who did what to which account or outside system."""
    queries.identity_journal(
        tx,
        entry_id=ids.new(),
        actor_id=actor_id,
        action=action,
        subject_id=subject_id,
        details=json.dumps(details or {}, ensure_ascii=False),
    )


def _user(row: Mapping[str, Any]) -> identity.User:
    return identity.User(
        user_id=str(row["user_id"]),
        person_id=str(row["person_id"]),
        username=row["username"],
        roles=tuple(row["roles"]),
        areas=tuple(row["areas"]),
        department_id=row["department_id"],
        shops=tuple(str(shop) for shop in row["shops"]),
        identities=tuple((issuer, subject) for issuer, subject in row["identities"]),
        has_password=row["has_password"],
        active=row["active"],
        version=row["version"],
        name=row["name"],
        household=str(row["household_id"]) if row["household_id"] else None,
        home=row["home"],
        place=row["place"],
    )


def _user_columns(value: identity.User) -> dict[str, Any]:
    return {
        "user_id": value.user_id,
        "username": value.username,
        "roles": list(value.roles),
        "areas": list(value.areas),
        "department_id": value.department_id,
        "shops": list(value.shops),
    }


def _save_identities(tx: db.Tx, value: identity.User) -> None:
    for issuer, subject in value.identities:
        queries.identity_add_identity(tx, issuer=issuer, subject=subject, user_id=value.user_id)
