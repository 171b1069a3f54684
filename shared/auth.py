"""Who is asking, and what they may do: the one place authority is decided (design.md §7).

Authority has three axes:
- **role**: the decorator's `roles=`; `permits` answers it. A wrong role is 403.
- **area**: the caller's scopes, prefixes of area codes; `Actor.sees` in Python, `AREA_FILTER` in SQL. Outside is 404.
- **relation**: own matter, own department's task, own household, own shop; the actor carries the ids, each store's
  query compares them. Outside is 404.

Tokens are JWTs signed with Ed25519 by the registry; no other algorithm is ever accepted. Checking one costs about
135 µs, so verified ones are remembered for their life.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared import areas, clock, errors, jwks

ALGORITHM = "EdDSA"
AUDIENCE = "yiwang"
TOKEN_LIFE_SECONDS = 15 * 60
LEEWAY_SECONDS = 30
LONGEST_TOKEN_CHARACTERS = 8_192
MOST_REMEMBERED_TOKENS = 20_000
_REQUIRED_CLAIMS = ["iss", "sub", "aud", "iat", "exp"]


class Role(StrEnum):
    """What a person is to the platform (domain.md §1). One person often has several."""

    RESIDENT = "resident"
    GRID_WORKER = "grid_worker"
    GRID_LEAD = "grid_lead"
    COMMUNITY_OFFICER = "community_officer"
    CALLER = "caller"
    RESPONDER = "responder"
    DISPATCHER = "dispatcher"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    MEDIATOR = "mediator"
    PROPERTY = "property"
    TEAM_LEAD = "team_lead"
    VOLUNTEER = "volunteer"
    SHOPKEEPER = "shopkeeper"
    INTEGRATOR = "integrator"
    ADMIN = "admin"


class Public(Enum):
    """The kind of a route that needs no token."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC
# Whoever carries a valid token, whatever the roles in it.
ANYONE: Final[frozenset[Role]] = frozenset(Role)
# Those who work for the government or the community and therefore have an area scope.
STAFF: Final[frozenset[Role]] = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_LEAD,
        Role.COMMUNITY_OFFICER,
        Role.CALLER,
        Role.RESPONDER,
        Role.DISPATCHER,
        Role.OPERATOR,
        Role.SUPERVISOR,
        Role.MEDIATOR,
        Role.ADMIN,
    }
)

# What a decorator's `roles=` may say.
Access = frozenset[Role] | Literal[Public.PUBLIC]

# The area axis in SQL, for a query whose other conditions already find few rows (one case, one person's tasks).
# Parameter: `actor.scopes`. The column must be COLLATE "C", as every area column is.
AREA_FILTER: Final = "area ^@ ANY(:scopes::text[])"
# Beside it in every list: the range from the first scope to the end of the last, for they are sorted. An index serves a
# range but not `^@ ANY`, and the planner learns how much of the table it is; such lists are planned each time
# (docs/decisions/0022). ':' is the character after '9'.
AREA_RANGE: Final = (
    "area >= (:scopes::text[])[1] AND area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'"
)


class TokenMissing(errors.Unauthenticated):
    """Sign in: this needs `Authorization: Bearer <token>`."""


class TokenMalformed(errors.Unauthenticated):
    """The Authorization header does not hold a token this platform can read."""


class TokenExpired(errors.Unauthenticated):
    """The token has expired; refresh it."""


class TokenForged(errors.Unauthenticated):
    """The token's signature was not made by this platform's issuer."""


class TokenForeign(errors.Unauthenticated):
    """The token was issued by somebody else or for somebody else; exchange it at the registry first."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The verified caller, as the token describes them. A change of roles or areas shows at the next refresh."""

    # The person, or for an outside system the integrator's id.
    person_id: str
    roles: frozenset[Role] = frozenset()
    # Area codes as granted; see `scopes` for filtering.
    areas: tuple[str, ...] = ()
    # `370102-ecology`; only responders and others who act for a department.
    department: str | None = None
    household: str | None = None
    shops: tuple[str, ...] = ()
    # The grid the person lives in.
    home: str | None = None
    # The client id of an integrator; None for people.
    client: str | None = None
    scopes: list[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", widest(self.areas))

    @property
    def authority(self) -> str:
        """All that decides what the actor may do, as one text: the same for the same rights."""
        return json.dumps(
            [
                sorted(self.roles),
                self.scopes,
                self.department,
                self.household,
                sorted(self.shops),
                self.client,
            ]
        )

    def sees(self, area: str) -> bool:
        """True when the area lies inside one of the actor's scopes."""
        return any(areas.inside(area, scope) for scope in self.scopes)

    def has(self, *roles: Role) -> bool:
        """True when the actor has at least one of the roles."""
        return not self.roles.isdisjoint(roles)


def widest(codes: Iterable[str]) -> list[str]:
    """The codes without those that lie inside another, sorted: prefixes that never overlap."""
    kept: list[str] = []
    for code in sorted(set(codes)):
        if not kept or not areas.inside(code, kept[-1]):
            kept.append(code)
    return kept


def permits(access: Access, actor: Actor | None) -> bool:
    """The role axis: may this caller use a route with these `roles=`? None is a caller without a token."""
    if access is PUBLIC:
        return True
    if actor is None:
        return False
    return access == ANYONE or not actor.roles.isdisjoint(access)


class Settings(Protocol):
    """What of the configuration concerns tokens (`shared/config.py`)."""

    @property
    def jwks_url(self) -> str: ...

    @property
    def issuer(self) -> str: ...

    @property
    def state_dir(self) -> Path: ...


class Authenticator:
    """Turns an Authorization header into an Actor. One per process; safe for threads and greenlets."""

    def __init__(self, settings: Settings, *, keys: jwks.JsonWebKeys | None = None) -> None:
        self._issuer = settings.issuer
        self.keys = keys or jwks.JsonWebKeys(
            settings.jwks_url, algorithm=ALGORITHM, cache_path=Path(settings.state_dir) / "jwks.json"
        )
        self._remembered: dict[bytes, tuple[float, Actor]] = {}
        self._generation = self.keys.generation

    def authenticate(self, authorization: str | None) -> Actor:
        """The caller of a request with this Authorization header.

        Raises TokenMissing, TokenMalformed, TokenExpired, TokenForged, TokenForeign (401) or KeysUnavailable (503).
        """
        token = bearer(authorization)
        fingerprint = hashlib.sha256(token.encode("ascii")).digest()
        now = clock.now().timestamp()
        if self._generation != self.keys.generation:
            # A key was withdrawn: what it signed must not live on in memory.
            self._remembered.clear()
            self._generation = self.keys.generation
        remembered = self._remembered.get(fingerprint)
        if remembered is not None:
            expires_at, actor = remembered
            if now < expires_at + LEEWAY_SECONDS:
                return actor
            self._remembered.pop(fingerprint, None)
            raise TokenExpired()
        claims = verify(token, keys=self.keys, algorithm=ALGORITHM, issuer=self._issuer, audience=AUDIENCE)
        actor = actor_of(claims)
        self._remember(fingerprint, float(claims["exp"]), actor)
        return actor

    def _remember(self, fingerprint: bytes, expires_at: float, actor: Actor) -> None:
        if len(self._remembered) >= MOST_REMEMBERED_TOKENS:
            # Insertion order is near enough to order of expiry, all tokens living equally long.
            for oldest in list(self._remembered)[: MOST_REMEMBERED_TOKENS // 10]:
                self._remembered.pop(oldest, None)
        self._remembered[fingerprint] = (expires_at, actor)


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header. Raises TokenMissing or TokenMalformed."""
    if authorization is None or not authorization.strip():
        raise TokenMissing()
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if (
        scheme.lower() != "bearer"
        or not token
        or not token.isascii()
        or len(token) > LONGEST_TOKEN_CHARACTERS
    ):
        raise TokenMalformed()
    return token


def verify(
    token: str, *, keys: jwks.JsonWebKeys, algorithm: str, issuer: str, audience: str
) -> dict[str, Any]:
    """The claims of a token of one issuer, for one audience, signed with the one algorithm fixed for the issuer.

    Raises TokenMalformed, TokenExpired, TokenForged, TokenForeign or KeysUnavailable.
    """
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise TokenMalformed() from error
    key_id = header.get("kid")
    if header.get("alg") != algorithm or not isinstance(key_id, str | None):
        raise TokenForged()
    key = keys.find(key_id)
    if key is None:
        raise TokenForged()
    try:
        return jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED_CLAIMS},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired() from error
    except (jwt.InvalidIssuerError, jwt.InvalidAudienceError) as error:
        raise TokenForeign() from error
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError) as error:
        raise TokenForged() from error
    except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
        raise TokenMalformed() from error


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The actor described by verified claims. Raises TokenMalformed when they are not of the platform's form."""
    try:
        return Actor(
            person_id=str(uuid.UUID(claims["sub"])),
            # A newer registry may know roles this release does not: they allow nothing here.
            roles=frozenset(Role(role) for role in _texts(claims, "roles") if role in set(Role)),
            areas=tuple(_areas(claims)),
            department=_text(claims, "department"),
            household=_text(claims, "household"),
            shops=tuple(_texts(claims, "shops")),
            home=_text(claims, "home"),
            client=_text(claims, "client"),
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise TokenMalformed() from error


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(name)
    return value or None


def _texts(claims: Mapping[str, Any], name: str) -> list[str]:
    values = claims.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(name)
    return values


def _areas(claims: Mapping[str, Any]) -> list[str]:
    codes = _texts(claims, "areas")
    # An empty scope would be a prefix of everything.
    if not all(areas.is_code(code) for code in codes):
        raise ValueError("areas")
    return codes


# --- Issuing: used by the registry and by tests ---


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """An Ed25519 key that signs tokens. Its id is its RFC 7638 thumbprint, so equal keys have equal ids."""

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(private=Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: str) -> "SigningKey":
        """A key from PKCS#8 PEM text. Raises ValueError for anything but an unencrypted Ed25519 private key."""
        try:
            private = serialization.load_pem_private_key(pem.encode(), password=None)
        except TypeError as error:
            raise ValueError("the signing key must not be encrypted") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("the signing key must be an Ed25519 key")  # noqa: TRY004 (text from outside, not a type mistake)
        return cls(private=private)

    @property
    def pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as published, with `kid`."""
        public = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{public["x"]}"}}'.encode()).digest()
        key_id = jwt.utils.base64url_encode(thumbprint).decode()
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": public["x"],
            "kid": key_id,
            "alg": ALGORITHM,
            "use": "sig",
        }

    @property
    def key_id(self) -> str:
        return self.public_jwk["kid"]


def key_set(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """The JWKS document of these keys' public halves."""
    return {"keys": [key.public_jwk for key in keys]}


def claims_of(actor: Actor) -> dict[str, Any]:
    """The claims that describe an actor; `actor_of` read backwards."""
    return {
        "sub": actor.person_id,
        "roles": sorted(actor.roles),
        "areas": list(actor.areas),
        "department": actor.department,
        "household": actor.household,
        "shops": list(actor.shops),
        "home": actor.home,
        "client": actor.client,
    }


def mint(
    signing_key: SigningKey,
    claims: Mapping[str, Any],
    *,
    issuer: str,
    audience: str = AUDIENCE,
    life_seconds: int = TOKEN_LIFE_SECONDS,
    at: datetime | None = None,
) -> str:
    """A signed token with these claims, issued `at` (default: now) and good for `life_seconds`."""
    issued_at = int((at or clock.now()).timestamp())
    payload = {"iss": issuer, "aud": audience, "iat": issued_at, "exp": issued_at + life_seconds, **claims}
    return jwt.encode(payload, signing_key.private, algorithm=ALGORITHM, headers={"kid": signing_key.key_id})
