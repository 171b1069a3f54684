"""A test run leaves nothing behind, however it ends."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

from deploy.local import children
from tests.support.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_SECONDS = 90
END_SECONDS = 60

HOLDS_SERVERS = """\
import json, os, pathlib, signal, threading
# A run in the background is begun with this one ignored, and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)

def test_that_never_ends(servers, database, broker):
    database("shared").check()
    told = {
        "folder": str(servers.folder),
        "pids": [servers.postgresql.server.pid, servers.rabbitmq.server.pid, servers.rabbitmq.epmd.pid],
    }
    unfinished = pathlib.Path(os.environ["TOLD"] + ".new")
    unfinished.write_text(json.dumps(told))
    unfinished.replace(os.environ["TOLD"])
    threading.Event().wait(600)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_servers_end_with_the_run_that_started_them(tmp_path: pathlib.Path, end: signal.Signals) -> None:
    (tmp_path / "test_holds.py").write_text(HOLDS_SERVERS)
    told = tmp_path / "told.json"
    run = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "tests.conftest",
                "-c",
                str(ROOT / "pyproject.toml"),
            ),
            *("--rootdir", str(ROOT), str(tmp_path / "test_holds.py")),
        ],
        cwd=ROOT,
        env={**os.environ, "TOLD": str(told)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        eventually(
            lambda: told.exists() or run.poll() is not None,
            within_seconds=START_SECONDS,
            what="the run's servers",
        )
        assert run.poll() is None, run.communicate()[0]
        started = json.loads(told.read_text())
        folder = pathlib.Path(started["folder"])
        assert children.left_behind(None, folder)

        run.send_signal(end)
        run.communicate(timeout=END_SECONDS)
    finally:
        run.kill()
        run.wait()

    eventually(
        lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in started["pids"]),
        within_seconds=END_SECONDS,
        what="the servers' end",
    )
    assert children.left_behind(None, folder) == []
    if end is signal.SIGKILL:
        # Nobody was left to tidy up.
        shutil.rmtree(folder)
    assert not folder.exists()
