"""The registry as a token issuer: its signing keys, and the outside issuers whose tokens it exchanges.

`REGISTRY_SIGNING_KEY` holds one or more PEM keys. The first signs; all are published. To change keys: add the new one
as second, let every process fetch the key set, make it the first, and take the old one out a quarter of an hour later.
`YIWANG_EXTERNAL_ISSUERS` is a JSON list of {issuer, jwks_url, audience, algorithm}.
"""

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt

from services.registry.domain import identity
from shared import auth, config, errors, jwks

_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)
# Signatures only: with a shared secret, whoever can check a token could also make one.
_FOREIGN_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
MOST_KEYS = 8


class IssuerUnknown(errors.Unauthenticated):
    """This token comes from an issuer that is not configured here."""


class IdentityUnknown(errors.Forbidden):
    """Your sign-in is genuine, but no account here is linked to it; ask an admin to link it."""


@dataclass(frozen=True, kw_only=True)
class ForeignIdentity:
    """Who somebody is at an outside issuer."""

    issuer: str
    subject: str


class ForeignIssuers:
    """The outside OpenID Connect issuers that are configured, each with one fixed algorithm."""

    def __init__(self, entries: Sequence[Mapping[str, str]], *, state_dir: Path) -> None:
        self._issuers: dict[str, tuple[jwks.JsonWebKeys, str, str]] = {}
        for number, entry in enumerate(entries):
            keys = jwks.JsonWebKeys(
                entry["jwks_url"],
                algorithm=entry["algorithm"],
                cache_path=state_dir / f"jwks-foreign-{number}.json",
                through_proxy=True,
            )
            self._issuers[entry["issuer"]] = (keys, entry["algorithm"], entry["audience"])

    def identify(self, token: str) -> ForeignIdentity:
        """Who a foreign token is about, once it is proven to be genuine and meant for us.

        Raises IssuerUnknown, the errors of `auth.verify`, or KeysUnavailable.
        """
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.InvalidTokenError, ValueError) as error:
            raise auth.TokenMalformed() from error
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise IssuerUnknown()
        keys, algorithm, audience = self._issuers[issuer]
        proven = auth.verify(token, keys=keys, algorithm=algorithm, issuer=issuer, audience=audience)
        return ForeignIdentity(issuer=issuer, subject=str(proven["sub"]))


class Issuer:
    """Makes the platform's tokens."""

    def __init__(self, *, keys: Sequence[auth.SigningKey], issuer: str, foreign: ForeignIssuers) -> None:
        self._keys = tuple(keys)
        self._issuer = issuer
        self.foreign = foreign
        self.key_set = auth.key_set(keys)

    def token_for(self, user: identity.User) -> str:
        """A token that says what this account may do now."""
        actor = auth.Actor(
            person_id=user.person_id,
            roles=frozenset(auth.Role(role) for role in user.roles),
            areas=user.areas,
            department=user.department_id,
            household=user.household,
            shops=user.shops,
            home=user.home,
        )
        return auth.mint(self._keys[0], auth.claims_of(actor), issuer=self._issuer)

    def token_for_client(self, *, integrator_id: str, name: str, areas: Sequence[str]) -> str:
        """A token for an outside system."""
        actor = auth.Actor(
            person_id=integrator_id, roles=frozenset({auth.Role.INTEGRATOR}), areas=tuple(areas), client=name
        )
        return auth.mint(self._keys[0], auth.claims_of(actor), issuer=self._issuer)


def configured(settings: config.Config) -> Issuer:
    """The issuer of this process. Raises ConfigError; outside local mode a key must be given."""
    environment = config.Environment()
    pem = environment.secret("REGISTRY_SIGNING_KEY", "" if settings.is_local else None)
    keys = signing_keys(pem) if pem else [_local_key(settings.state_dir / "signing-key.pem")]
    entries = foreign_entries(environment.secret("YIWANG_EXTERNAL_ISSUERS", "[]"), local=settings.is_local)
    return Issuer(
        keys=keys, issuer=settings.issuer, foreign=ForeignIssuers(entries, state_dir=settings.state_dir)
    )


def signing_keys(pem: str) -> list[auth.SigningKey]:
    """The keys of a PEM text, the signing one first. Raises ConfigError, which never quotes a key."""
    try:
        # An environment file holds one line per variable and writes line ends as \\n.
        keys = [auth.SigningKey.from_pem(block) for block in _PEM.findall(pem.replace("\\n", "\n"))]
    except ValueError:
        raise config.ConfigError("REGISTRY_SIGNING_KEY must hold unencrypted Ed25519 keys in PEM") from None
    if not keys or len(keys) > MOST_KEYS:
        raise config.ConfigError(f"REGISTRY_SIGNING_KEY must hold 1 to {MOST_KEYS} Ed25519 keys in PEM")
    return keys


def foreign_entries(text: str, *, local: bool) -> list[dict[str, str]]:
    """The configured outside issuers. Raises ConfigError."""
    name = "YIWANG_EXTERNAL_ISSUERS"
    try:
        entries: Any = json.loads(text)
    except ValueError:
        raise config.ConfigError(f"{name} must be a JSON list") from None
    wanted = {"issuer", "jwks_url", "audience", "algorithm"}
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict)
        and set(entry) == wanted
        and all(isinstance(value, str) for value in entry.values())
        for entry in entries
    ):
        raise config.ConfigError(f"{name} must be a list of objects with {', '.join(sorted(wanted))}")
    for entry in entries:
        if entry["algorithm"] not in _FOREIGN_ALGORITHMS:
            raise config.ConfigError(
                f"{name}: {entry['algorithm']!r} is not one of {sorted(_FOREIGN_ALGORITHMS)}"
            )
        if not local and urlsplit(entry["jwks_url"]).scheme != "https":
            raise config.ConfigError(f"{name}: the key set of {entry['issuer']} must be fetched over https")
    if len({entry["issuer"] for entry in entries}) != len(entries):
        raise config.ConfigError(f"{name} names an issuer twice")
    return entries


def _local_key(path: Path) -> auth.SigningKey:
    """Local mode's key: made once and kept, so that a restart signs nobody out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(auth.SigningKey.generate().pem)
        # A link appears whole or not at all, and the first of several processes wins.
        with contextlib.suppress(FileExistsError):
            Path(path).hardlink_to(draft)
        Path(draft).unlink()
    return auth.SigningKey.from_pem(path.read_text())
