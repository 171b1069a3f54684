"""Deferral and the standing list: who asks, who decides, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import errors
from services.cases.domain import holding as domain
from services.cases.domain.case import PLATFORM, By, Case, Change, Hold, State
from services.cases.domain.holding import HoldRequest, Limits
from tests.unit.cases.test_hearing import matter, names

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
TODAY = date(2026, 11, 20)
LEAD = By(person_id="019f0000-0000-7000-8000-00000000000a", role="grid_lead")
CALLER = By(person_id="019f0000-0000-7000-8000-00000000000c", role="caller")
LONGEST = 30
OVER = Limits(due_at=NOW - timedelta(seconds=1), extensions=1, extensions_refused=0)
STREET = ["370102007"]


def asked(
    case: Case | None = None, hold: Hold = Hold.DEFERRED, limits: Limits = OVER, **changes: Any
) -> tuple[Change, HoldRequest]:
    how: dict[str, Any] = {"review_on": date(2026, 12, 1), "reason": "待施工", "by": LEAD, "at": NOW}
    return domain.ask(
        case or matter(State.HANDLING),
        hold=hold,
        limits=limits,
        longest_days=LONGEST,
        today=TODAY,
        new_id=lambda: "hold",
        **{**how, **changes},
    )


def decided(
    request: HoldRequest, case: Case | None = None, limits: Limits = OVER, **changes: Any
) -> tuple[Change, HoldRequest]:
    how: dict[str, Any] = {
        "granted": True,
        "words": "同意",
        "extension": "used_up",
        "scopes": STREET,
        "today": TODAY,
        "by": CALLER,
        "at": NOW,
    }
    return domain.decide(case or matter(State.HANDLING), request, limits=limits, **{**how, **changes})


# --- asking


def test_a_matter_asked_to_be_put_off_is_handled_on_until_somebody_decides() -> None:
    change, request = asked()

    assert (change.case.hold, change.case.state, request.state) == (None, State.HANDLING, "asked")
    assert names(change) == ["case_hold_asked"]


@pytest.mark.parametrize(
    ("review_on", "allowed"),
    [
        (TODAY, False),
        (TODAY + timedelta(days=1), True),
        (TODAY + timedelta(days=LONGEST), True),
        (TODAY + timedelta(days=LONGEST + 1), False),
    ],
)
def test_a_review_date_lies_after_today_and_within_the_longest_time(review_on: date, allowed: bool) -> None:
    if allowed:
        assert asked(review_on=review_on)[1].review_on == review_on
    else:
        with pytest.raises(errors.ReviewDateOutOfBounds):
            asked(review_on=review_on)


@pytest.mark.parametrize("state", set(State) - domain.MOVING)
def test_only_what_is_handled_is_put_off(state: State) -> None:
    with pytest.raises(errors.NotInThisState):
        asked(matter(state))


@pytest.mark.parametrize(
    ("due_at", "allowed"), [(None, False), (NOW + timedelta(seconds=1), False), (NOW, True)]
)
def test_the_standing_list_is_for_matters_whose_limit_is_over(due_at: datetime | None, allowed: bool) -> None:
    limits = Limits(due_at=due_at, extensions=0, extensions_refused=0)

    if allowed:
        assert asked(hold=Hold.LISTED, limits=limits)[1].hold is Hold.LISTED
    else:
        with pytest.raises(errors.LimitNotUsedUp):
            asked(hold=Hold.LISTED, limits=limits)


# --- deciding


def test_whoever_asks_does_not_decide() -> None:
    with pytest.raises(errors.NotYourOwnRequest):
        decided(asked()[1], by=LEAD)


@pytest.mark.parametrize(
    ("level", "scope", "allowed"),
    [
        ("grid", "370102007003", False),
        ("grid", "370102007", True),
        ("subdistrict", "370102007", True),
        ("district", "370102007", False),
        ("district", "370102", True),
        ("grid", "370102008", False),
    ],
)
def test_a_decider_stands_high_enough_over_the_matter(level: Any, scope: str, allowed: bool) -> None:
    case = matter(State.HANDLING, level=level)

    if allowed:
        assert decided(asked()[1], case, scopes=[scope])[0].case.hold is Hold.DEFERRED
    else:
        with pytest.raises(errors.ReachTooSmall):
            decided(asked()[1], case, scopes=[scope])


def test_a_deferral_granted_holds_the_matter_until_its_review() -> None:
    change, request = decided(asked()[1])

    assert (change.case.hold, change.case.review_on) == (Hold.DEFERRED, date(2026, 12, 1))
    assert (request.state, request.decided_by) == ("active", CALLER.person_id)
    assert names(change) == ["case_deferred"]


def test_a_request_refused_leaves_the_matter_as_it_is() -> None:
    change, request = decided(asked()[1], granted=False)

    assert (change.case.hold, request.state, names(change)) == (None, "refused", ["case_hold_refused"])


def test_a_review_date_that_has_come_meanwhile_is_not_granted() -> None:
    request = asked(review_on=TODAY + timedelta(days=1))[1]

    with pytest.raises(errors.ReviewDateOutOfBounds):
        decided(request, today=TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("extension", "extensions", "refused", "allowed"),
    [
        ("used_up", 1, 0, True),
        ("used_up", 0, 1, False),
        ("refused", 0, 1, True),
        ("refused", 1, 0, False),
        ("not_allowed", 0, 0, True),
        (None, 1, 1, False),
    ],
)
def test_the_centre_verifies_that_no_extension_is_left(
    extension: Any, extensions: int, refused: int, allowed: bool
) -> None:
    limits = replace(OVER, extensions=extensions, extensions_refused=refused)
    request = asked(hold=Hold.LISTED, limits=limits)[1]

    if allowed:
        change, _ = decided(request, limits=limits, extension=extension)
        assert (change.case.hold, names(change)) == (Hold.LISTED, ["case_listed"])
        assert change.entries[0].detail["extension"] == extension
    else:
        with pytest.raises(errors.ExtensionNotUsedUp):
            decided(request, limits=limits, extension=extension)


# --- reviewing


def held(hold: Hold = Hold.DEFERRED) -> tuple[Case, HoldRequest]:
    change, request = decided(asked(hold=hold)[1])
    return change.case, request


def renewed(case: Case, request: HoldRequest, review_on: date) -> tuple[Change, HoldRequest]:
    return domain.renew(
        case,
        request,
        review_on=review_on,
        reason="仍待施工",
        longest_days=LONGEST,
        scopes=STREET,
        today=date(2026, 12, 1),
        by=CALLER,
        at=NOW,
    )


def test_a_review_renews_until_another_bounded_date_and_is_counted() -> None:
    change, request = renewed(*held(), date(2026, 12, 31))

    assert (change.case.review_on, request.renewals) == (date(2026, 12, 31), 1)
    assert names(change) == ["case_hold_renewed"]
    with pytest.raises(errors.ReviewDateOutOfBounds):
        renewed(*held(), date(2027, 1, 1))


def test_what_is_not_held_is_neither_renewed_nor_resumed() -> None:
    _, request = held()

    with pytest.raises(errors.NotHeld):
        renewed(matter(State.HANDLING), request, date(2026, 12, 2))
    with pytest.raises(errors.NotHeld):
        domain.resume(matter(State.HANDLING), by=CALLER, at=NOW)


def test_a_deferral_nobody_reviewed_runs_on_by_itself() -> None:
    case, request = held()

    change, passed = domain.pass_review(case, request, at=NOW)

    assert (change.case.hold, change.case.state, passed.state) == (None, State.HANDLING, "ended")
    assert (names(change), change.entries[0].by) == (["case_resumed"], PLATFORM)


def test_a_matter_on_the_standing_list_nobody_reviewed_is_flagged_and_stays() -> None:
    case, request = held(Hold.LISTED)

    change, passed = domain.pass_review(case, request, at=NOW)

    assert (change.case.hold, passed.state, passed.missed_at) == (Hold.LISTED, "active", NOW)
    assert names(change) == ["case_review_missed"]
    assert renewed(change.case, passed, date(2026, 12, 2))[1].missed_at is None
