"""The issuer's configuration: nothing that would open a door by default, and clear refusals."""

import json
from pathlib import Path

import pytest

from services.registry import issuing, passwords
from services.registry.domain import identity
from shared import auth, config, jwks

FIRST, SECOND = auth.SigningKey.generate(), auth.SigningKey.generate()
USER = identity.User(
    user_id="00000000-0000-7000-8000-000000000001",
    person_id="00000000-0000-7000-8000-000000000002",
    username="responder.ecology",
    roles=("resident", "responder"),
    areas=("370102",),
    department_id="370102-ecology",
    household="00000000-0000-7000-8000-000000000003",
    home="370102007003001",
)
ENTRY = {
    "issuer": "https://id.example.cn",
    "jwks_url": "https://id.example.cn/keys",
    "audience": "yiwang",
    "algorithm": "RS256",
}


def issuer(*keys: auth.SigningKey, foreign: issuing.ForeignIssuers | None = None) -> issuing.Issuer:
    nobody = issuing.ForeignIssuers([], state_dir=Path())
    return issuing.Issuer(keys=keys, issuer="http://yiwang.test", foreign=foreign or nobody)


def test_the_first_key_signs_and_all_are_published() -> None:
    keys = issuing.signing_keys(f"{FIRST.pem}\n{SECOND.pem}")
    made = issuer(*keys)

    assert [entry["kid"] for entry in made.key_set["keys"]] == [FIRST.key_id, SECOND.key_id]
    trusted = jwks.JsonWebKeys.fixed(auth.key_set([FIRST]), algorithm=auth.ALGORITHM)
    claims = auth.verify(
        made.token_for(USER), keys=trusted, algorithm="EdDSA", issuer="http://yiwang.test", audience="yiwang"
    )
    assert claims["sub"] == USER.person_id


def test_a_key_on_one_line_is_read_too() -> None:
    assert issuing.signing_keys(FIRST.pem.replace("\n", "\\n"))[0].key_id == FIRST.key_id


def test_a_token_carries_the_whole_authority_of_the_account() -> None:
    made = issuer(FIRST)
    trusted = jwks.JsonWebKeys.fixed(made.key_set, algorithm=auth.ALGORITHM)
    claims = auth.verify(
        made.token_for(USER), keys=trusted, algorithm="EdDSA", issuer="http://yiwang.test", audience="yiwang"
    )

    assert auth.actor_of(claims) == auth.Actor(
        person_id=USER.person_id,
        roles=frozenset({auth.Role.RESIDENT, auth.Role.RESPONDER}),
        areas=("370102",),
        department="370102-ecology",
        household=USER.household,
        home="370102007003001",
    )
    assert claims["exp"] - claims["iat"] == 15 * 60


@pytest.mark.parametrize(
    "pem", ["", "secret", FIRST.pem.replace("M", "N", 3), FIRST.pem * (issuing.MOST_KEYS + 1)]
)
def test_bad_signing_keys_stop_the_start_without_being_quoted(pem: str) -> None:
    with pytest.raises(config.ConfigError, match="REGISTRY_SIGNING_KEY") as refused:
        issuing.signing_keys(pem)

    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    "change",
    [{"algorithm": "HS256"}, {"algorithm": "none"}, {"jwks_url": "http://id.example.cn/keys"}, {"audience": 7},
     {"secret": "x"}],
)  # fmt: skip
def test_unsafe_outside_issuers_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(config.ConfigError, match="YIWANG_EXTERNAL_ISSUERS"):
        issuing.foreign_entries(json.dumps([ENTRY | change]), local=False)


def test_an_outside_issuer_is_configured_once() -> None:
    assert issuing.foreign_entries(json.dumps([ENTRY]), local=False) == [ENTRY]
    with pytest.raises(config.ConfigError):
        issuing.foreign_entries(json.dumps([ENTRY, ENTRY]), local=False)


def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: str | None) -> config.Config:
    key = "aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk="
    settings = {
        "YIWANG_MODE": "production",
        "YIWANG_ISSUER": "https://yiwang.example.cn",
        "YIWANG_JWKS_URL": "https://yiwang.example.cn/.well-known/jwks.json",
        "YIWANG_STATE_DIR": str(tmp_path),
        "YIWANG_PII_KEYS": json.dumps({"2026": key}),
        "YIWANG_PII_INDEX_KEY": key,
        "DATABASE_URL": "postgresql://nowhere/none",
        "AMQP_URL": "amqp://nowhere",
        "REGISTRY_SIGNING_KEY": FIRST.pem,
    } | changes
    for name, value in settings.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return config.load("registry", needs_personal_keys=True)


def test_production_starts_with_its_own_keys_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert issuing.configured(production(monkeypatch, tmp_path)).key_set == auth.key_set([FIRST])


@pytest.mark.parametrize("missing", ["REGISTRY_SIGNING_KEY", "YIWANG_PII_KEYS", "YIWANG_PII_INDEX_KEY"])
def test_production_refuses_to_start_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    with pytest.raises(config.ConfigError, match=missing):
        issuing.configured(production(monkeypatch, tmp_path, **{missing: None}))
    assert list(tmp_path.iterdir()) == []


def test_local_mode_makes_a_key_once_and_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = production(monkeypatch, tmp_path, YIWANG_MODE="local", REGISTRY_SIGNING_KEY=None)
    first, second = issuing.configured(settings), issuing.configured(settings)

    assert first.key_set == second.key_set
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [
        ("signing-key.pem", 0o600)
    ]


def test_a_foreign_token_is_read_by_its_issuers_key_and_audience(tmp_path: Path) -> None:
    stranger = auth.SigningKey.generate()
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(auth.key_set([stranger])))
    foreign = issuing.ForeignIssuers(
        [ENTRY | {"jwks_url": keys.as_uri(), "algorithm": "EdDSA"}], state_dir=tmp_path
    )

    def token(
        key: auth.SigningKey = stranger, issued_by: str = ENTRY["issuer"], audience: str = "yiwang"
    ) -> str:
        return auth.mint(key, {"sub": "zhang.san"}, issuer=issued_by, audience=audience)

    assert foreign.identify(token()) == issuing.ForeignIdentity(issuer=ENTRY["issuer"], subject="zhang.san")
    with pytest.raises(auth.TokenForged):
        foreign.identify(token(auth.SigningKey.generate()))
    with pytest.raises(auth.TokenForeign):
        foreign.identify(token(audience="somebody-else"))
    with pytest.raises(issuing.IssuerUnknown):
        foreign.identify(token(issued_by="https://elsewhere.example"))
    with pytest.raises(auth.TokenMalformed):
        foreign.identify("junk")


def test_passwords_are_argon2id_with_a_fresh_salt() -> None:
    one, two = passwords.hashed("correct horse"), passwords.hashed("correct horse")

    assert one.startswith("$argon2id$")
    assert one != two
    assert passwords.matches(one, "correct horse")
    assert not passwords.matches(one, "wrong horse")
    assert not passwords.is_weak(one)
    assert passwords.is_weak(one.replace("t=2", "t=1"))


@pytest.mark.parametrize("stored", [None, "", "plain", "$argon2id$torn"])
def test_no_password_opens_an_account_without_a_hash(stored: str | None) -> None:
    assert not passwords.matches(stored, "nobody has this password")


def test_a_broker_password_is_hashed_as_rabbitmq_does() -> None:
    # base64 of 4 + 32 bytes, and never twice the same.
    assert len(passwords.broker_password_hash("x")) == 48
    assert passwords.broker_password_hash("x") != passwords.broker_password_hash("x")
