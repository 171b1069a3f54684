"""People at work while things break: report, whistle, resolve, read, each repeated until it is answered.

Every write carries an Idempotency-Key and is sent again with it until it gets an answer, as a client on a
bad line does; so whatever is killed meanwhile, each must have happened exactly once.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from deploy.local import platform as local
from tests.support.clients import Client

_PASSWORD = "yiwang-demo"
_GRID = "370102007001001"
# A write not answered for so long is a fault of the platform, not of the line.
PATIENCE_SECONDS = 120.0
DEPARTMENTS = ("370102-market_supervision", "370102-urban_management", "370102-ecology")


@dataclass
class Load:
    """Several people at once. `with Load(platform, people=4, seed=1):` runs until the block ends."""

    platform: local.Platform
    people: int = 4
    seed: int = 1
    done: int = 0
    retried: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._url = f"{self.platform.url}/api"
        self._tokens = {name: self._sign_in(name) for name in ("resident", "worker")}
        self._place = Client(self._url).get(f"/registry/grids/{_GRID}").json()["centre"]
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(self.seed + number),))
            for number in range(self.people)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=PATIENCE_SECONDS + 30)

    def _sign_in(self, username: str) -> str:
        answer = Client(self._url).post(
            "/registry/sessions", json={"username": username, "password": _PASSWORD}
        )
        token: str = answer.json()["access_token"]
        return token

    def _work(self, chance: random.Random) -> None:
        resident, worker = (Client(self._url, self._tokens[name]) for name in ("resident", "worker"))
        while not self._stop.is_set():
            try:
                self._one_matter(resident, worker, chance)
            except AssertionError as problem:
                self.problems.append(str(problem))
                return
            with self._lock:
                self.done += 1

    def _one_matter(self, resident: Client, worker: Client, chance: random.Random) -> None:
        case = self._write(
            resident,
            "/cases",
            {"words": "垃圾满溢。", "place": self._place, "category": "city.exposed_rubbish"},
        )
        path = f"/cases/{case['case_id']}"
        if chance.random() < 0.8:
            departments = chance.sample(DEPARTMENTS, chance.randint(1, 3))
            self._write(worker, f"{path}/whistle", {"kind": "grid_calls_offices", "departments": departments})
        else:
            self._write(worker, f"{path}/triage", {})
        self._write(worker, f"{path}/resolve", {"words": "已整改。"})
        assert self._read(worker, path)["state"] == "resolved", f"{path} is not resolved"

    def _write(self, client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = uuid.uuid4().hex
        return self._until_answered(
            lambda: client.post(path, json=body, headers={"Idempotency-Key": key}), path
        )

    def _read(self, client: Client, path: str) -> dict[str, Any]:
        return self._until_answered(lambda: client.get(path), path)

    def _until_answered(self, send: Any, path: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = send()
            except requests.RequestException as error:
                trouble = type(error).__name__
            else:
                if answer.ok:
                    found: dict[str, Any] = answer.json()
                    return found
                trouble = f"{answer.status_code} {answer.text[:200]}"
                # Busy, in flight and unavailable are to be repeated; anything else is a wrong answer.
                assert answer.status_code in (409, 429, 502, 503, 504), f"{path}: {trouble}"
                assert answer.status_code != 409 or "request_in_flight" in trouble, f"{path}: {trouble}"
            assert time.monotonic() < deadline, (
                f"{path}: not answered for {PATIENCE_SECONDS:.0f} s, last {trouble}"
            )
            with self._lock:
                self.retried += 1
            self._stop.wait(0.1)
            if self._stop.is_set():
                # The block has ended; finish this write all the same, so that nothing is left half told.
                time.sleep(0.1)
