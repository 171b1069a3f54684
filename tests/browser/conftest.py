"""A real browser in front of the whole platform. What the pages say on their console fails the test that heard it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api as playwright

from deploy.local import platform as local

# What sizes people use: the smallest phone in use, and a desk.
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESK = {"viewport": {"width": 1440, "height": 900}}
PASSWORD = "yiwang-demo"
# Chromium would ask its maker's servers, which a test machine need not reach.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright.Browser]:
    program = shutil.which("chromium")
    assert program is not None, "Chromium is missing: run `make test`, which installs it"
    with playwright.sync_playwright() as started:
        one = started.chromium.launch(executable_path=program, args=QUIET)
        yield one
        one.close()


class Visitor:
    """Somebody in front of a browser of their own."""

    def __init__(self, page: playwright.Page, url: str) -> None:
        self.page = page
        self.url = url
        # Every word on the console that is a warning or worse, and every mistake of a script.
        self.heard: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.heard.append(str(error)))

    def _hear(self, message: playwright.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.text} ({message.location.get('url', '')})")

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self, username: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def visitor(browser: playwright.Browser, platform: local.Platform) -> Iterator[Callable[..., Visitor]]:
    """`visitor(username, face)`: signed in, or nobody for None; on a phone or at a desk."""
    made: list[Visitor] = []
    contexts = []

    def make(username: str | None = None, *, on: dict[str, object] = DESK) -> Visitor:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **on)  # type: ignore[arg-type]
        contexts.append(context)
        made.append(Visitor(context.new_page(), platform.url))
        if username is not None:
            made[-1].sign_in(username)
        return made[-1]

    yield make
    heard = [line for one in made for line in one.heard]
    for context in contexts:
        context.close()
    assert heard == []
