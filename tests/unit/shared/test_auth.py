"""Tokens: what is accepted, what is refused with which code, and what an actor may see."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from shared import auth, clock, errors, jwks

ISSUER = "http://yiwang.test"
PERSON = "6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b"
KEY = auth.SigningKey.generate()


@dataclass(frozen=True)
class Settings:
    state_dir: Path
    # Nothing listens there: only keys given or cached can be used.
    jwks_url: str = "http://127.0.0.1:9/jwks.json"
    issuer: str = ISSUER


@pytest.fixture
def authenticator(tmp_path: Path) -> auth.Authenticator:
    authenticator = auth.Authenticator(Settings(tmp_path))
    authenticator.keys.replace(auth.key_set([KEY]))
    return authenticator


def token(key: auth.SigningKey = KEY, **claims: Any) -> str:
    return "Bearer " + auth.mint(key, {"sub": PERSON, **claims}, issuer=ISSUER)


def test_the_claims_of_a_good_token_become_the_actor(authenticator: auth.Authenticator) -> None:
    actor = auth.Actor(
        person_id=PERSON,
        roles=frozenset({auth.Role.RESPONDER, auth.Role.RESIDENT}),
        areas=("370102",),
        department="370102-ecology",
        household="2a0b3d7c-0000-4000-8000-000000000001",
        shops=("2a0b3d7c-0000-4000-8000-000000000002",),
        home="370102007003001",
    )

    assert authenticator.authenticate(token(**auth.claims_of(actor))) == actor


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Basic YWRtaW46YWRtaW4=", "token_malformed"),
        ("Bearer", "token_malformed"),
        ("Bearer not-a-token", "token_malformed"),
        ("Bearer a.b.c", "token_malformed"),
        ("Bearer ключ", "token_malformed"),
        ("Bearer " + "a" * (auth.LONGEST_TOKEN_CHARACTERS + 1), "token_malformed"),
    ],
)
def test_a_header_without_a_readable_token_is_refused(
    authenticator: auth.Authenticator, header: str | None, code: str
) -> None:
    with pytest.raises(errors.Unauthenticated) as refused:
        authenticator.authenticate(header)

    assert refused.value.code == code


def test_a_token_of_an_unknown_key_is_forged(authenticator: auth.Authenticator) -> None:
    with pytest.raises(auth.TokenForged):
        authenticator.authenticate(token(auth.SigningKey.generate()))


def test_a_token_signed_by_another_under_a_known_key_id_is_forged(authenticator: auth.Authenticator) -> None:
    stranger = auth.SigningKey.generate()
    forged = jwt.encode({"sub": PERSON}, stranger.private, algorithm="EdDSA", headers={"kid": KEY.key_id})

    with pytest.raises(auth.TokenForged):
        authenticator.authenticate(f"Bearer {forged}")


@pytest.mark.parametrize(("algorithm", "secret"), [("none", ""), ("HS256", KEY.public_jwk["x"])])
def test_no_algorithm_but_the_fixed_one_is_accepted(
    authenticator: auth.Authenticator, algorithm: str, secret: str
) -> None:
    claims = {"iss": ISSUER, "aud": "yiwang", "sub": PERSON, "iat": 0, "exp": 2**33}
    forged = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": KEY.key_id})

    with pytest.raises(auth.TokenForged):
        authenticator.authenticate(f"Bearer {forged}")


def test_a_changed_payload_is_forged(authenticator: auth.Authenticator) -> None:
    head, _, signature = token(roles=["resident"]).split(".")
    richer = token(roles=["admin"]).split(".")[1]

    with pytest.raises(auth.TokenForged):
        authenticator.authenticate(f"{head}.{richer}.{signature}")


@pytest.mark.parametrize("claim", ["iss", "aud"])
def test_a_token_of_or_for_somebody_else_is_foreign(authenticator: auth.Authenticator, claim: str) -> None:
    with pytest.raises(auth.TokenForeign):
        authenticator.authenticate(token(**{claim: "https://elsewhere.example"}))


@pytest.mark.parametrize(
    "claims",
    [{"sub": "not-a-uuid"}, {"sub": 7}, {"areas": "370102"}, {"areas": [""]}, {"areas": ["37010"]}, {"roles": [1]},
     {"shops": "x"}, {"household": 3}],
)  # fmt: skip
def test_claims_of_another_form_are_malformed(
    authenticator: auth.Authenticator, claims: dict[str, Any]
) -> None:
    with pytest.raises(auth.TokenMalformed):
        authenticator.authenticate(token(**claims))


def test_a_role_this_release_does_not_know_gives_nothing(authenticator: auth.Authenticator) -> None:
    actor = authenticator.authenticate(token(roles=["resident", "emperor"]))

    assert actor.roles == {auth.Role.RESIDENT}


def aged(seconds: int) -> str:
    issued = clock.now() - timedelta(seconds=seconds)
    return "Bearer " + auth.mint(KEY, {"sub": PERSON}, issuer=ISSUER, at=issued)


def test_a_token_is_good_until_its_end_plus_leeway_and_not_past_it(authenticator: auth.Authenticator) -> None:
    # Two seconds of room on either side, the clock being the real one.
    limit = auth.TOKEN_LIFE_SECONDS + auth.LEEWAY_SECONDS

    assert authenticator.authenticate(aged(limit - 2))
    with pytest.raises(auth.TokenExpired):
        authenticator.authenticate(aged(limit + 2))


def test_a_remembered_token_expires_too(
    authenticator: auth.Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = token()
    authenticator.authenticate(header)
    later = clock.now() + timedelta(seconds=auth.TOKEN_LIFE_SECONDS + auth.LEEWAY_SECONDS + 1)
    monkeypatch.setattr(clock, "now", lambda: later)

    with pytest.raises(auth.TokenExpired):
        authenticator.authenticate(header)


def test_a_verified_token_is_not_verified_again(
    authenticator: auth.Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = token()
    first = authenticator.authenticate(header)
    monkeypatch.setattr(auth, "verify", None)

    assert authenticator.authenticate(header) is first


def test_withdrawing_a_key_forgets_the_tokens_it_signed(authenticator: auth.Authenticator) -> None:
    header = token()
    authenticator.authenticate(header)
    authenticator.keys.replace(auth.key_set([auth.SigningKey.generate()]))

    with pytest.raises(auth.TokenForged):
        authenticator.authenticate(header)


def test_two_keys_are_good_while_one_takes_over_from_the_other(authenticator: auth.Authenticator) -> None:
    successor = auth.SigningKey.generate()
    authenticator.keys.replace(auth.key_set([KEY, successor]))

    assert authenticator.authenticate(token()) == authenticator.authenticate(token(successor))


def test_the_memory_for_tokens_is_bounded(
    authenticator: auth.Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "MOST_REMEMBERED_TOKENS", 10)
    for number in range(25):
        authenticator.authenticate(token(n=number))

    assert len(authenticator._remembered) <= 10


def test_without_any_keys_the_answer_is_unavailable_and_not_unauthenticated(tmp_path: Path) -> None:
    with pytest.raises(jwks.KeysUnavailable):
        auth.Authenticator(Settings(tmp_path)).authenticate(token())


def test_keys_on_disk_serve_while_the_issuer_is_down(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    cached = {"url": settings.jwks_url, "document": auth.key_set([KEY])}
    (tmp_path / "jwks.json").write_text(json.dumps(cached))

    assert auth.Authenticator(settings).authenticate(token()).person_id == PERSON


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"url": "http://elsewhere/", "document": {}}', '{"keys": 1}']
)
def test_a_torn_or_foreign_cache_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)

    with pytest.raises(jwks.KeysUnavailable):
        auth.Authenticator(Settings(tmp_path)).authenticate(token())


def test_junk_key_ids_ask_the_issuer_once_in_a_while_only(
    authenticator: auth.Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(_keys: jwks.JsonWebKeys) -> object:
        asked.append("once")
        return auth.key_set([KEY])

    monkeypatch.setattr(jwks.JsonWebKeys, "_fetch", fetch)
    for _ in range(20):
        with pytest.raises(auth.TokenForged):
            authenticator.authenticate(token(auth.SigningKey.generate()))

    assert len(asked) == 1


def test_a_new_key_is_fetched_when_first_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    successor = auth.SigningKey.generate()
    monkeypatch.setattr(jwks.JsonWebKeys, "_fetch", lambda _keys: auth.key_set([KEY, successor]))
    authenticator = auth.Authenticator(Settings(tmp_path))

    assert authenticator.authenticate(token(successor)).person_id == PERSON
    assert json.loads((tmp_path / "jwks.json").read_text())["document"] == auth.key_set([KEY, successor])


def test_a_signing_key_survives_its_pem_and_keeps_its_id() -> None:
    copy = auth.SigningKey.from_pem(KEY.pem)

    assert copy.key_id == KEY.key_id
    assert "d" not in copy.public_jwk


def test_the_key_id_is_the_rfc_7638_thumbprint() -> None:
    # The key and thumbprint of RFC 8037, appendix A.
    pem = (
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n"
    )

    assert auth.SigningKey.from_pem(pem).key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def actor(*areas: str, roles: frozenset[auth.Role] = frozenset()) -> auth.Actor:
    return auth.Actor(person_id=PERSON, areas=areas, roles=roles)


def test_an_actor_sees_the_scope_itself_and_what_lies_below_it() -> None:
    caller = actor("370102007", "370102008001")

    assert caller.sees("370102007")
    assert caller.sees("37010200700300102")
    assert caller.sees("370102008001")
    assert not caller.sees("370102008002")
    assert not caller.sees("370102")


def test_an_actor_without_areas_sees_none() -> None:
    assert not actor().sees("370102")


def test_scopes_never_overlap() -> None:
    assert actor("370102007003", "370102", "370102007", "370103001", "370103001").scopes == [
        "370102",
        "370103001",
    ]


def test_the_role_axis() -> None:
    worker = actor(roles=frozenset({auth.Role.GRID_WORKER}))
    nobody = actor()

    assert auth.permits(auth.PUBLIC, None)
    assert not auth.permits(auth.ANYONE, None)
    assert auth.permits(auth.ANYONE, nobody)
    assert auth.permits(auth.STAFF, worker)
    assert not auth.permits(auth.STAFF, nobody)
    assert not auth.permits(frozenset({auth.Role.ADMIN}), worker)
    assert not auth.permits(frozenset(), worker)
