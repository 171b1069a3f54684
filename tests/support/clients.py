"""A running service as a test sees it: its address, its database, and callers with tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import requests

from deploy.local import processes
from tests.support import identities

if TYPE_CHECKING:
    from shared import db

ANSWER_SECONDS = 15.0


class Client(requests.Session):
    """Calls one address as one caller: `client.post("/cases", json={…})`."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        super().__init__()
        self.base_url = base_url
        # Nothing of the machine's proxies or netrc: the service is on the loopback address.
        self.trust_env = False
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", ANSWER_SECONDS)
        path = url.decode() if isinstance(url, bytes) else url
        return super().request(method, path if "://" in path else f"{self.base_url}{path}", *args, **kwargs)


class Api:
    """A running API process with a database of its own."""

    def __init__(
        self, process: processes.Process, database: db.Database, issuer: identities.Identities
    ) -> None:
        self.process = process
        self.database = database
        self.url = process.url
        self._issuer = issuer

    def token(self, *, roles: Iterable[str] = ("resident",), areas: Iterable[str] = (), **claims: Any) -> str:
        """A token as `Identities.token` makes it."""
        return self._issuer.token(roles=roles, areas=areas, **claims)

    def client(
        self, *, roles: Iterable[str] = ("resident",), areas: Iterable[str] = (), **claims: Any
    ) -> Client:
        """A caller with these roles and areas; `person_id=`, `department=` and so on as further claims."""
        return Client(self.url, self.token(roles=roles, areas=areas, **claims))

    def stranger(self) -> Client:
        """A caller without a token."""
        return Client(self.url)
