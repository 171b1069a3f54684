"""Accounts made straight in the registry's database, and signing in with them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import requests

from services.registry import passwords
from services.registry.domain import identity
from services.registry.store import identity as store
from shared import ids
from tests.support import clients

COOKIE = "yiwang_refresh"


@dataclass(frozen=True)
class Account:
    user_id: str
    person_id: str
    username: str
    password: str


def make(
    api: clients.Api,
    *,
    roles: Iterable[str] = ("resident",),
    areas: Iterable[str] = (),
    department: str | None = None,
    identities: Iterable[tuple[str, str]] = (),
) -> Account:
    """A new account with a random name and password."""
    account = Account(ids.new(), ids.new(), f"u{secrets.token_hex(8)}", secrets.token_urlsafe(16))
    user = identity.User(
        user_id=account.user_id,
        person_id=account.person_id,
        username=account.username,
        roles=tuple(roles),
        areas=tuple(areas),
        department_id=department,
        identities=tuple(identities),
    )
    with api.database.transaction() as tx:
        store.add_user(tx, user, password_hash=passwords.hashed(account.password))
    return account


def sign_in(
    api: clients.Api, username: str, password: str, *, address: str | None = None
) -> requests.Response:
    """Signs in, as from an address nobody else of this run comes from."""
    return api.stranger().post(
        "/registry/sessions",
        json={"username": username, "password": password},
        headers={"X-Forwarded-For": address or new_address()},
    )


def new_address() -> str:
    """A network of its own (lock-out counts IPv6 callers by their /64)."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def cookie_of(answer: requests.Response) -> str:
    """The refresh cookie an answer sets; its path is the front door's, so a session would not send it by itself."""
    return answer.cookies[COOKIE]


def refresh(api: clients.Api, cookie: str) -> requests.Response:
    return api.stranger().post("/registry/sessions/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})


def bearer(api: clients.Api, answer: requests.Response) -> clients.Client:
    """A caller with the token of an answer."""
    return clients.Client(api.url, answer.json()["access_token"])
