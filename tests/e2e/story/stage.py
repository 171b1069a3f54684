"""What every act of the story stands on: who acts, what is asked and posted, and what is said of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from tests.e2e.story.telling import PATIENCE_SECONDS, Differs, Follower, name
from tests.support.clients import Client

PASSWORD = "yiwang-demo"
DISTRICT, SUBDISTRICT, ELSEWHERE = "370102", "370102007", "370102003"
DEPARTMENTS = ("market_supervision", "urban_management", "ecology")
RESPONDERS = {
    "market_supervision": "responder.market",
    "urban_management": "responder.urban",
    "ecology": "responder.ecology",
}


class Stage:
    """A running platform with its people; `say` gets one line at a time."""

    def __init__(self, url: str, amqp_url: str, say: Callable[[str], None]) -> None:
        self.url = url.rstrip("/")
        self.amqp_url = amqp_url
        self._say = say
        self._began = time.monotonic()
        self._callers: dict[str, Client] = {}
        self.follower: Follower | None = None

    def title(self, text: str) -> None:
        self._say(f"\n{text}")

    def line(self, who: str, what: str) -> None:
        self._say(f"  {time.monotonic() - self._began:6.2f} s  {who:<18} {what}")

    def moved(self, event: str, **data: Any) -> dict[str, Any]:
        assert self.follower is not None
        found = self.follower.expect(event, **data)
        self._say(
            f"  {time.monotonic() - self._began:6.2f} s    ↳ {name(found, full=True)} #{found['sequence']}"
        )
        return found

    def same(self, what: str, found: Any, told: Any) -> None:
        if found != told:
            raise Differs(f"{what}: {found}, not {told}")

    def anyone(self) -> Client:
        return self._callers.setdefault("", Client(f"{self.url}/api"))

    def as_(self, username: str) -> Client:
        if username not in self._callers:
            token = self.post(
                self.anyone(), "/registry/sessions", {"username": username, "password": PASSWORD}
            )["access_token"]
            self._callers[username] = Client(f"{self.url}/api", token)
        return self._callers[username]

    def task(self, responder: Client, case: dict[str, Any]) -> dict[str, Any]:
        """The department's task for the case, as soon as the whistle has been heard."""
        found: list[dict[str, Any]] = []

        def sent() -> bool:
            items = self.get(responder, "/dispatch/tasks?limit=200")["items"]
            found[:] = [task for task in items if task["case_id"] == case["case_id"]]
            return bool(found)

        self.until("the department has its task", sent)
        return found[0]

    def until(
        self, what: str, holds: Callable[[], bool], *, within_seconds: float = PATIENCE_SECONDS
    ) -> None:
        deadline = time.monotonic() + within_seconds
        pause = threading.Event()
        while not holds():
            if time.monotonic() > deadline:
                raise Differs(f"after {within_seconds:.0f} s it is still not so that {what}")
            pause.wait(0.05)

    def count(self, client: Client, path: str, **filters: Any) -> int:
        counted, cursor = 0, None
        while True:
            query = {**filters, "limit": 200} | ({"cursor": cursor} if cursor else {})
            page = _answered(client.get(path, params=query))
            counted += len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return counted

    def get(self, client: Client, path: str) -> Any:
        return _answered(client.get(path))

    def post(self, client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return _answered(client.post(path, json=body if body is not None else {}, headers=headers))


def _answered(response: Any) -> Any:
    if not response.ok:
        raise Differs(
            f"{response.request.method} {response.request.url} answered {response.status_code}: {response.text[:500]}"
        )
    return response.json() if response.content else None
