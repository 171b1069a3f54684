"""The first administrator of a deployment, made from the command line."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from services.registry import first_admin
from services.registry.domain import identity
from shared import errors, ids
from tests.support import accounts, clients

PATH = [("3702", "青岛市"), ("370202", "市南区")]
PASSWORD = "a good long password"


@pytest.fixture
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("registry")


@pytest.fixture
def username() -> str:
    return f"admin.{secrets.token_hex(6)}"


def make(registry: clients.Api, username: str, password: str = PASSWORD) -> str:
    with registry.database.transaction() as tx:
        return first_admin.make(tx, username=username, name="李敏", path=PATH, password=password)


def test_the_first_admin_signs_in_and_builds_the_district(registry: clients.Api, username: str) -> None:
    assert make(registry, username) == "made"

    admin = accounts.bearer(registry, accounts.sign_in(registry, username, PASSWORD))
    assert admin.get("/registry/me").json()["areas"] == ["370202"]
    added = admin.post("/registry/areas", json={"code": "370202001", "name": "八大湖街道"})
    assert added.status_code in (201, 409), added.text


def test_an_admin_who_lost_the_password_gets_back_in(registry: clients.Api, username: str) -> None:
    make(registry, username)
    before = accounts.sign_in(registry, username, PASSWORD)

    assert make(registry, username.upper(), "another long password") == "readmitted"

    assert accounts.sign_in(registry, username, PASSWORD).status_code == 401
    assert accounts.sign_in(registry, username, "another long password").status_code == 200
    assert before.status_code == 200


def test_nobody_else_becomes_admin_by_it(registry: clients.Api, username: str) -> None:
    make(registry, f"{username}.boss")
    boss = accounts.bearer(registry, accounts.sign_in(registry, f"{username}.boss", PASSWORD))
    worker = {
        "username": username, "roles": ["grid_worker"], "areas": ["370202"], "person_id": ids.new(),
    }  # fmt: skip
    assert boss.post("/registry/users", json=worker).status_code == 201

    with pytest.raises(identity.UsernameTaken):
        make(registry, username)


@pytest.mark.parametrize("password", ["short", "yiwang-demo"])
def test_a_weak_or_published_password_is_refused(registry: clients.Api, username: str, password: str) -> None:
    with pytest.raises(errors.Invalid):
        make(registry, username, password)


@pytest.mark.parametrize("text", ["370202", "=市南区", "37020=市南区"])
def test_an_area_needs_code_and_name(text: str) -> None:
    with pytest.raises(SystemExit):
        first_admin.main(["--username", "x", "--name", "x", "--area", text])
