"""Child processes that cannot outlive whoever started them.

Every child runs in a session of its own (a Ctrl-C in the terminal reaches only the starter, which then stops its
children in order), gets a signal from the kernel when the starter dies however it dies, and carries the
starter's mark in its environment, so that what is left of a crashed run can be found and ended.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

MARK_NAME = "YIWANG_RUN"
# One mark for everything this process starts. An inherited one is not reused: a test run started from a
# running platform must never take the platform's processes for its own.
MARK = secrets.token_hex(8)

SERVERS = {"postgres", "nginx", "beam.smp", "epmd"}

# The kernel's parent-death signal is tied to the *thread* that forked. All forks therefore happen in one
# thread that lives as long as this process, whichever thread asked for them.
_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="children")


# A starter that died before its child had asked for that signal sends none: the child looks for itself, once it
# has asked, and only then becomes what it is to be.
UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"'


class StartFailed(RuntimeError):
    """A server or process did not become ready; the message is a sentence for the person who started it."""


class Child:
    """One child process, started at most once at a time; its output goes to `log`.

    `user` is whom to run as when this process is root; ignored otherwise.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: pathlib.Path,
        directory: pathlib.Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.log = log
        self.directory = directory
        self.user = user if os.geteuid() == 0 else None
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        process = self.process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def running(self) -> bool:
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process is not None else None

    def start(self) -> None:
        """Starts it, unless it runs."""
        with self._lock:
            if not self.running:
                self._end_group()
                self.process = _forker.submit(self._fork).result()

    def _fork(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = ["setpriv", "--pdeathsig", self.stop_signal.name.removeprefix("SIG")]
        if self.user:
            command += ["--reuid", self.user, "--regid", self.user, "--init-groups"]
        command += ["--", "sh", "-c", UNLESS_ORPHANED, str(os.getpid())]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [*command, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={**self.environment, MARK_NAME: MARK},
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process itself, if it runs."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(number)

    def terminate(self) -> None:
        """Asks it to stop, without waiting."""
        self.signal(self.stop_signal)

    def kill(self) -> None:
        """kill -9 of the process and all in its session's group; waits until it is gone."""
        with self._lock:
            if self.process is not None:
                self._end_group()
                self.process.wait(timeout=10)

    def _end_group(self) -> None:
        """Kills what is left of the last start: nginx's workers outlive their master and keep its port."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, *, deadline_seconds: float) -> bool:
        """Waits until it has ended; False when it still runs at the deadline."""
        if self.process is None:
            return True
        try:
            self.process.wait(timeout=deadline_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, *, deadline_seconds: float = 20.0) -> None:
        """Asks it to stop, waits, and kills it when it has not ended by the deadline."""
        self.terminate()
        if not self.wait(deadline_seconds=deadline_seconds):
            self.kill()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for a message about its failure."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def wait_until(self, ready: Callable[[], bool], *, deadline_seconds: float) -> None:
        """Waits until `ready()`; raises StartFailed when the process ends first or the deadline passes."""
        end = time.monotonic() + deadline_seconds
        while not ready():
            if not self.running:
                raise StartFailed(f"{self.name} ended while starting, see {self.log}:\n{self.last_words()}")
            if time.monotonic() > end:
                raise StartFailed(
                    f"{self.name} was not ready after {deadline_seconds:.0f} s, see {self.log}:\n{self.last_words()}"
                )
            time.sleep(0.03)


def wait_for(condition: Callable[[], bool], *, deadline_seconds: float, what: str) -> None:
    """Waits until `condition()`; raises TimeoutError naming `what` after the deadline."""
    end = time.monotonic() + deadline_seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {deadline_seconds:.0f} s")
        time.sleep(0.03)


def left_behind(mark: str | None, folder: pathlib.Path) -> list[int]:
    """Ids of live processes of a run, whoever's children they are now.

    A process belongs to the run when it carries `mark` in its environment. PostgreSQL and nginx overwrite
    that memory with their titles: they, and the broker's, are known by working in or being told of `folder`.
    """
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if _is_marked(entry, mark) or _is_server_of(entry, folder):
                found.append(int(entry.name))
    return sorted(found)


def _is_marked(entry: pathlib.Path, mark: str | None) -> bool:
    return mark is not None and f"{MARK_NAME}={mark}".encode() in (entry / "environ").read_bytes().split(
        b"\0"
    )


def _is_server_of(entry: pathlib.Path, folder: pathlib.Path) -> bool:
    if (entry / "exe").resolve().name not in SERVERS:
        return False
    told = (entry / "cmdline").read_bytes()
    return f"{folder}/".encode() in told or (entry / "cwd").resolve().is_relative_to(folder)


def end_left_behind(mark: str | None, folder: pathlib.Path, *, deadline_seconds: float = 5.0) -> list[int]:
    """Kills what is left of a run; returns the ids that had to be killed."""
    found = left_behind(mark, folder)
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if found:
        wait_for(
            lambda: not left_behind(mark, folder),
            deadline_seconds=deadline_seconds,
            what="killed processes' end",
        )
    return found
