"""Demonstration accounts: every role in local mode, and no way in with them anywhere else."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable

import pytest

from deploy.local import processes
from services.registry import demo_users
from shared import auth
from tests.support import accounts, clients, run


@pytest.fixture(scope="module")
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    registry = api("registry")
    demo_users.load(registry.database)
    return registry


def test_there_is_somebody_to_sign_in_for_every_role(registry: clients.Api) -> None:
    found: set[str] = set()
    for username in (
        "resident", "worker", "lead", "officer", "caller", "dispatcher", "operator", "supervisor", "mediator",
        "property", "teamlead", "volunteer", "shopkeeper", "admin", "responder.market", "responder.urban",
        "responder.ecology", "responder.public_security",
    ):  # fmt: skip
        answer = accounts.sign_in(registry, username, demo_users.PASSWORD)
        assert answer.status_code == 200, username
        me = accounts.bearer(registry, answer).get("/registry/me").json()
        assert me["person_id"] == demo_users.person_id(username)
        found |= set(me["roles"])

    assert found == {role.value for role in auth.Role} - {"integrator"}


def test_the_demo_integrator_gets_its_token(registry: clients.Api) -> None:
    answer = registry.stranger().post(
        "/registry/tokens",
        json={
            "grant_type": "client_credentials",
            "client_id": demo_users.INTEGRATOR,
            "client_secret": demo_users.PASSWORD,
        },
    )

    assert answer.status_code == 200, answer.text


def test_loading_again_changes_nothing(registry: clients.Api) -> None:
    def rows() -> list[object]:
        with registry.database.transaction() as tx:
            return list(
                tx.execute(
                    "SELECT user_id, username, roles, areas, version FROM users WHERE username = 'admin'"
                ).fetchall()
            )

    before = rows()
    demo_users.load(registry.database)

    assert rows() == before


def test_published_secrets_open_nothing_in_production(
    registry: clients.Api, servers: run.TestRun, process: Callable[..., processes.Process]
) -> None:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    live = process(
        "registry",
        "api",
        database_url=registry.database.url,
        amqp_url=servers.rabbitmq.url(),
        YIWANG_MODE="production",
        YIWANG_PII_KEYS=json.dumps({"1": key}),
        YIWANG_PII_INDEX_KEY=key,
    )
    caller = clients.Client(live.url)
    mine = accounts.make(registry)

    demo = caller.post("/registry/sessions", json={"username": "admin", "password": demo_users.PASSWORD})
    client = caller.post(
        "/registry/tokens",
        json={
            "grant_type": "client_credentials",
            "client_id": demo_users.INTEGRATOR,
            "client_secret": demo_users.PASSWORD,
        },
    )
    real = caller.post("/registry/sessions", json={"username": mine.username, "password": mine.password})

    assert (demo.status_code, client.status_code, real.status_code) == (401, 401, 200)
    assert "Secure" in real.headers["Set-Cookie"]
