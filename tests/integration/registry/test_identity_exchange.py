"""Signing in with the token of an outside OpenID Connect issuer."""

from __future__ import annotations

import json
import pathlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from deploy.local import processes
from shared import auth, clock
from tests.support import accounts, clients, run

ISSUER, AUDIENCE = "https://id.example.cn/realms/jinan", "yiwang-client"


@dataclass(frozen=True)
class Outside:
    """An RS256 issuer with one key."""

    private: rsa.RSAPrivateKey

    def key_set(self) -> str:
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return json.dumps({"keys": [public | {"kid": "outside", "alg": "RS256", "use": "sig"}]})

    def token(self, subject: str, **claims: object) -> str:
        at = int(clock.now().timestamp())
        payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": at, "exp": at + 60} | claims
        return jwt.encode(payload, self.private, algorithm="RS256", headers={"kid": "outside"})


@pytest.fixture(scope="module")
def outside() -> Outside:
    return Outside(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def caller(
    api: Callable[[str], clients.Api],
    servers: run.TestRun,
    process: Callable[..., processes.Process],
    outside: Outside,
    tmp_path: pathlib.Path,
) -> clients.Client:
    """A caller of a registry that trusts the outside issuer, on the database of the running API."""
    keys = tmp_path / "keys.json"
    keys.write_text(outside.key_set())
    entry = {"issuer": ISSUER, "jwks_url": keys.as_uri(), "audience": AUDIENCE, "algorithm": "RS256"}
    trusting = process(
        "registry",
        "api",
        database_url=api("registry").database.url,
        amqp_url=servers.rabbitmq.url(),
        YIWANG_EXTERNAL_ISSUERS=json.dumps([entry]),
    )
    return clients.Client(trusting.url)


def test_a_linked_person_gets_our_token_and_others_a_clear_answer(
    api: Callable[[str], clients.Api], caller: clients.Client, outside: Outside
) -> None:
    subject = secrets.token_hex(8)
    linked = accounts.make(
        api("registry"), roles=["operator"], areas=["370102"], identities=[(ISSUER, subject)]
    )

    def exchange(token: str) -> tuple[int, str]:
        answer = caller.post("/registry/sessions/exchange", json={"token": token})
        return answer.status_code, answer.json().get("code", "")

    right = caller.post("/registry/sessions/exchange", json={"token": outside.token(subject)})
    assert right.status_code == 200, right.text
    me = clients.Client(caller.base_url, right.json()["access_token"]).get("/registry/me").json()
    assert (me["person_id"], me["roles"]) == (linked.person_id, ["operator"])
    assert accounts.refresh(api("registry"), accounts.cookie_of(right)).status_code == 200

    assert exchange(outside.token("somebody-else")) == (403, "identity_unknown")
    assert exchange(outside.token(subject, iss="https://elsewhere.example")) == (401, "issuer_unknown")
    assert exchange(outside.token(subject, aud="another-client")) == (401, "token_foreign")
    assert exchange(outside.token(subject, exp=1)) == (401, "token_expired")
    assert exchange("junk") == (401, "token_malformed")
    stranger = Outside(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    assert exchange(stranger.token(subject)) == (401, "token_forged")
    # Its public key used as a shared secret, the oldest trick there is.
    tricked = jwt.encode(
        {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": 0, "exp": 2**33},
        "public-key-text",
        algorithm="HS256",
        headers={"kid": "outside"},
    )
    assert exchange(tricked) == (401, "token_forged")
    # An outside token opens nothing by itself.
    direct = clients.Client(caller.base_url, outside.token(subject)).get("/registry/me")
    assert direct.json()["code"] == "token_forged"


def test_a_deactivated_account_is_not_opened_from_outside(
    api: Callable[[str], clients.Api], caller: clients.Client, outside: Outside
) -> None:
    subject = secrets.token_hex(8)
    linked = accounts.make(
        api("registry"), roles=["operator"], areas=["370102"], identities=[(ISSUER, subject)]
    )
    admin = api("registry").client(roles=[auth.Role.ADMIN], areas=["370102"])
    assert admin.post(f"/registry/users/{linked.user_id}/deactivate").status_code == 200

    answer = caller.post("/registry/sessions/exchange", json={"token": outside.token(subject)})

    assert (answer.status_code, answer.json()["code"]) == (403, "identity_unknown")
