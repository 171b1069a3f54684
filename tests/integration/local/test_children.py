"""Children never outlive whoever started them, and come back while they are supervised."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from deploy.local import children
from deploy.local.supervisor import Supervisor
from tests.support.waiting import eventually

STARTER = """\
import os, pathlib, signal, sys
from deploy.local import children
# A run in the background is begun with this one ignored, and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)
log = pathlib.Path(sys.argv[1]) / "log"
held = [children.Child(name, ["sleep", "600"], environment=os.environ, log=log) for name in ("one", "two")]
for child in held:
    child.start()
print(*[child.pid for child in held], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_their_starter_however_it_ends(tmp_path: pathlib.Path, end: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert starter.stdout is not None
    pids = [int(pid) for pid in starter.stdout.readline().split()]
    assert all(map(_lives, pids))

    starter.send_signal(end)
    starter.wait(timeout=10)

    eventually(lambda: not any(map(_lives, pids)), within_seconds=5, what="the children's end")


@pytest.mark.parametrize("orphaned", [False, True])
def test_a_child_whose_starter_died_before_it_asked_never_begins(
    tmp_path: pathlib.Path, orphaned: bool
) -> None:
    starter = os.getpid() + 1 if orphaned else os.getpid()
    made = tmp_path / "made"

    subprocess.run(["sh", "-c", children.UNLESS_ORPHANED, str(starter), "touch", str(made)], check=False)

    assert made.exists() is not orphaned


def test_what_a_run_left_behind_is_found_and_ended(tmp_path: pathlib.Path) -> None:
    stray = subprocess.Popen(["sleep", "600"], env={**os.environ, children.MARK_NAME: "a-run-of-yesterday"})
    try:
        assert children.left_behind("a-run-of-yesterday", tmp_path) == [stray.pid]
        assert children.left_behind("another-run", tmp_path) == []
    finally:
        stray.kill()
        stray.wait()


def test_a_supervised_child_comes_back_after_kill_9(tmp_path: pathlib.Path) -> None:
    child = _sleeper(tmp_path)
    supervisor = Supervisor()
    child.start()
    supervisor.watch(child)
    supervisor.start()
    try:
        first = child.pid

        child.kill()

        eventually(lambda: child.pid not in (None, first), what="another process")
        assert supervisor.restarts(child) == 1
    finally:
        supervisor.stop()
        child.kill()


def test_a_held_child_stays_down_until_it_is_released(tmp_path: pathlib.Path) -> None:
    held, other = _sleeper(tmp_path, "held"), _sleeper(tmp_path, "other")
    supervisor = Supervisor()
    for child in (held, other):
        child.start()
        supervisor.watch(child)
    supervisor.start()
    try:
        first = other.pid
        supervisor.hold(held)
        held.kill()
        # The other's return shows that the supervisor has looked since.
        other.kill()
        eventually(lambda: other.pid not in (None, first), what="the other's return")

        assert not held.running
        supervisor.release(held)
        assert held.running
    finally:
        supervisor.stop()
        held.kill()
        other.kill()


def test_a_child_that_cannot_start_is_tried_again_with_growing_pauses(tmp_path: pathlib.Path) -> None:
    said: list[str] = []
    child = children.Child("broken", ["false"], environment=os.environ, log=tmp_path / "log")
    supervisor = Supervisor(say=said.append)
    child.start()
    supervisor.watch(child)
    supervisor.start()
    try:
        eventually(lambda: len(said) >= 4, what="four starts")
    finally:
        supervisor.stop()
        child.kill()

    assert [line.rsplit(" in ", 1)[1] for line in said[:4]] == ["0.0 s", "0.2 s", "0.4 s", "0.8 s"]


def test_a_failed_start_says_why_with_the_last_words(tmp_path: pathlib.Path) -> None:
    child = children.Child(
        "broken", ["sh", "-c", "echo no room; exit 3"], environment=os.environ, log=tmp_path / "log"
    )
    child.start()

    with pytest.raises(children.StartFailed, match=r"broken ended while starting.*\n.*no room"):
        child.wait_until(lambda: False, deadline_seconds=10)


def _sleeper(folder: pathlib.Path, name: str = "sleeper") -> children.Child:
    return children.Child(name, ["sleep", "600"], environment=os.environ, log=folder / "log")


def _lives(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
