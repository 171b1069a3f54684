"""The code reads as agreed: formatted, linted, typed, layered; what is deployed is valid."""

import pathlib
import subprocess
import sys
import warnings

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
DEADLINE_SECONDS = 600

CHECKS = {
    "ruff": [str(BIN / "ruff"), "check", "--quiet", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "mypy": [str(BIN / "mypy"), "--no-error-summary"],
    "import-linter": [str(BIN / "lint-imports"), "--no-cache"],
    "deployment": ["deploy/validate.sh"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_checker_has_nothing_to_say(name: str) -> None:
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, f"{' '.join(CHECKS[name])}\n{done.stdout}"
    # A check that could only be done in part passes, but is told in the summary.
    for line in done.stdout.splitlines():
        if "NOT RENDERED" in line:
            warnings.warn(line, stacklevel=1)


def test_no_file_names_the_place_a_package_came_from() -> None:
    locked = sorted(ROOT.glob("requirements*.txt"))

    told = [path.name for path in locked if "://" in path.read_text() or "--index-url" in path.read_text()]

    assert locked
    assert told == []


def test_every_command_of_the_makefile_explains_itself() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    phony = next(line for line in lines if line.startswith(".PHONY:")).split()[1:]
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert [name for name in phony if f"make {name} " not in shown] == []
