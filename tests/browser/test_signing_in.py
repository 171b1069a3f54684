"""Signing in and out, and what an address does for whom."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visitor

Make = Callable[..., Visitor]
ASKED_TO_SIGN_IN = re.compile(r"/sign-in\?next=")


def test_who_is_nobody_yet_is_welcomed(visitor: Make) -> None:
    anybody = visitor(on=PHONE)

    anybody.open("/")

    expect(anybody.page.get_by_role("heading", name="一网")).to_be_visible()
    assert anybody.page.url.endswith("/welcome")


def test_a_page_that_was_asked_for_comes_after_signing_in(visitor: Make) -> None:
    worker = visitor(on=PHONE)
    worker.open("/m?kept=1")
    worker.page.wait_for_url(ASKED_TO_SIGN_IN)

    worker.page.get_by_label("用户名").fill("worker")
    worker.page.get_by_label("密码").fill("yiwang-demo")
    worker.page.get_by_role("button", name="登录").click()

    worker.page.wait_for_url("**/m?kept=1")


def test_a_sign_in_outlives_a_reload_and_ends_when_left(visitor: Make) -> None:
    officer = visitor("officer")
    expect(officer.page.get_by_role("navigation").first).to_be_visible()

    officer.page.reload()
    expect(officer.page.get_by_role("button", name="退出登录")).to_be_visible()
    officer.page.get_by_role("button", name="退出登录").click()
    officer.page.wait_for_url("**/sign-in")
    officer.open("/desk")

    officer.page.wait_for_url(ASKED_TO_SIGN_IN)


def test_a_token_is_in_no_store_a_script_could_read(visitor: Make) -> None:
    officer = visitor("officer")

    stored = officer.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )

    assert "eyJ" not in stored


def test_who_may_not_see_a_page_is_told_so(visitor: Make) -> None:
    resident = visitor("resident", on=PHONE)

    resident.open("/desk")

    expect(resident.page.get_by_role("heading", name="您的岗位看不到这个页面")).to_be_visible()


def test_a_wrong_password_is_said_at_the_form(visitor: Make) -> None:
    anybody = visitor()
    anybody.open("/sign-in")

    anybody.page.get_by_label("用户名").fill("officer")
    anybody.page.get_by_label("密码").fill("not-it")
    anybody.page.get_by_role("button", name="登录").click()

    expect(anybody.page.get_by_role("alert")).to_have_text("用户名或密码不对。")
    # The browser itself notes the refusal on its console; nothing else may be there.
    assert all("401" in line for line in anybody.heard)
    anybody.heard.clear()


def test_the_pages_speak_english_when_asked_to(visitor: Make) -> None:
    officer = visitor("officer")

    officer.page.get_by_role("button", name="English").click()
    officer.page.reload()

    expect(officer.page.get_by_role("button", name="Sign out")).to_be_visible()
    assert officer.page.evaluate("document.documentElement.lang") == "en"
