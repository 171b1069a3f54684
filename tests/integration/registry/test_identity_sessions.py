"""Signing in, refreshing, signing out, over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from services.registry.domain import identity_lockout, identity_sessions
from services.registry.store import identity_sessions as sessions
from shared import auth, jwks
from tests.support import accounts, clients
from tests.support.identities import ISSUER

WENDONG = "370102007"


@pytest.fixture
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("registry")


@pytest.fixture
def worker(registry: clients.Api) -> accounts.Account:
    return accounts.make(registry, roles=["grid_worker", "resident"], areas=[WENDONG])


def age_refresh_tokens(registry: clients.Api, user_id: str, seconds: float) -> None:
    """Makes the account's used refresh tokens look used that much longer ago."""
    with registry.database.transaction() as tx:
        tx.execute(
            "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => %s) FROM sessions"
            " WHERE sessions.session_id = refresh_tokens.session_id AND user_id = %s",
            (seconds, user_id),
        )


def test_a_sign_in_answers_a_token_that_says_who_and_what(
    registry: clients.Api, worker: accounts.Account
) -> None:
    answer = accounts.sign_in(registry, worker.username, worker.password)

    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 900
    published = jwks.JsonWebKeys.fixed(
        registry.stranger().get("/.well-known/jwks.json").json(), algorithm="EdDSA"
    )
    claims = auth.verify(
        answer.json()["access_token"], keys=published, algorithm="EdDSA", issuer=ISSUER, audience="yiwang"
    )
    assert claims["sub"] == worker.person_id
    assert claims["roles"] == ["grid_worker", "resident"]
    assert claims["areas"] == [WENDONG]
    me = accounts.bearer(registry, answer).get("/registry/me").json()
    assert me["username"] == worker.username
    assert me["roles"] == ["grid_worker", "resident"]


def test_the_refresh_cookie_is_out_of_reach_of_scripts_and_other_sites(
    registry: clients.Api, worker: accounts.Account
) -> None:
    cookie = accounts.sign_in(registry, worker.username, worker.password).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/api/registry/sessions" in cookie


def test_the_published_keys_hold_no_private_part(registry: clients.Api) -> None:
    answer = registry.stranger().get("/.well-known/jwks.json")

    assert "max-age" in answer.headers["Cache-Control"]
    for key in answer.json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}


def test_a_wrong_password_and_an_unknown_name_look_the_same(
    registry: clients.Api, worker: accounts.Account
) -> None:
    wrong = accounts.sign_in(registry, worker.username, "not the password")
    unknown = accounts.sign_in(registry, "nobody-of-this-name", "not the password")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == unknown.json()["code"] == "bad_credentials"


def test_a_name_is_found_however_it_was_typed(registry: clients.Api, worker: accounts.Account) -> None:
    assert accounts.sign_in(registry, f" {worker.username.upper()} ", worker.password).status_code == 200


def test_too_many_failures_lock_the_account_even_for_the_right_password(
    registry: clients.Api, worker: accounts.Account
) -> None:
    for _ in range(identity_lockout.ACCOUNT.free_failures + 1):
        assert accounts.sign_in(registry, worker.username, "wrong").status_code == 401

    refused = accounts.sign_in(registry, worker.username, worker.password)

    assert refused.status_code == 429
    assert refused.json()["code"] == "sign_in_blocked"
    assert 0 < int(refused.headers["Retry-After"]) <= 31


def test_a_success_before_the_limit_starts_afresh(registry: clients.Api, worker: accounts.Account) -> None:
    for _ in range(2):
        for _ in range(identity_lockout.ACCOUNT.free_failures):
            assert accounts.sign_in(registry, worker.username, "wrong").status_code == 401
        assert accounts.sign_in(registry, worker.username, worker.password).status_code == 200


def test_guesses_sent_at_once_do_not_slip_past_the_limit(
    registry: clients.Api, worker: accounts.Account
) -> None:
    # One short of a long wait, so that a slow machine does not outlast it.
    with registry.database.transaction() as tx:
        tx.execute(
            "INSERT INTO sign_in_failures (kind, key, failures, last_at) VALUES ('account', %s, 20, now())",
            (worker.username,),
        )

    with ThreadPoolExecutor(12) as pool:
        statuses = list(
            pool.map(lambda _: accounts.sign_in(registry, worker.username, "wrong").status_code, range(24))
        )

    assert sorted(statuses) == [401] + [429] * 23


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(
    registry: clients.Api, worker: accounts.Account
) -> None:
    address = accounts.new_address()
    with registry.database.transaction() as tx:
        for _ in range(identity_lockout.ADDRESS.free_failures):
            sessions.begin_attempt(
                tx, {("address", address.replace("::1", "::/64")): identity_lockout.ADDRESS}
            )
    assert accounts.sign_in(registry, "somebody-else", "wrong", address=address).status_code == 401

    same_network = address.replace("::1", "::2")

    assert (
        accounts.sign_in(registry, worker.username, worker.password, address=same_network).status_code == 429
    )
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 200


def test_a_refresh_gives_a_new_token_and_a_new_cookie(
    registry: clients.Api, worker: accounts.Account
) -> None:
    first = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))

    answer = accounts.refresh(registry, first)

    assert answer.status_code == 200, answer.text
    assert accounts.cookie_of(answer) != first
    assert accounts.bearer(registry, answer).get("/registry/me").json()["person_id"] == worker.person_id


def test_tabs_that_refresh_at_once_end_up_with_the_same_cookie(
    registry: clients.Api, worker: accounts.Account
) -> None:
    first = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: accounts.refresh(registry, first), range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({accounts.cookie_of(answer) for answer in answers}) == 1
    assert accounts.refresh(registry, accounts.cookie_of(answers[0])).status_code == 200


def test_a_copy_used_after_the_grace_ends_the_sign_in_everywhere(
    registry: clients.Api, worker: accounts.Account
) -> None:
    stolen = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))
    newest = accounts.cookie_of(accounts.refresh(registry, stolen))
    age_refresh_tokens(registry, worker.user_id, identity_sessions.GRACE.total_seconds() + 1)

    reused = accounts.refresh(registry, stolen)
    owner = accounts.refresh(registry, newest)

    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_reused")
    assert (owner.status_code, owner.json()["code"]) == (401, "session_ended")


def test_a_copy_used_within_the_grace_leads_to_the_newest_of_the_line(
    registry: clients.Api, worker: accounts.Account
) -> None:
    first = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))
    second = accounts.cookie_of(accounts.refresh(registry, first))
    third = accounts.cookie_of(accounts.refresh(registry, second))

    assert accounts.cookie_of(accounts.refresh(registry, first)) == third


@pytest.mark.parametrize("cookie", ["", "junk", "A" * 43, "é", "A" * 5000])
def test_a_cookie_we_never_gave_means_signed_out(registry: clients.Api, cookie: str) -> None:
    answer = registry.stranger().post(
        "/registry/sessions/refresh", headers={"Cookie": f"{accounts.COOKIE}={cookie}".encode()}
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


def test_signing_out_voids_the_cookie_and_can_be_repeated(
    registry: clients.Api, worker: accounts.Account
) -> None:
    cookie = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))
    header = {"Cookie": f"{accounts.COOKIE}={cookie}"}

    assert registry.stranger().delete("/registry/sessions/current", headers=header).status_code == 204
    assert registry.stranger().delete("/registry/sessions/current", headers=header).status_code == 204
    assert registry.stranger().delete("/registry/sessions/current").status_code == 204
    assert accounts.refresh(registry, cookie).json()["code"] == "session_ended"


def test_changing_the_own_password_ends_every_other_sign_in(
    registry: clients.Api, worker: accounts.Account
) -> None:
    elsewhere = accounts.cookie_of(accounts.sign_in(registry, worker.username, worker.password))
    here = accounts.sign_in(registry, worker.username, worker.password)
    me = accounts.bearer(registry, here)

    wrong = me.put("/registry/me/password", json={"present": "wrong", "password": "a new long one"})
    weak = me.put("/registry/me/password", json={"present": worker.password, "password": "short"})
    right = me.put("/registry/me/password", json={"present": worker.password, "password": "a new long one"})

    assert (wrong.status_code, weak.status_code, right.status_code) == (401, 422, 204)
    assert accounts.refresh(registry, elsewhere).status_code == 401
    assert accounts.refresh(registry, accounts.cookie_of(right)).status_code == 200
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 401
    assert accounts.sign_in(registry, worker.username, "a new long one").status_code == 200


def test_a_weak_hash_is_strengthened_at_the_next_sign_in(
    registry: clients.Api, worker: accounts.Account
) -> None:
    import argon2

    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(worker.password)
    with registry.database.transaction() as tx:
        tx.execute("UPDATE users SET password_hash = %s WHERE user_id = %s", (weak, worker.user_id))

    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 200

    with registry.database.transaction() as tx:
        row = tx.execute("SELECT password_hash FROM users WHERE user_id = %s", (worker.user_id,)).fetchone()
    assert row is not None
    assert "m=19456,t=2" in row["password_hash"]
    assert accounts.sign_in(registry, worker.username, worker.password).status_code == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"iss": "https://elsewhere.example"}, "token_foreign"), ({"aud": "somebody"}, "token_foreign"),
     ({"exp": 1}, "token_expired"), ({"sub": "not-a-uuid"}, "token_malformed")],
)  # fmt: skip
def test_bad_tokens_are_told_apart(registry: clients.Api, claims: dict[str, object], code: str) -> None:
    answer = registry.client(**claims).get("/registry/me")  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_token_signed_by_a_stranger_is_forged(registry: clients.Api) -> None:
    forged = jwt.encode(
        {"iss": ISSUER, "aud": "yiwang", "sub": "x", "iat": 0, "exp": 2**33},
        auth.SigningKey.generate().private,
        algorithm="EdDSA",
        headers={"kid": "unknown"},
    )

    answer = clients.Client(registry.url, forged).get("/registry/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_forged")
    assert registry.stranger().get("/registry/me").json()["code"] == "token_missing"
