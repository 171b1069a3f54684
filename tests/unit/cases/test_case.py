"""The steps of a matter, each at its boundary."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import errors, holding
from services.cases.domain import steps as domain
from services.cases.domain.case import OPEN, By, Case, Change, Hold, State
from shared.contracts.cases import Place

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
OFFICER = By(person_id="019f0000-0000-7000-8000-00000000000c", role="community_officer")
WORKER = By(person_id="019f0000-0000-7000-8000-00000000000a", role="grid_worker")
RESIDENT = By(person_id="019f0000-0000-7000-8000-00000000000b", role="resident")
DEPARTMENTS = ("370102-market_supervision", "370102-urban_management")


def matter(state: State = State.RECEIVED, **changes: Any) -> Case:
    case = Case(
        case_id="019f0000-0000-7000-8000-000000000001",
        number="37010220261120000001",
        area="370102007003001",
        state=state,
        category="env.cooking_fumes",
        channel="resident",
        urgency="ordinary",
        mechanism="coordination",
        scope_class="regional",
        level="grid",
        sla_class="five_days",
        words="油烟直排",
        place=Place(longitude=117.06, latitude=36.66),
        address="文化东路 30 号",
        reporter_id=RESIDENT.person_id,
        is_confidential=False,
        first_inquiry_by=str(RESIDENT.person_id),
        reported_at=NOW - timedelta(hours=1),
    )
    return dataclasses.replace(case, **changes)


def whistled(case: Case, order_id: str = "order-1", *, called: frozenset[str] = frozenset()) -> Change:
    return domain.whistle(
        case,
        order_id=order_id,
        kind="grid_calls_offices",
        departments=DEPARTMENTS,
        already_called=called,
        by=WORKER,
        at=NOW,
    )


def names(change: Change) -> list[str]:
    return [event.event_name for event in change.events]


def actions(change: Change) -> list[str]:
    return [entry.action for entry in change.entries]


STEPS: dict[str, tuple[Callable[[Case], Change], set[State]]] = {
    "take": (
        lambda case: domain.take(case, by=WORKER, at=NOW),
        {State.RECEIVED, State.TRIAGED, State.HANDLING},
    ),
    "triage": (lambda case: domain.triage(case, by=WORKER, at=NOW), {State.RECEIVED}),
    "begin": (lambda case: domain.begin(case, by=WORKER, at=NOW), {State.TRIAGED}),
    "whistle": (whistled, {State.RECEIVED, State.TRIAGED, State.HANDLING}),
    "decline": (
        lambda case: domain.decline(case, ground="court", words="已起诉", by=WORKER, at=NOW),
        {State.RECEIVED, State.TRIAGED},
    ),
    "withdraw": (
        lambda case: domain.withdraw(case, words="好了", by=RESIDENT, at=NOW),
        {State.RECEIVED, State.TRIAGED, State.HANDLING},
    ),
    "merge": (
        lambda case: domain.merge(case, into=matter(case_id="other"), by=WORKER, at=NOW),
        {State.RECEIVED, State.TRIAGED, State.HANDLING},
    ),
    "escalate": (
        lambda case: domain.escalate(case, to_level="community", reason="超出网格能力", by=WORKER, at=NOW),
        {State.TRIAGED, State.HANDLING},
    ),
    "resolve": (
        lambda case: domain.resolve(case, words="已整改", by=OFFICER, at=NOW),
        {State.TRIAGED, State.HANDLING},
    ),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("state", State)
def test_each_step_is_possible_in_its_states_and_refused_in_every_other(name: str, state: State) -> None:
    step, allowed = STEPS[name]
    case = matter(state)

    if state in allowed:
        assert step(case).case.version > case.version
    else:
        with pytest.raises(errors.NotInThisState) as raised:
            step(case)
        assert raised.value.arguments["state"] == state


def test_every_step_writes_one_line_with_who_when_and_where() -> None:
    change = domain.take(matter(), by=WORKER, at=NOW)

    (entry,) = change.entries
    assert (entry.action, entry.by, entry.at, entry.area) == ("taken", WORKER, NOW, "370102007003001")


def test_whoever_takes_a_matter_first_stays_its_first_handler() -> None:
    first = domain.take(matter(), by=WORKER, at=NOW).case
    second = domain.take(first, by=By(person_id="somebody else", role="grid_lead"), at=NOW).case

    assert second.first_handler_by == WORKER.person_id


def test_triage_keeps_what_the_catalogue_proposed_where_nothing_else_is_said() -> None:
    change = domain.triage(matter(), urgency="urgent", by=WORKER, at=NOW)

    assert (change.case.urgency, change.case.mechanism, change.case.scope_class) == (
        "urgent",
        "coordination",
        "regional",
    )
    assert change.events[0].urgency == "urgent"  # type: ignore[attr-defined]


def test_a_confidential_reporter_is_in_no_event() -> None:
    case = matter(is_confidential=True)

    reported = domain.report(case, by=RESIDENT)
    triaged = domain.triage(case, by=WORKER, at=NOW)

    assert [event.reporter_id for event in (*reported.events, *triaged.events)] == [None, None]  # type: ignore[attr-defined]


# --- whistling


def test_whistling_a_received_matter_triages_it_first() -> None:
    change = whistled(matter())

    assert names(change) == ["case_triaged", "case_whistled"]
    assert actions(change) == ["triaged", "whistled"]
    assert (change.case.state, change.case.open_orders) == (State.HANDLING, 1)
    assert change.case.first_handler_by == WORKER.person_id
    assert change.case.version == 3


@pytest.mark.parametrize("hold", Hold)
def test_a_matter_that_stands_still_is_not_whistled_until_it_is_resumed(hold: Hold) -> None:
    still = matter(State.HANDLING, hold=hold, review_on=date(2026, 12, 1))

    with pytest.raises(errors.NotInThisState) as raised:
        whistled(still)
    resumed = holding.resume(still, by=WORKER, at=NOW).case

    assert raised.value.arguments["hold"] is hold
    assert whistled(resumed).case.open_orders == 1


def test_the_first_department_named_leads_and_all_may_read_the_matter() -> None:
    change = whistled(matter(State.TRIAGED))

    assert change.events[0].departments == DEPARTMENTS  # type: ignore[attr-defined]
    assert set(change.case.departments) == set(DEPARTMENTS)


def test_a_department_with_an_open_order_is_not_whistled_again() -> None:
    with pytest.raises(errors.AlreadyCalled) as raised:
        whistled(matter(State.HANDLING), called=frozenset({DEPARTMENTS[1], "370102-health"}))

    assert raised.value.arguments["departments"] == [DEPARTMENTS[1]]


def test_the_matter_is_resolved_by_itself_with_the_last_of_its_orders() -> None:
    case = whistled(whistled(matter()).case, "order-2").case

    first = domain.order_finished(case, order_id="order-1", at=NOW)
    second = domain.order_finished(first.case, order_id="order-2", at=NOW)

    assert (first.case.state, first.events) == (State.HANDLING, ())
    assert names(second) == ["case_resolved"]
    assert second.events[0].resolved_by == "orders"  # type: ignore[attr-defined]
    assert (second.case.state, second.case.open_orders, second.case.resolved_at) == (State.RESOLVED, 0, NOW)


@pytest.mark.parametrize(("is_done", "state"), [(False, State.HANDLING), (True, State.RESOLVED)])
def test_an_order_that_is_not_needed_gives_the_matter_back_unless_another_did_it(
    is_done: bool, state: State
) -> None:
    case = whistled(matter()).case

    change = domain.order_ended(case, order_id="order-1", reason="duplicate_order", is_done=is_done, at=NOW)

    assert (change.case.state, change.case.open_orders) == (state, 0)
    assert change.entries[0].detail == {"order_id": "order-1", "reason": "duplicate_order"}
    assert names(change) == (["case_resolved"] if is_done else [])


def test_an_order_that_is_not_needed_resolves_nothing_while_another_is_open() -> None:
    case = whistled(whistled(matter()).case, "order-2").case

    change = domain.order_ended(case, order_id="order-1", reason="duplicate_order", is_done=True, at=NOW)

    assert (change.case.state, change.case.open_orders, change.events) == (State.HANDLING, 1, ())


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED, State.WITHDRAWN])
def test_an_order_that_finishes_late_resolves_nothing_again(state: State) -> None:
    change = domain.order_finished(matter(state), order_id="order-1", at=NOW)

    assert (change.case.state, change.case.open_orders, change.events) == (state, 0, ())


def test_an_order_that_finishes_ends_the_hold_with_the_handling() -> None:
    case = matter(State.HANDLING, hold=Hold.DEFERRED, review_on=date(2026, 12, 1), open_orders=1)

    resolved = domain.order_finished(case, order_id="order-1", at=NOW).case

    assert (resolved.state, resolved.hold, resolved.review_on) == (State.RESOLVED, None, None)


# --- levels


@pytest.mark.parametrize(
    ("level", "to"), [("grid", "community"), ("grid", "district"), ("community", "subdistrict")]
)
def test_a_matter_climbs(level: Any, to: Any) -> None:
    change = domain.escalate(
        matter(State.TRIAGED, level=level), to_level=to, reason="需街道协调", by=WORKER, at=NOW
    )

    assert (change.case.level, change.events[0].from_level) == (to, level)  # type: ignore[attr-defined]
    assert change.entries[0].detail == {"from": level, "to": to, "reason": "需街道协调"}


@pytest.mark.parametrize(
    ("level", "to"), [("community", "community"), ("district", "grid"), ("district", "district")]
)
def test_a_matter_never_stays_or_descends_by_escalation(level: Any, to: Any) -> None:
    with pytest.raises(errors.ClimbsOnly):
        domain.escalate(matter(State.TRIAGED, level=level), to_level=to, reason="", by=WORKER, at=NOW)


# --- merging


def test_a_matter_does_not_merge_into_itself_or_into_one_that_is_over() -> None:
    case = matter()

    with pytest.raises(errors.CannotMerge):
        domain.merge(case, into=case, by=WORKER, at=NOW)
    for state in set(State) - OPEN:
        with pytest.raises(errors.CannotMerge):
            domain.merge(case, into=matter(state, case_id="other"), by=WORKER, at=NOW)


@pytest.mark.parametrize("name", ["withdraw", "merge"])
def test_a_matter_that_ends_while_held_leaves_nothing_standing(name: str) -> None:
    case = matter(State.HANDLING, hold=Hold.LISTED, review_on=date(2026, 12, 1), open_orders=2)

    ended = STEPS[name][0](case).case

    assert (ended.hold, ended.review_on, ended.open_orders, ended.closed_at) == (None, None, 0, NOW)


@pytest.mark.parametrize(
    ("scope_class", "settled_by"),
    [
        ("general", {"grid_worker", "grid_lead", "community_officer", "caller", "dispatcher"}),
        ("regional", {"community_officer", "caller", "dispatcher"}),
        ("overall", {"caller", "dispatcher"}),
        ("major", {"community_officer", "caller", "dispatcher"}),
    ],
)
def test_the_scope_class_says_who_settles_a_matter_by_hand(scope_class: Any, settled_by: set[str]) -> None:
    case = matter(State.HANDLING, scope_class=scope_class)

    for role in ("grid_worker", "grid_lead", "community_officer", "caller", "dispatcher"):
        by = By(person_id=WORKER.person_id, role=role)
        if role in settled_by:
            assert domain.resolve(case, words="已整改", by=by, at=NOW).case.state is State.RESOLVED
        else:
            with pytest.raises(errors.NotYoursToSettle):
                domain.resolve(case, words="已整改", by=by, at=NOW)
            assert domain.resolve(case, words="当场", by=by, at=NOW, on_the_spot=True).case.resolved_at == NOW


def test_each_entry_raises_the_version_by_one() -> None:
    change = whistled(matter())

    assert change.case.version == 1 + len(change.entries)
