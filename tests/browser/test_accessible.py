"""Everybody can use the pages: no serious finding of axe on any of them, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.local import portal
from tests.browser.conftest import DESK, PHONE, Visitor

AXE = portal.MODULES / "axe-core" / "axe.min.js"
# address, who looks at it, on what
PAGES = [
    ("/welcome", None, PHONE),
    ("/sign-in", None, PHONE),
    ("/sign-in", None, DESK),
    ("/forbidden", None, PHONE),
    ("/m", "worker", PHONE),
    ("/desk", "officer", DESK),
]


@pytest.mark.parametrize(("path", "username", "on"), PAGES)
def test_axe_finds_nothing_serious(
    visitor: Callable[..., Visitor], path: str, username: str | None, on: dict[str, Any]
) -> None:
    # The checker is a script of ours that the page's own policy would refuse.
    somebody = visitor(username, on={**on, "bypass_csp": True})
    somebody.open(path)
    somebody.page.wait_for_load_state("networkidle")
    somebody.page.add_script_tag(path=AXE)

    found = somebody.page.evaluate("axe.run(document)")

    serious = [
        f"{one['id']}: {one['help']} – {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []
