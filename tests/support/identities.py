"""Tokens for tests, signed with a key that only this test run knows and every process under test trusts."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from typing import Any

from shared import auth, ids

ISSUER = "http://yiwang.test"


class Identities:
    """The test run's token issuer. Its key set lies in a file, where processes under test find it."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.key = auth.SigningKey.generate()
        self.key_set = folder / "jwks.json"
        self.key_set.write_text(json.dumps(auth.key_set([self.key])))

    @property
    def settings(self) -> dict[str, str]:
        """What a process needs in its environment to trust these tokens, and the registry to issue such."""
        return {
            "YIWANG_ISSUER": ISSUER,
            "YIWANG_JWKS_URL": self.key_set.as_uri(),
            "REGISTRY_SIGNING_KEY": self.key.pem,
        }

    def token(
        self,
        *,
        roles: Iterable[str] = ("resident",),
        areas: Iterable[str] = (),
        person_id: str | None = None,
        life_seconds: int = auth.TOKEN_LIFE_SECONDS,
        **claims: Any,
    ) -> str:
        """A token for a person (new unless named) with these roles and areas.

        Other claims by name: department, household, shops, home, client; also iss, aud, exp to make a bad one.
        """
        described = {
            "sub": person_id or ids.new(),
            "roles": [str(role) for role in roles],
            "areas": list(areas),
            **claims,
        }
        return auth.mint(self.key, described, issuer=ISSUER, life_seconds=life_seconds)
