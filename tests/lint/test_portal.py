"""The pages' own code: typed, and what it computes is right."""

import gzip
import pathlib
import re

import pytest

from deploy.local import portal

PARTS = {
    "types": ("node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit"),
    "what is computed": ("node_modules/vitest/vitest.mjs", "run"),
}


@pytest.mark.parametrize("part", PARTS)
def test_the_pages_hold(part: str) -> None:
    portal.run(*PARTS[part])


def test_what_the_pages_are_made_of_names_no_place_it_came_from() -> None:
    lock = (portal.PORTAL / "package-lock.json").read_text()

    assert '"resolved"' not in lock


def test_the_pages_load_nothing_from_elsewhere() -> None:
    told = [
        f"{path.name}: {address}"
        for path in portal.DIST.rglob("*")
        if path.suffix in {".js", ".css", ".html"}
        for address in re.findall(
            r"""(?:src|href|url)\s*[=(]\s*["']?((?:https?:)?//[^"')\s]+)""", path.read_text()
        )
    ]

    assert told == []


def test_what_everybody_loads_first_stays_small() -> None:
    """300 kB compressed before charts and maps (docs: ui); measured as a browser of a phone would load it."""
    page = (portal.DIST / "index.html").read_text()
    first = [
        portal.DIST / address.lstrip("/") for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    ]
    faces = [path for path in (portal.DIST / "assets").iterdir() if path.name.startswith("PhoneFace")]

    assert first
    assert sum(_compressed(path) for path in {*first, *faces}) < 300_000


def _compressed(path: pathlib.Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))
