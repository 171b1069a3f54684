"""Accounts over HTTP: what an admin may do, and when it takes effect."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from shared import ids
from tests.support import accounts, clients

WENDONG, NEIGHBOUR, DISTRICT = "370102007", "370102008", "370102"


@pytest.fixture
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("registry")


@pytest.fixture
def admin(registry: clients.Api) -> clients.Client:
    return registry.client(roles=["admin"], areas=[WENDONG])


def grants(**changes: Any) -> dict[str, Any]:
    return {"username": f"u{secrets.token_hex(8)}", "roles": ["grid_worker"], "areas": [WENDONG]} | changes


def test_an_admin_gives_a_person_an_account_that_can_sign_in(
    registry: clients.Api, admin: clients.Client
) -> None:
    body = grants(person_id=ids.new(), password="a good long password")

    made = admin.post("/registry/users", json=body)

    assert made.status_code == 201, made.text
    user = made.json()
    assert made.headers["Location"] == f"/api/registry/users/{user['user_id']}"
    assert "password" not in str(user).replace("has_password", "")
    signed_in = accounts.sign_in(registry, body["username"], "a good long password")
    assert accounts.bearer(registry, signed_in).get("/registry/me").json()["areas"] == [WENDONG]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"areas": [NEIGHBOUR]}, 403, "beyond_own_scope"),
        ({"areas": [DISTRICT]}, 403, "beyond_own_scope"),
        ({"areas": []}, 422, "invalid"),
        ({"areas": ["37010200"]}, 422, "invalid"),
        ({"roles": ["emperor"]}, 422, "invalid"),
        ({"roles": ["integrator"]}, 422, "invalid"),
        ({"roles": ["responder"], "department": "370102-nonesuch"}, 422, "invalid"),
        ({"password": "short"}, 422, "invalid"),
        ({"username": "Not A Name"}, 422, "invalid"),
        ({"surprise": 1}, 422, "invalid"),
    ],
)
def test_grants_that_cannot_be(admin: clients.Client, change: dict[str, Any], status: int, code: str) -> None:
    answer = admin.post("/registry/users", json=grants(person_id=ids.new()) | change)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_names_persons_and_outside_sign_ins_are_taken_once(admin: clients.Client) -> None:
    outside = [{"issuer": "https://id.example.cn", "subject": secrets.token_hex(8)}]
    first = grants(person_id=ids.new(), identities=outside)
    assert admin.post("/registry/users", json=first).status_code == 201

    codes = [
        admin.post("/registry/users", json=grants(person_id=ids.new()) | change).json()["code"]
        for change in (
            {"username": first["username"]},
            {"person_id": first["person_id"]},
            {"identities": outside},
        )
    ]

    assert codes == ["username_taken", "person_has_account", "identity_taken"]


def test_changed_roles_hold_from_the_next_refresh(registry: clients.Api, admin: clients.Client) -> None:
    worker = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    signed_in = accounts.sign_in(registry, worker.username, worker.password)
    version = admin.get(f"/registry/users/{worker.user_id}").headers["ETag"]

    changed = admin.put(
        f"/registry/users/{worker.user_id}",
        json=grants(username=worker.username, roles=["grid_lead"]),
        headers={"If-Match": version},
    )

    assert changed.status_code == 200, changed.text
    assert accounts.bearer(registry, signed_in).get("/registry/me").json()["roles"] == ["grid_worker"]
    refreshed = accounts.refresh(registry, accounts.cookie_of(signed_in))
    assert accounts.bearer(registry, refreshed).get("/registry/me").json()["roles"] == ["grid_lead"]


def test_two_admins_do_not_overwrite_each_other(registry: clients.Api, admin: clients.Client) -> None:
    worker = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    path, body = f"/registry/users/{worker.user_id}", grants(username=worker.username)

    assert admin.put(path, json=body).status_code == 428
    assert admin.put(path, json=body, headers={"If-Match": '"1"'}).status_code == 200
    assert admin.put(path, json=body, headers={"If-Match": '"1"'}).status_code == 412


def test_deactivation_ends_sign_ins_and_activation_allows_new_ones(
    registry: clients.Api, admin: clients.Client
) -> None:
    worker = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    cookie = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))

    assert admin.post(f"/registry/users/{worker.user_id}/deactivate").json()["active"] is False
    assert accounts.refresh(registry, cookie).status_code == 401
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 401
    assert admin.post(f"/registry/users/{worker.user_id}/activate").json()["active"] is True
    assert accounts.refresh(registry, cookie).status_code == 401
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 200


def test_a_reset_password_ends_sign_ins_and_lifts_a_lock_out(
    registry: clients.Api, admin: clients.Client
) -> None:
    worker = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    cookie = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))
    for _ in range(5):
        accounts.sign_in(registry, worker.username, "forgotten")
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 429

    reset = admin.put(f"/registry/users/{worker.user_id}/password", json={"password": "given by the admin"})

    assert reset.status_code == 204, reset.text
    assert accounts.refresh(registry, cookie).status_code == 401
    assert accounts.sign_in(registry, worker.username, "given by the admin").status_code == 200


def test_accounts_outside_the_own_areas_do_not_exist(registry: clients.Api, admin: clients.Client) -> None:
    theirs = accounts.make(registry, roles=["grid_worker"], areas=[NEIGHBOUR])

    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", grants()),
        ("PUT", "/password", {"password": "a good long password"}),
        ("POST", "/deactivate", None),
        ("POST", "/activate", None),
    ):
        answer = admin.request(
            method, f"/registry/users/{theirs.user_id}{path}", json=body, headers={"If-Match": "*"}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "user_unknown"), path
    assert admin.get("/registry/users", params={"username": theirs.username}).json()["items"] == []


def test_an_account_that_reaches_beyond_the_own_areas_is_seen_and_left_alone(
    registry: clients.Api, admin: clients.Client
) -> None:
    both = accounts.make(registry, roles=["supervisor"], areas=[WENDONG, NEIGHBOUR])

    assert admin.get(f"/registry/users/{both.user_id}").status_code == 200
    assert admin.post(f"/registry/users/{both.user_id}/deactivate").json()["code"] == "beyond_own_scope"


def test_an_admin_cannot_raise_or_close_their_own_account(registry: clients.Api) -> None:
    account = accounts.make(registry, roles=["admin"], areas=[WENDONG])
    me = registry.client(roles=["admin"], areas=[WENDONG], person_id=account.person_id)

    more = me.put(
        f"/registry/users/{account.user_id}",
        json=grants(username=account.username, roles=["admin", "supervisor"]),
        headers={"If-Match": "*"},
    )

    assert more.json()["code"] == "own_account"
    assert me.post(f"/registry/users/{account.user_id}/deactivate").json()["code"] == "own_account"


def test_the_list_walks_through_all_accounts_of_the_area_once(registry: clients.Api) -> None:
    area = f"370102009{secrets.randbelow(1000):03}"
    made = {accounts.make(registry, roles=["grid_worker"], areas=[area]).username for _ in range(5)}
    accounts.make(registry, roles=["grid_worker"], areas=["370103"])
    admin = registry.client(roles=["admin"], areas=[area])

    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = admin.get(
            "/registry/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [user["username"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(made)
    assert cursor is None
    assert admin.get("/registry/users", params={"role": "supervisor"}).json()["items"] == []


def test_the_journal_names_who_changed_what_and_holds_nothing_personal(
    registry: clients.Api, admin: clients.Client
) -> None:
    body = grants(person_id=ids.new(), password="a good long password")
    user = admin.post("/registry/users", json=body).json()

    with registry.database.transaction() as tx:
        row = tx.execute(
            "SELECT action, actor_id, details FROM identity_journal WHERE subject_id = %s", (user["user_id"],)
        ).fetchone()

    assert row is not None
    assert row["action"] == "user_added"
    assert row["details"]["areas"] == [WENDONG]
    assert body["username"] not in str(row["details"])
