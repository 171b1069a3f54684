"""What the integrator of the story hears, and how a step that went otherwise is told."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
# What a person would wait before calling it broken; every step is expected within moments.
PATIENCE_SECONDS = 30.0


class Differs(Exception):
    """A step did not go as told."""


@dataclass
class Follower:
    """An integrator: runs `shared/client.py` with its own account and keeps what it printed."""

    url: str
    stream: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "shared" / "client.py"), self.stream, "--since", "first"],
            env={**os.environ, "YIWANG_AMQP_URL": self.url},
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._arrived.put(json.loads(line))

    def expect(self, event: str, **data: Any) -> dict[str, Any]:
        """The event of this name whose data has these values; waits for it. Raises Differs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        looked_at = 0
        while True:
            for found in self.seen[looked_at:]:
                if name(found) == event and all(found["data"].get(k) == v for k, v in data.items()):
                    return found
            looked_at = len(self.seen)
            left = deadline - time.monotonic()
            try:
                self.seen.append(self._arrived.get(timeout=max(left, 0.01)))
            except queue.Empty as nothing:
                if left <= 0:
                    raise Differs(f"no {event} with {data} within {PATIENCE_SECONDS:.0f} s") from nothing

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def replay(self, since: str) -> list[dict[str, Any]]:
        """Everything the account may read, again, from a moment on."""
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "shared" / "client.py"),
                self.stream,
                "--since",
                since,
                "--idle",
                "2",
            ],
            env={**os.environ, "YIWANG_AMQP_URL": self.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise Differs(f"the integrator's replay failed: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def name(event: dict[str, Any], *, full: bool = False) -> str:
    """`case_reported`, or in full `cases.case_reported`."""
    _, service, name, _ = event["type"].split(".")
    return f"{service}.{name}" if full else str(name)
