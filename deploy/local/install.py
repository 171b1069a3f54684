"""`python3 -m deploy.local.install up|test`: installs what is missing on this machine, and nothing else.

Runs with the machine's own Python before there is a virtual environment: standard library only. As root, or with
a sudo that asks nothing, Debian's packages are installed with apt; else it says exactly what to install. System
services are never started: the platform runs private servers of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from deploy.local import portal

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 15
APT_SECONDS = 1200
PIP_SECONDS = 1200
PORTAL_SECONDS = 1800

# Debian's package scripts ask this program before they start a service; 101 means no.
POLICY = "/usr/sbin/policy-rc.d"
APT_SCRIPT = f"""\
set -e
export DEBIAN_FRONTEND=noninteractive
if [ ! -e {POLICY} ]; then
    trap 'rm -f {POLICY}' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' >{POLICY}
    chmod 755 {POLICY}
fi
apt-get update -q || echo 'Some package lists could not be refreshed; trying with what is there.' >&2
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 {{packages}}
"""


class Refused(Exception):
    """Something cannot be installed; the message is one sentence that says what to do."""


def main(arguments: list[str]) -> int:
    """Installs for `up` or `test`; answers the exit status."""
    if len(arguments) != 1 or arguments[0] not in ("up", "test"):
        print("usage: python3 -m deploy.local.install up|test", file=sys.stderr)
        return 2
    purpose = arguments[0]
    try:
        _check_python()
        ENVIRONMENT.mkdir(exist_ok=True)
        with (ENVIRONMENT / ".installing").open("a") as lock:
            # Two commands on one checkout: the second waits, and then finds everything done.
            fcntl.flock(lock, fcntl.LOCK_EX)
            _install_packages(missing_packages(purpose), purpose)
            _make_environment()
            _install_requirements("requirements-dev.txt" if purpose == "test" else "requirements.txt")
            _install_requirements("requirements-portal.txt")
            _build_portal()
    except Refused as refusal:
        print(f"make {purpose} failed: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# --- Python


def _check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise Refused(
            f"Python {wanted} or newer is needed and {sys.executable} is {sys.version.split()[0]}: install it and "
            f"name it, as in `make up PYTHON=python{wanted}`."
        )


def _make_environment() -> None:
    python = ENVIRONMENT / "bin" / "python"
    if python.exists() and _succeeds([str(python), "-m", "pip", "--version"]):
        return
    # One made by a Python that is gone holds links to nowhere, which venv does not replace.
    shutil.rmtree(ENVIRONMENT / "bin", ignore_errors=True)
    with _step("virtual environment .venv"):
        _run(
            [sys.executable, "-m", "venv", str(ENVIRONMENT)],
            f"the virtual environment could not be made: remove {ENVIRONMENT} and try again.",
            deadline_seconds=PIP_SECONDS,
        )


def _install_requirements(name: str) -> None:
    """Installs a requirements file unless exactly this one is installed."""
    wanted = ROOT / name
    noted = ENVIRONMENT / f".installed-{name}"
    if noted.exists() and noted.read_text() == _digest(wanted):
        return
    # What tests need contains what the platform needs, so it need not be installed over it again.
    larger = ROOT / "requirements-dev.txt"
    if name != larger.name and _pins(wanted) <= _pins(larger):
        noted_larger = ENVIRONMENT / f".installed-{larger.name}"
        if noted_larger.exists() and noted_larger.read_text() == _digest(larger):
            return
    with _step(f"Python packages of {name}"):
        _run(
            [
                *(str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--no-input", "--require-hashes", "-r", str(wanted)),
            ],
            "Python packages could not be installed: see pip's words above, check that this machine reaches its "
            "package index, and try again.",
            deadline_seconds=PIP_SECONDS,
        )
        noted.write_text(_digest(wanted))


def _build_portal() -> None:
    if portal.is_built():
        return
    with _step("the pages of services/portal"):
        _run(
            [str(ENVIRONMENT / "bin" / "python"), "-m", "deploy.local.portal"],
            "the pages could not be built: see the words above, check that this machine reaches its package index "
            "for npm, and try again.",
            deadline_seconds=PORTAL_SECONDS,
        )


def _digest(path: pathlib.Path) -> str:
    return hashlib.sha256(sys.version.encode() + path.read_bytes()).hexdigest()


def _pins(path: pathlib.Path) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9._\-\[\],]+==\S+)", path.read_text(), re.MULTILINE))


# --- Debian's packages


def missing_packages(purpose: str) -> list[str]:
    """Debian packages to install for `up` or `test`: only those whose program is not there from anywhere."""
    needed: list[tuple[str, Callable[[], bool]]] = [
        ("rabbitmq-server", _has_rabbitmq),
        ("postgresql", _has_postgresql),
        ("nginx-light", lambda: _has("nginx")),
        ("util-linux", lambda: _has("setpriv")),
        (f"python{sys.version_info.major}.{sys.version_info.minor}-venv", _has_venv),
    ]
    if purpose == "test":
        needed += [
            ("kubernetes-client", lambda: _has("kubectl")),
            ("docker-compose", _has_compose),
            ("openssl", lambda: _has("openssl")),
            # Only its promtool is used, for the alert rules; its service is never started.
            ("prometheus", lambda: _has("promtool")),
            ("chromium", lambda: _has("chromium")),
            # Without one, a browser shows Chinese as boxes.
            ("fonts-noto-cjk", _has_chinese_fonts),
        ]
    return [package for package, is_there in needed if not is_there()]


def _install_packages(packages: list[str], purpose: str) -> None:
    if not packages:
        return
    listed = " ".join(packages)
    by_hand = f"apt-get install --no-install-recommends {listed}"
    if not _has("apt-get"):
        raise Refused(
            f"{', '.join(packages)} (Debian's names) are missing: install them with this machine's package "
            f"manager, then run `make {purpose}` again."
        )
    if os.geteuid() == 0:
        as_root = []
    elif _has("sudo") and _succeeds(["sudo", "-n", "true"]):
        as_root = ["sudo", "-n"]
    else:
        raise Refused(f"run `sudo {by_hand}` first, then `make {purpose}` again.")
    with _step(f"system packages: {listed}"):
        _run(
            [*as_root, *apt_command(packages)],
            f"apt could not install {listed}: see its words above, install them by hand (`{by_hand}`), then run "
            f"`make {purpose}` again.",
            deadline_seconds=APT_SECONDS,
        )
    still = missing_packages(purpose)
    if still:
        raise Refused(
            f"{', '.join(still)} still missing after installation: run `{by_hand}` and look at its words."
        )


def apt_command(packages: Iterable[str]) -> list[str]:
    """The command that installs packages without starting a service, one such command at a time on a machine."""
    script = APT_SCRIPT.format(packages=shlex.join(packages))
    return ["flock", "/run/lock/yiwang-install", "sh", "-c", script]


def _has(program: str) -> bool:
    # Not everybody has /usr/sbin in the PATH.
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is not None


def _has_rabbitmq() -> bool:
    return pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists() or _has("rabbitmq-server")


def _has_postgresql() -> bool:
    versions = [path.parts[-3] for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if any(version.isdigit() and int(version) >= OLDEST_POSTGRESQL for version in versions):
        return True
    initdb = shutil.which("initdb")
    return initdb is not None and _succeeds([initdb, "--version"])


def _has_chinese_fonts() -> bool:
    return any(pathlib.Path("/usr/share/fonts").glob("**/NotoSansCJK*"))


def _has_venv() -> bool:
    return (ENVIRONMENT / "bin" / "pip").exists() or importlib.util.find_spec("ensurepip") is not None


def _has_compose() -> bool:
    return _has("docker-compose") or (_has("docker") and _succeeds(["docker", "compose", "version"]))


# --- running


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(command: list[str], otherwise: str, *, deadline_seconds: float) -> None:
    """Runs a command quietly; shows what it said and raises Refused with `otherwise` when it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=deadline_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"no end after {deadline_seconds:.0f} s: {otherwise}") from error
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-30:]), file=sys.stderr)
        raise Refused(otherwise)


@contextlib.contextmanager
def _step(what: str) -> Iterator[None]:
    """Says what is being installed, and how long it took."""
    print(f"installing {what} …", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  installed {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
