"""`python -m deploy.local.lock`: chooses the newest allowed versions, writes `requirements*.txt` with hashes only."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile
import venv

from deploy.local.processes import ROOT

# pip-tools lives in an environment of its own: nothing of it is needed to run or test the platform.
TOOL = "pip-tools"
DEADLINE_SECONDS = 900
OPTIONS = [
    *(
        "--quiet",
        "--upgrade",
        "--generate-hashes",
        "--strip-extras",
        "--allow-unsafe",
        "--resolver=backtracking",
    ),
    *(
        "--no-header",
        "--no-emit-index-url",
        "--no-emit-trusted-host",
        "--no-emit-find-links",
        "--no-emit-options",
    ),
]
# What pip's own settings may name as sources: none of it belongs into a file that others use.
SOURCES = re.compile(r"^--(index-url|extra-index-url|find-links|trusted-host)\b.*\n", re.MULTILINE)


def main() -> int:
    """Writes the files; answers the exit status."""
    with tempfile.TemporaryDirectory(prefix="yiwang-lock-") as folder:
        venv.create(folder, with_pip=True)
        python = pathlib.Path(folder) / "bin" / "python"
        _run([str(python), "-m", "pip", "install", "--quiet", TOOL])
        _compile(python, "requirements.txt")
        _compile(python, "requirements-dev.txt", "--extra", "dev", "--constraint", "requirements.txt")
        _compile(python, "requirements-portal.txt", source="services/portal/requirements.in")
    print("the requirements files are written; run `make test` before you commit them")
    return 0


def _compile(python: pathlib.Path, output: str, *extra: str, source: str = "pyproject.toml") -> None:
    _run(
        [
            str(python),
            "-m",
            "piptools",
            "compile",
            *OPTIONS,
            *extra,
            "--output-file",
            output,
            source,
        ]
    )
    path = ROOT / output
    path.write_text(SOURCES.sub("", path.read_text()))


def _run(command: list[str]) -> None:
    if subprocess.run(command, cwd=ROOT, timeout=DEADLINE_SECONDS, check=False).returncode != 0:
        sys.exit(
            "make lock failed: see the words above; the files may be half written, take them back with git"
        )


if __name__ == "__main__":
    sys.exit(main())
