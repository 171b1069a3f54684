"""HTTP: signing in and out, tokens, and who the caller is (design: docs/decisions on identity)."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from nameko.extensions import DependencyProvider

from services.registry import issuing, passwords
from services.registry.api.identity_accounts import AccountsApi
from services.registry.api.identity_integrators import IntegratorsApi
from services.registry.domain import identity, identity_lockout, identity_sessions
from services.registry.schemas import identity as schemas
from services.registry.store import identity as store
from services.registry.store import identity_integrators as clients
from services.registry.store import identity_sessions as sessions
from shared import auth, db, errors, http, jwks
from shared.http import delete, get, network, post, put

COOKIE = "yiwang_refresh"
# As the browser sees it, in front of the front door.
COOKIE_PATH = "/api/registry/sessions"
KEY_SET_SECONDS = 300
_SALT_BYTES = 16

# kind and key of what is counted → its limits
Limits = Mapping[tuple[str, str], identity_lockout.Limits]


class BadClient(errors.Unauthenticated):
    """The client id or the client secret is wrong, or the integrator was revoked."""


class IssuerProvider(DependencyProvider):  # type: ignore[misc]
    """Gives the service its token issuer, and its authenticator the issuer's own keys."""

    def setup(self) -> None:
        runtime = self.container.config["runtime"]
        self._issuer = issuing.configured(runtime.config)
        # The registry must not ask itself over HTTP for what it holds in its hands.
        runtime.authenticator.keys = jwks.JsonWebKeys.fixed(self._issuer.key_set, algorithm=auth.ALGORITHM)

    def get_dependency(self, _worker_context: Any) -> issuing.Issuer:
        return self._issuer


class IdentityApi(AccountsApi, IntegratorsApi):
    """Signing in and out, accounts, outside systems."""

    # What the provider injects into each call.
    issuer: issuing.Issuer = IssuerProvider()

    @get("/.well-known/jwks.json", roles=auth.PUBLIC, answers=schemas.KeySet)
    def key_set(self, _tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """The public keys that tokens are checked with (RFC 7517)."""
        request.answer_headers["Cache-Control"] = f"public, max-age={KEY_SET_SECONDS}"
        return self.issuer.key_set

    @post(
        "/registry/sessions",
        roles=auth.PUBLIC,
        body=schemas.SignIn,
        answers=schemas.Token,
        errors=(identity.BadCredentials, identity.SignInBlocked),
    )
    def sign_in(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Sign in with a user name and a password.

        Answers a token for a quarter of an hour and sets the cookie that refreshes it.
        """
        password = request.body["password"]
        username = identity.normal_username(request.body["username"])
        limits = _limits("account", username, request)
        sessions.begin_attempt(tx, limits)
        found = store.credentials(tx, username)
        # No lock is held while the hash is reckoned; unknown names take as long as known ones.
        right = passwords.matches(found.password_hash if found else None, password)
        if identity.is_published(password) and not request.runtime.config.is_local:
            right = False
        if found is None or not right or not found.active:
            raise identity.BadCredentials()
        sessions.forgive(tx, limits)
        assert found.password_hash is not None
        if passwords.is_weak(found.password_hash):
            store.rehash(tx, found.user_id, before=found.password_hash, after=passwords.hashed(password))
        return self._begin_session(tx, request, store.user(tx, found.user_id))

    @post(
        "/registry/sessions/exchange",
        roles=auth.PUBLIC,
        body=schemas.Exchange,
        answers=schemas.Token,
        errors=(issuing.IssuerUnknown, issuing.IdentityUnknown),
    )
    def exchange(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Sign in with the token of an outside OpenID Connect issuer that is configured here."""
        foreign = self.issuer.foreign.identify(request.body["token"])
        user_id = store.user_id_of_identity(tx, foreign.issuer, foreign.subject)
        user = store.user(tx, user_id) if user_id else None
        if user is None or not user.active:
            raise issuing.IdentityUnknown(issuer=foreign.issuer, subject=foreign.subject)
        return self._begin_session(tx, request, user)

    @post(
        "/registry/sessions/refresh",
        roles=auth.PUBLIC,
        answers=schemas.Token,
        errors=(identity_sessions.SessionEnded, identity_sessions.RefreshReused),
    )
    def refresh(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Get a new token for the cookie set at sign-in.

        The cookie is replaced each time. Several tabs may do this at the same moment; a copy used later ends the
        sign-in everywhere.
        """
        presented = _presented(request)
        if presented is None:
            raise identity_sessions.SessionEnded()
        sessions.lock_session_of(tx, presented)
        token, successor = self._next_token(tx, presented)
        user = store.user(tx, successor.user_id)
        if not user.active:
            raise identity_sessions.SessionEnded()
        _set_cookie(request, token)
        return _token(self.issuer.token_for(user))

    @delete("/registry/sessions/current", roles=auth.PUBLIC)
    def sign_out(self, tx: db.Tx, request: http.Request) -> None:
        """Sign out: the cookie is void from now on, and taken back."""
        presented = _presented(request)
        found = sessions.refresh_token(tx, presented) if presented else None
        if found:
            sessions.end_session(tx, found.session_id, reason="logout")
        request.answer_cookies.append({"key": COOKIE, "value": "", "max_age": 0, "path": COOKIE_PATH})

    @post(
        "/registry/tokens",
        roles=auth.PUBLIC,
        body=schemas.ClientCredentials,
        answers=schemas.Token,
        errors=(BadClient, identity.SignInBlocked),
    )
    def client_token(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Get a token for an outside system (client credentials, RFC 6749 §4.4, as JSON)."""
        secret = request.body["client_secret"]
        limits = _limits("client", request.body["client_id"], request)
        sessions.begin_attempt(tx, limits)
        client = clients.client(tx, request.body["client_id"])
        given = passwords.secret_hash(secret)
        right = client is not None and hmac.compare_digest(given, client.secret_hash)
        if identity.is_published(secret) and not request.runtime.config.is_local:
            right = False
        if client is None or not right or not client.is_alive:
            raise BadClient()
        sessions.forgive(tx, limits)
        token = self.issuer.token_for_client(
            integrator_id=client.integrator_id, name=client.name, areas=client.areas
        )
        return _token(token)

    @get("/registry/me", roles=auth.ANYONE, answers=schemas.Me)
    def me(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Who the caller is and what their token allows. Changed roles show after the next refresh."""
        actor = request.actor
        user_id = store.user_id_of_person(tx, actor.person_id)
        user = store.user(tx, user_id) if user_id else None
        return {
            "person_id": actor.person_id,
            "username": user.username if user else None,
            "name": user.name if user else None,
            "roles": sorted(actor.roles),
            "areas": list(actor.areas),
            "department": actor.department,
            "household": actor.household,
            "shops": list(actor.shops),
            "home": actor.home,
            "client": actor.client,
        }

    @put(
        "/registry/me/password",
        roles=auth.ANYONE,
        body=schemas.NewPassword,
        errors=(identity.BadCredentials, identity.SignInBlocked),
    )
    def change_password(self, tx: db.Tx, request: http.Request) -> None:
        """Change the own password. Every other sign-in of the account ends."""
        user_id = store.user_id_of_person(tx, request.actor.person_id)
        if user_id is None:
            raise identity.UserUnknown()
        user = store.user(tx, user_id)
        identity.check_password(
            request.body["password"],
            username=user.username,
            published_allowed=request.runtime.config.is_local,
        )
        limits = _limits("account", user.username, request)
        sessions.begin_attempt(tx, limits)
        found = store.credentials(tx, user.username)
        if not passwords.matches(found.password_hash if found else None, request.body["present"]):
            raise identity.BadCredentials()
        sessions.forgive(tx, limits)
        store.set_password(tx, user_id, passwords.hashed(request.body["password"]))
        sessions.end_sessions_of(tx, user_id, reason="password")
        store.note(tx, actor_id=user.person_id, action="password_changed", subject_id=user_id)
        self._begin_session(tx, request, user)

    def _begin_session(self, tx: db.Tx, request: http.Request, user: identity.User) -> dict[str, Any]:
        token = secrets.token_bytes(identity_sessions.TOKEN_BYTES)
        sessions.begin_session(tx, user.user_id, token=token, salt=secrets.token_bytes(_SALT_BYTES))
        _set_cookie(request, token)
        return _token(self.issuer.token_for(user))

    def _next_token(self, tx: db.Tx, presented: bytes) -> tuple[bytes, identity_sessions.RefreshToken]:
        """The refresh token that takes the presented one's place, under the session's lock.

        Raises SessionEnded or RefreshReused.
        """
        at = db.now(tx)
        token = presented
        for _ in range(identity_sessions.MOST_SUCCESSORS):
            found = sessions.refresh_token(tx, token)
            if found is None:
                raise identity_sessions.SessionEnded()
            match identity_sessions.judge(found, at=at):
                case identity_sessions.Verdict.FOLLOW:
                    token = identity_sessions.successor(token, found.salt)
                case identity_sessions.Verdict.ROTATE if token != presented:
                    # Another tab was given this one a moment ago and has not used it yet.
                    return token, found
                case identity_sessions.Verdict.ROTATE:
                    sessions.use_refresh_token(tx, token, at=at)
                    successor = identity_sessions.successor(token, found.salt)
                    sessions.add_refresh_token(
                        tx, found.session_id, token=successor, salt=secrets.token_bytes(_SALT_BYTES)
                    )
                    return successor, found
                case identity_sessions.Verdict.REUSED:
                    sessions.end_session(tx, found.session_id, reason="reuse")
                    store.note(tx, actor_id=None, action="refresh_reused", subject_id=found.user_id)
                    sessions.commit(tx)
                    raise identity_sessions.RefreshReused()
                case identity_sessions.Verdict.ENDED:
                    break
        raise identity_sessions.SessionEnded()


def _limits(kind: str, key: str, request: http.Request) -> Limits:
    return {
        (kind, key[:100]): identity_lockout.ACCOUNT,
        ("address", network.network_of(request.http)): identity_lockout.ADDRESS,
    }


def _token(token: str) -> dict[str, Any]:
    return {"access_token": token, "expires_in": auth.TOKEN_LIFE_SECONDS}


def _presented(request: http.Request) -> bytes | None:
    """The refresh token of the request's cookie; None when there is none that we could have made."""
    text = request.http.cookies.get(COOKIE, "")
    try:
        token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == identity_sessions.TOKEN_BYTES else None


def _set_cookie(request: http.Request, token: bytes) -> None:
    request.answer_cookies.append(
        {
            "key": COOKIE,
            "value": base64.urlsafe_b64encode(token).decode().rstrip("="),
            "max_age": int(identity_sessions.LONGEST.total_seconds()),
            "path": COOKIE_PATH,
            "httponly": True,
            "samesite": "Strict",
            # A developer's machine has no certificate.
            "secure": not request.runtime.config.is_local,
        }
    )
