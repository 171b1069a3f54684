"""`make up` and `make down`: started from nothing, found again, repaired, and gone without a trace."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from deploy.local import children, ports
from tests.support.clients import Client
from tests.support.run import TestRun
from tests.support.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 300


class LocalRuntime:
    """The commands behind the Makefile, in a folder of their own and for one service: the mechanism is the same."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def run(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", command],
            cwd=ROOT,
            env={
                **os.environ,
                "YIWANG_LOCAL": str(self.folder),
                "YIWANG_SERVICES": "registry",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    @property
    def state(self) -> dict[str, dict[str, dict[str, int]]]:
        read: dict[str, dict[str, dict[str, int]]] = json.loads((self.folder / "state.json").read_text())
        return read

    @property
    def client(self) -> Client:
        return Client(f"http://127.0.0.1:{self.state['ports']['nginx']['main']}")

    @property
    def daemon(self) -> int:
        return int((self.folder / "daemon.lock").read_text())

    def servers(self) -> dict[str, int]:
        """The process ids of some that listen."""
        named = ("registry-api", "nginx", "postgresql")
        return {name: _pid_listening_on(self.state["ports"][name]) for name in named}

    def processes(self) -> list[int]:
        return children.left_behind(str(self.state["mark"]), self.folder)


@pytest.fixture(scope="module")
def runtime() -> Iterator[LocalRuntime]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-up-"))
    made = LocalRuntime(folder)
    try:
        done = made.run("up")
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("clean")
        shutil.rmtree(folder, ignore_errors=True)


def test_up_answers_at_the_front_door_with_demo_people(runtime: LocalRuntime) -> None:
    credentials = {"username": "admin", "password": "yiwang-demo"}

    answer = runtime.client.post("/api/registry/sessions", json=credentials)

    assert answer.status_code in (200, 201), answer.text


def test_up_a_second_time_says_so_and_changes_nothing(runtime: LocalRuntime) -> None:
    before = runtime.daemon, runtime.servers()

    done = runtime.run("up")

    assert done.returncode == 0, done.stderr
    assert "Already up" in done.stdout
    assert (runtime.daemon, runtime.servers()) == before


def test_parts_that_are_killed_come_back(runtime: LocalRuntime) -> None:
    pids = runtime.servers()
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)

    done = runtime.run("up")

    assert done.returncode == 0, done.stdout + done.stderr
    eventually(
        lambda: runtime.client.get("/.well-known/jwks.json").status_code == 200,
        within_seconds=60,
        what="an answer of the registry",
    )
    assert set(pids.values()).isdisjoint(runtime.processes())


def test_up_after_kill_9_of_the_daemon_starts_anew_with_the_same_data_and_ports(
    runtime: LocalRuntime,
) -> None:
    before, database = (
        runtime.state["ports"],
        (runtime.folder / "postgresql" / "data" / "PG_VERSION").stat().st_ino,
    )
    os.kill(runtime.daemon, signal.SIGKILL)

    done = runtime.run("up")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Already up" not in done.stdout
    assert runtime.state["ports"] == before
    assert (runtime.folder / "postgresql" / "data" / "PG_VERSION").stat().st_ino == database


def test_a_start_that_fails_says_what_to_do_and_leaves_nothing_running(tmp_path: pathlib.Path) -> None:
    tmp_path.chmod(0o755)
    broken = LocalRuntime(tmp_path / "local")

    done = broken.run("up", DATABASE_URL_REGISTRY="postgresql://nobody:x@127.0.0.1:1/nothing")

    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("then run `make up` again.")
    assert broken.processes() == []


def test_servers_named_in_the_environment_are_used_instead_of_private_ones(servers: TestRun) -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-up-"))
    outside = {
        "DATABASE_URL_REGISTRY": servers.new_database("registry"),
        "AMQP_URL": servers.rabbitmq.add_vhost("outside"),
    }
    runtime = LocalRuntime(folder)
    try:
        done = runtime.run("up", **outside)

        assert done.returncode == 0, done.stdout + done.stderr
        assert runtime.client.get("/.well-known/jwks.json").status_code == 200
        assert {"postgresql", "rabbitmq"}.isdisjoint(runtime.state["ports"])
    finally:
        runtime.run("clean")
        shutil.rmtree(folder, ignore_errors=True)


def test_secrets_are_for_their_owner_only(runtime: LocalRuntime) -> None:
    told = [runtime.folder / "secrets.json", runtime.folder / "rabbitmq" / "rabbitmq.conf"]

    assert [oct(path.stat().st_mode & 0o077) for path in told] == ["0o0", "0o0"]


def test_down_leaves_no_process_and_keeps_the_data(runtime: LocalRuntime) -> None:
    held = [port for owner in runtime.state["ports"].values() for port in owner.values()]
    assert any(map(ports.answers, held))

    done = runtime.run("down")

    assert done.returncode == 0, done.stderr
    assert runtime.processes() == []
    assert not any(map(ports.answers, held))
    assert (runtime.folder / "postgresql" / "data" / "PG_VERSION").exists()


def _pid_listening_on(named: dict[str, int]) -> int:
    """The process that owns the first of these ports; of several, the one that was there first."""
    port = next(iter(sorted(named.items(), reverse=True)))[1]
    inodes = set()
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
            inodes.add(f"socket:[{fields[9]}]")
    owners = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(entry.readlink()) in inodes:
                owners.append(int(entry.parts[2]))
        except OSError:
            continue
    return min(owners)
