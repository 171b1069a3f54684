"""`python -m deploy.local up|down|clean|logs|migrate|redrive|verify-audit|status`: the platform of this checkout.

Everything it keeps lies in `.local/`.

`up` leaves a daemon behind that owns every server and process; when it ends, however it ends, they end too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO

from deploy.local import children, platform, processes
from deploy.local.memory import Memory
from deploy.local.platform import Platform

FOLDER = pathlib.Path(os.environ.get("YIWANG_LOCAL") or processes.ROOT / ".local").resolve()
FRONT_DOOR_PORT = 8080
UP_SECONDS = 600.0
DOWN_SECONDS = 120.0
# Settings of the caller that reach the processes.
PASSED_ON = (
    "YIWANG_CONCURRENCY",
    "YIWANG_BODY_LIMIT_BYTES",
    "YIWANG_PII_KEYS",
    "YIWANG_PII_INDEX_KEY",
    "YIWANG_ANONYMISE_AFTER_DAYS",
)
READY, FAILED = "ready", "failed: "
DEMO_PEOPLE = (
    "resident worker lead officer caller responder.market responder.urban responder.ecology responder.party "
    "dispatcher operator supervisor mediator property teamlead volunteer shopkeeper admin"
)
DEMO_PASSWORD = "yiwang-demo"


class Refused(Exception):
    """A command cannot do its work; the message is one sentence that says what to do."""


def main(arguments: list[str]) -> int:
    """Runs one command; answers the exit status."""
    commands = {"up": up, "down": down, "clean": clean, "logs": logs, "migrate": migrate, "status": status}
    if arguments == ["daemon"]:
        return daemon()
    if arguments[:1] == ["redrive"]:
        commands["redrive"] = lambda: redrive(arguments[1:])
    elif arguments[:1] == ["verify-audit"]:
        commands["verify-audit"] = lambda: verify_audit(arguments[1:])
    elif len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: python -m deploy.local {'|'.join(commands)}|redrive|verify-audit", file=sys.stderr)
        return 2
    try:
        commands[arguments[0]]()
    except (Refused, children.StartFailed) as error:
        print(f"make {arguments[0]} failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# --- commands


def up() -> None:
    """Starts the platform unless it runs, and prints where it is."""
    with _alone():
        if _daemon_lives():
            _wait_until_whole()
            _say("Already up.")
        else:
            _sweep()
            _start_daemon()
        _print_welcome()


def down() -> None:
    """Stops what `up` started; data stays."""
    with _alone():
        print(_stop() + " Data is kept; `make clean` forgets it.")


def clean() -> None:
    """Stops the platform and forgets its data, passwords, ports and logs."""
    with _alone():
        said = _stop()
        shutil.rmtree(platform.elsewhere(FOLDER), ignore_errors=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        print(f"{said} Everything is forgotten.")


def _stop() -> str:
    """Ends the daemon, or what a dead one left behind; one sentence about it."""
    if not _daemon_lives():
        swept = _sweep()
        return f"Ended {len(swept)} processes an earlier run had left." if swept else "Not up."
    began = time.monotonic()
    os.kill(_daemon_pid(), signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        children.wait_for(lambda: not _daemon_lives(), deadline_seconds=DOWN_SECONDS, what="the end")
    if _daemon_lives():
        os.kill(_daemon_pid(), signal.SIGKILL)
    _sweep()
    return f"Down after {time.monotonic() - began:.1f} s."


def logs() -> None:
    """Follows every log."""
    files = sorted(str(path) for path in (FOLDER / "logs").glob("*.log"))
    if not files:
        raise Refused("there are no logs yet; run `make up` first")
    subprocess.run(["tail", "-n", "20", "-F", *files], check=False)


def migrate() -> None:
    """Migrates and seeds every database of the running platform, or those given in DATABASE_URL_*."""
    for service in processes.services():
        settings = _task_settings(service)
        for task in ("migrate", "seed"):
            processes.run_task(service, task, settings, log=FOLDER / "logs" / f"{service}-migrate.log")
        print(f"{service}: migrated and seeded")


def redrive(arguments: list[str]) -> None:
    """Lists the events set aside in one service or all, tries them again, or drops them (`shared/bus/redrive.py`)."""
    known = processes.services()
    if arguments and arguments[0] not in known:
        raise Refused(f"there is no service {arguments[0]!r}; there are {', '.join(known)}")
    for service in arguments[:1] or known:
        print(f"{service}:", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "shared.bus.redrive", service, *arguments[1:]],
            env=processes.surroundings(_task_settings(service)),
            cwd=processes.ROOT,
            check=False,
        )
        if done.returncode != 0:
            raise Refused("see the words above")


def verify_audit(arguments: list[str]) -> None:
    """Recomputes the hash chain of every timeline (`services/cases/verify_audit.py`)."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cases.verify_audit", *arguments],
        env=processes.surroundings(_task_settings("cases")),
        cwd=processes.ROOT,
        check=False,
    )
    if done.returncode != 0:
        raise Refused("timelines are damaged" if done.returncode == 1 else "see the words above")


def _task_settings(service: str) -> dict[str, str]:
    """The environment of a task on a service's database: that of `up`, or the one given from outside."""
    outside = _outside()
    given = any(name.startswith("DATABASE_URL_") for name in outside)
    if not given and not _daemon_lives():
        raise Refused("the platform is not up; run `make up`, or name your databases in DATABASE_URL_*")
    url = (
        outside.get(f"DATABASE_URL_{service.upper()}")
        if given
        else _local_database_url(Memory(FOLDER), service)
    )
    if not url:
        raise Refused(f"set DATABASE_URL_{service.upper()} too")
    return {"YIWANG_MODE": "local", "DATABASE_URL": url, "YIWANG_STATE_DIR": str(FOLDER)}


def status() -> None:
    """Prints what runs and what is not ready."""
    if not _daemon_lives():
        raise Refused("the platform is not up; run `make up`")
    missing = _missing()
    print(f"up at {address()}" + (f", not ready: {', '.join(missing)}" if missing else ", everything ready"))


# --- the daemon


def daemon() -> int:
    """Holds the platform until SIGTERM. Says its steps on standard output, then `ready` or `failed: …`."""
    lock = (FOLDER / "daemon.lock").open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    told_to_end = threading.Event()

    def end(*_: object) -> None:
        # The first signal may come while everything still starts: leave through the ordinary way out.
        if not told_to_end.is_set():
            told_to_end.set()
            if not started.is_set():
                raise KeyboardInterrupt

    started = threading.Event()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    held: Platform | None = None
    try:
        memory = Memory(FOLDER)
        memory.state["mark"] = children.MARK
        memory.save()
        held = Platform(
            FOLDER,
            front_door_port=FRONT_DOOR_PORT,
            services=os.environ.get("YIWANG_SERVICES", "").split() or None,
            keep_servers_up=True,
            settings={name: os.environ[name] for name in PASSED_ON if os.environ.get(name)},
            outside=_outside(),
            say=_say,
        )
        held.start()
        started.set()
        _say(READY)
        _let_go_of_output()
        told_to_end.wait()
    except children.StartFailed as error:
        _say(FAILED + str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        _say(f"{FAILED}{error!r}, see {FOLDER / 'logs' / 'daemon.log'}")
        raise
    finally:
        if held is not None:
            held.stop()
    return 0


def _say(line: str) -> None:
    """Prints a line, and goes on when nobody reads any more (`make up | head`)."""
    try:
        print(line.replace("\n", "\n    "), flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


def _let_go_of_output() -> None:
    """From here on what is said goes to the log, and `up` sees the end of the pipe."""
    log = os.open(FOLDER / "logs" / "daemon.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(log, 1)
    os.close(log)


def _start_daemon() -> None:
    """Starts the daemon, prints its steps, returns when it is ready."""
    (FOLDER / "logs").mkdir(parents=True, exist_ok=True)
    for old in (FOLDER / "logs").glob("*.log"):
        old.replace(old.with_suffix(".log.1"))
    with (FOLDER / "logs" / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "daemon"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=processes.ROOT,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        failure = _relay_progress(process.stdout)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if failure is not None:
        process.wait(timeout=DOWN_SECONDS)
        raise Refused(
            f"{failure}\nLook at what is said above and in {FOLDER / 'logs'}, then run `make up` again."
        )


def _relay_progress(output: IO[str]) -> str | None:
    """Prints the daemon's steps until it is ready; the reason when it says that it failed or just ends."""
    failure: list[str] = []
    for line in output:
        if line.strip() == READY:
            return None
        if line.startswith(FAILED):
            failure.append(line.removeprefix(FAILED).rstrip())
        elif failure:
            failure.append(line.rstrip())
        else:
            _say(line.rstrip("\n"))
    return "\n".join(failure) or "the platform ended while starting"


# --- what is there


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One command at a time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o755)
    with (FOLDER / "command.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another command to finish …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _daemon_lives() -> bool:
    """The daemon holds a lock as long as it lives, so a process id that was given away again cannot mislead."""
    try:
        with (FOLDER / "daemon.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _daemon_pid() -> int:
    return int((FOLDER / "daemon.lock").read_text())


def _sweep() -> list[int]:
    """Ends what an earlier run left behind."""
    return children.end_left_behind(Memory(FOLDER).state.get("mark"), FOLDER)


def _missing() -> list[str]:
    """Names of processes of the running platform that are not ready."""
    memory = Memory(FOLDER)
    known = memory.state.get("ports", {})
    missing = [
        name
        for name, held in sorted(known.items())
        if "admin" in held and not processes.answers_ready(f"http://127.0.0.1:{held['admin']}")
    ]
    return missing if _front_door_answers(memory) else [*missing, "nginx"]


def _front_door_answers(memory: Memory) -> bool:
    return processes.answers_ready(f"http://127.0.0.1:{memory.ports('nginx').get('main')}", path="/health")


def _wait_until_whole() -> None:
    """A part may have been killed a moment ago: it is coming back."""
    try:
        children.wait_for(lambda: not _missing(), deadline_seconds=60, what="every process ready")
    except TimeoutError as error:
        raise Refused(
            f"{', '.join(_missing())} not ready; read {FOLDER / 'logs'}, then run `make down up`"
        ) from error


def address() -> str:
    return f"http://127.0.0.1:{Memory(FOLDER).ports('nginx').get('main')}"


def _local_database_url(memory: Memory, service: str) -> str:
    password = memory.secret(f"database.{service}")
    return f"postgresql://{service}:{password}@127.0.0.1:{memory.ports('postgresql')['main']}/{service}"


def _outside() -> dict[str, str]:
    names = ("AMQP_URL", "DATABASE_URL_", "RABBITMQ_MANAGEMENT_URL")
    return {name: value for name, value in os.environ.items() if name.startswith(names) and value}


def _print_welcome() -> None:
    for line in (
        "",
        f"  Yiwang is up at {address()}",
        f"  API           {address()}/api/<service>/…, described at {address()}/docs/openapi/",
        f"  demo logins   {DEMO_PEOPLE}",
        f"                (password {DEMO_PASSWORD})",
        f"  logs          {FOLDER / 'logs'}  (`make logs` follows them)",
        "  next          `make story` shows one matter end to end; `make down` stops everything",
        "",
    ):
        _say(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
