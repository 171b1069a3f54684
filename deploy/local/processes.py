"""One process of one service, as `python -m shared.run <service> <role>` runs it."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

from deploy.local import children, ports

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
# Longer than a process takes to drain what it has in hand.
STOP_SECONDS = 30.0
TASK_SECONDS = 300.0
# Its database runs before a task is started; somebody is waiting to hear that an address is wrong.
PATIENCE_SECONDS = 10


class Process(children.Child):
    """An api, worker or relay with ports of its own. `replica` tells several of the same service and role apart.

    `settings` are environment variables for it; ports, host and module path are added here.
    """

    def __init__(
        self,
        service: str,
        role: str,
        settings: Mapping[str, str],
        *,
        log: pathlib.Path,
        replica: int = 1,
        http_port: int | None = None,
        admin_port: int | None = None,
    ) -> None:
        self.service = service
        self.role = role
        self.replica = replica
        self.admin_port = ports.keep(admin_port)
        # Only an api listens for requests.
        self.http_port = ports.keep(http_port) if role == "api" else None
        super().__init__(
            f"{service}-{role}" + (f"-{replica}" if replica > 1 else ""),
            command(service, role),
            environment=surroundings(
                {
                    **settings,
                    "HTTP_HOST": "127.0.0.1",
                    "ADMIN_HOST": "127.0.0.1",
                    "ADMIN_PORT": str(self.admin_port),
                    **({"HTTP_PORT": str(self.http_port)} if self.http_port else {}),
                }
            ),
            log=log,
            directory=ROOT,
        )

    @property
    def url(self) -> str:
        """Where an api answers, without the front door."""
        if self.http_port is None:
            raise ValueError(f"{self.name} has no HTTP port")
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def admin_url(self) -> str:
        """Base address of /live, /ready and /metrics."""
        return f"http://127.0.0.1:{self.admin_port}"

    def is_ready(self) -> bool:
        """Whether /ready says yes now."""
        return answers_ready(self.admin_url)

    def wait_ready(self, *, deadline_seconds: float = READY_SECONDS) -> None:
        """Waits for /ready; raises StartFailed with the end of the log when it does not come."""
        self.wait_until(self.is_ready, deadline_seconds=deadline_seconds)

    def pause(self) -> None:
        """Freezes it: its connections stay open and silent."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)


def answers_ready(url: str, *, path: str = "/ready") -> bool:
    """Whether 200 comes from there now."""
    try:
        with urllib.request.urlopen(f"{url}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run_task(service: str, task: str, settings: Mapping[str, str], *, log: pathlib.Path) -> None:
    """Runs `migrate`, `seed` or `demo` of a service to its end; raises StartFailed when it fails."""
    child = children.Child(
        f"{service} {task}",
        command(service, task),
        environment=surroundings({"YIWANG_DATABASE_PATIENCE_SECONDS": str(PATIENCE_SECONDS), **settings}),
        log=log,
        directory=ROOT,
    )
    child.start()
    finished = child.wait(deadline_seconds=TASK_SECONDS)
    if not finished:
        child.kill()
    if child.exit_code != 0:
        reason = "failed" if finished else f"took longer than {TASK_SECONDS:.0f} s"
        raise children.StartFailed(f"{task} of {service} {reason}, see {log}:\n{child.last_words()}")


def command(service: str, role: str) -> list[str]:
    return [sys.executable, "-m", "shared.run", service, role]


def surroundings(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: the caller's without anything the platform itself reads, then `settings`."""
    ours = ("YIWANG_", "DATABASE_URL", "AMQP_URL", "HTTP_", "ADMIN_", "REGISTRY_", "RABBITMQ_", "PG")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        # Memory that password hashing freed goes back to the system (deploy/images/Dockerfile has the figures).
        "MALLOC_MMAP_THRESHOLD_": "131072",
        **settings,
    }


def services() -> list[str]:
    """The services of this checkout, by name: those with an api."""
    return sorted(
        folder.name
        for folder in (ROOT / "services").iterdir()
        if (folder / "api.py").exists() or (folder / "api" / "__init__.py").exists()
    )
