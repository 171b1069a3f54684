"""An order and its tasks: the states of a task, rulings, closing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.dispatch.domain import errors, facts
from services.dispatch.domain import order as domain
from services.dispatch.domain.order import Change, Order, OrderState, Task, TaskState
from shared.contracts.cases import Place

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
PLACE = Place(longitude=117.06, latitude=36.66)
MAIN, SUPPORT = "370102-market_supervision", "370102-ecology"
CLOCKS = ("sign", "arrive", "finish")


def task(
    task_id: str = "t1", department: str = MAIN, state: TaskState = TaskState.SENT, **changes: Any
) -> Task:
    made = Task(
        task_id=task_id,
        department_id=department,
        is_main=department == MAIN,
        state=state,
        reply_words="已整改" if state is TaskState.REPLIED else None,
        sent_at=NOW,
    )
    return dataclasses.replace(made, **changes)


def order(*tasks: Task, **changes: Any) -> Order:
    made = Order(
        order_id="o1",
        case_id="c1",
        area="370102007003001",
        kind="grid_calls_offices",
        category="env.cooking_fumes",
        sla_class="five_days",
        urgency="ordinary",
        place=PLACE,
        caller_id="p1",
        state=OrderState.OPEN,
        tasks=tasks or (task(), task("t2", SUPPORT)),
        opened_at=NOW,
    )
    return dataclasses.replace(made, **changes)


def names(change: Change) -> list[str]:
    return [event.event_name for event in change.events]


def ruled(of: Order, *, upheld: bool, to: str | None = None) -> Change:
    return domain.rule(of, "t1", upheld=upheld, to_department_id=to, by="s1", at=NOW)


STEPS: dict[str, tuple[Callable[[Order], Change], set[TaskState], TaskState]] = {
    "sign": (lambda o: domain.sign(o, "t1", by="r1", at=NOW), {TaskState.SENT}, TaskState.SIGNED),
    "arrive": (
        lambda o: domain.arrive(o, "t1", place=PLACE, by="r1", at=NOW),
        {TaskState.SIGNED, TaskState.ASSIGNED},
        TaskState.ARRIVED,
    ),
    "reply": (
        lambda o: domain.reply(o, "t1", words="已整改", by="r1", at=NOW),
        {TaskState.SIGNED, TaskState.ASSIGNED, TaskState.ARRIVED, TaskState.REPLIED},
        TaskState.REPLIED,
    ),
    "finish": (lambda o: domain.finish(o, "t1", by="r1", at=NOW), {TaskState.REPLIED}, TaskState.FINISHED),
    "give_back": (
        lambda o: domain.give_back(
            o, "t1", ground="not_our_duty", words="应由综合执法办理", until=NOW, by="r1", at=NOW
        ),
        {TaskState.SENT, TaskState.SIGNED, TaskState.ASSIGNED},
        TaskState.RETURNED,
    ),
    "rule": (lambda o: ruled(o, upheld=True, to="370102-health"), {TaskState.RETURNED}, TaskState.SENT),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("state", TaskState)
def test_each_step_is_possible_in_its_states_and_refused_in_every_other(name: str, state: TaskState) -> None:
    step, allowed, after = STEPS[name]
    before = order(task(state=state), task("t2", SUPPORT))

    if state in allowed:
        change = step(before)
        assert change.order.task("t1").state is after
        assert change.order.task("t2") == before.task("t2")
        assert change.order.version == before.version + 1
        assert change.changed == ("t1",)
    else:
        with pytest.raises(errors.TaskNotInThisState):
            step(before)


@pytest.mark.parametrize("name", STEPS)
def test_nothing_moves_in_a_closed_order(name: str) -> None:
    with pytest.raises(errors.OrderClosed):
        STEPS[name][0](order(state=OrderState.CLOSED))


def test_a_whistle_sends_every_department_its_task_and_starts_its_clocks() -> None:
    change = domain.open_order(order())

    assert names(change) == ["order_opened", "task_sent", "task_sent"]
    assert {event.subject for event in change.events} == {"o1"}
    assert change.started == tuple((t, clock) for t in ("t1", "t2") for clock in CLOCKS)


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (TaskState.SIGNED, TaskState.ASSIGNED),
        (TaskState.ASSIGNED, TaskState.ASSIGNED),
        (TaskState.ARRIVED, TaskState.ARRIVED),
    ],
)
def test_a_handler_may_be_named_again_while_the_work_goes_on(state: TaskState, after: TaskState) -> None:
    change = domain.assign(order(task(state=state)), "t1", handler_id="h1", by="r1", at=NOW)

    assert (change.order.task("t1").state, change.order.task("t1").handler_id) == (after, "h1")


def test_signing_and_arriving_end_their_limits() -> None:
    signed = domain.sign(order(), "t1", by="r1", at=NOW)
    arrived = domain.arrive(signed.order, "t1", place=PLACE, by="r1", at=NOW)

    assert (signed.stopped, arrived.stopped) == ((("t1", "sign"),), (("t1", "arrive"),))


def test_arriving_keeps_how_far_from_the_matter_it_was() -> None:
    here = domain.arrive(order(task(state=TaskState.SIGNED)), "t1", place=PLACE, by="r1", at=NOW)
    # One thousandth of a degree of latitude is 111 m on a sphere of 6,371 km.
    north = domain.arrive(
        order(task(state=TaskState.SIGNED)),
        "t1",
        place=Place(longitude=117.06, latitude=36.661),
        by="r1",
        at=NOW,
    )

    assert (here.order.task("t1").arrived_metres, north.order.task("t1").arrived_metres) == (0, 111)


def test_a_task_finished_without_an_arrival_ends_that_limit_too() -> None:
    change = domain.finish(order(task(state=TaskState.REPLIED), task("t2", SUPPORT)), "t1", by="r1", at=NOW)

    assert change.stopped == (("t1", "arrive"), ("t1", "finish"))


@pytest.mark.parametrize(
    "other", [state for state in TaskState if state not in (TaskState.FINISHED, TaskState.CLOSED)]
)
def test_the_order_is_not_finished_while_one_task_is_not(other: TaskState) -> None:
    change = domain.finish(
        order(task(state=TaskState.REPLIED), task("t2", SUPPORT, other)), "t1", by="r1", at=NOW
    )

    assert names(change) == ["task_finished"]
    assert change.order.state is OrderState.OPEN


@pytest.mark.parametrize("other", [TaskState.FINISHED, TaskState.CLOSED])
def test_the_order_is_finished_with_its_last_task_that_is_needed_and_says_so_after_it(
    other: TaskState,
) -> None:
    change = domain.finish(
        order(task(state=TaskState.REPLIED), task("t2", SUPPORT, other)), "t1", by="r1", at=NOW
    )

    assert names(change) == ["task_finished", "order_finished"]
    assert (change.order.state, change.order.finished_at) == (OrderState.FINISHED, NOW)


# --- returning


def test_a_return_stops_no_clock() -> None:
    change = STEPS["give_back"][0](order())

    assert (change.started, change.stopped) == ((), ())
    assert names(change) == ["task_returned"]


@pytest.mark.parametrize(
    ("signed_at", "handler", "state"),
    [(None, None, TaskState.SENT), (NOW, None, TaskState.SIGNED), (NOW, "h1", TaskState.ASSIGNED)],
)
def test_a_rejected_return_goes_back_to_where_it_was_and_its_clocks_ran_on(
    signed_at: datetime | None, handler: str | None, state: TaskState
) -> None:
    change = ruled(
        order(task(state=TaskState.RETURNED, signed_at=signed_at, handler_id=handler)),
        upheld=False,
        to="370102-health",
    )

    back = change.order.task("t1")
    assert (back.state, back.department_id, back.run) == (state, MAIN, 1)
    assert (change.started, change.stopped) == ((), ())
    assert change.events[0].to_department_id == MAIN  # type: ignore[attr-defined]


def test_an_upheld_return_sends_the_task_anew_to_the_other_department_with_all_its_clocks() -> None:
    returned = task(
        state=TaskState.RETURNED,
        signed_at=NOW,
        handler_id="h1",
        return_ground="not_our_duty",
        sent_at=NOW - timedelta(hours=3),
    )

    change = ruled(order(returned, task("t2", SUPPORT)), upheld=True, to="370102-health")

    sent = change.order.task("t1")
    assert (sent.state, sent.department_id, sent.is_main, sent.run) == (
        TaskState.SENT,
        "370102-health",
        True,
        2,
    )
    assert (sent.signed_at, sent.handler_id, sent.return_ground, sent.sent_at) == (None, None, None, NOW)
    assert names(change) == ["task_redirected", "task_sent"]
    assert change.stopped == change.started == tuple(("t1", clock) for clock in CLOCKS)


@pytest.mark.parametrize("to", [None, MAIN, SUPPORT])
def test_an_upheld_return_needs_a_department_that_is_not_called_yet(to: str | None) -> None:
    with pytest.raises(errors.SameDepartment):
        ruled(order(task(state=TaskState.RETURNED), task("t2", SUPPORT)), upheld=True, to=to)


def withdrawn(of: Order) -> Change:
    return domain.withdraw(of, "t1", reason="duplicate_order", by="s1", at=NOW)


RETURNED = {"state": TaskState.RETURNED}


def test_a_task_that_is_not_needed_is_closed_and_the_rest_of_its_order_goes_on() -> None:
    change = withdrawn(order(task(**RETURNED), task("t2", SUPPORT), task("t3", "370102-health")))

    assert [(t.state, t.is_main) for t in change.order.tasks] == [
        (TaskState.CLOSED, False),
        (TaskState.SENT, True),
        (TaskState.SENT, False),
    ]
    assert change.order.state is OrderState.OPEN
    assert change.stopped == tuple(("t1", clock) for clock in CLOCKS)
    event = change.events[0]
    assert (names(change), event.not_needed, event.order_ended) == (  # type: ignore[attr-defined]
        ["task_redirected"],
        "duplicate_order",
        False,
    )


def test_a_supporting_task_that_is_not_needed_leaves_the_lead_where_it_is() -> None:
    of = order(task(), task("t2", SUPPORT, TaskState.RETURNED))

    change = domain.withdraw(of, "t2", reason="streets_own", by="s1", at=NOW)

    assert [t.is_main for t in change.order.tasks] == [True, False]


def test_an_order_whose_other_tasks_are_finished_is_finished_without_the_one_not_needed() -> None:
    change = withdrawn(order(task(**RETURNED), task("t2", SUPPORT, TaskState.FINISHED)))

    assert names(change) == ["task_redirected", "order_finished"]
    assert (change.order.state, change.order.finished_at) == (OrderState.FINISHED, NOW)


@pytest.mark.parametrize("others", [(), (task("t2", SUPPORT, TaskState.CLOSED),)])
def test_an_order_none_of_whose_tasks_is_needed_ends_without_being_finished(others: tuple[Task, ...]) -> None:
    change = withdrawn(order(task(**RETURNED), *others))

    assert names(change) == ["task_redirected"]
    assert change.events[0].order_ended  # type: ignore[attr-defined]
    assert (change.order.state, change.order.finished_at) == (OrderState.CLOSED, None)


@pytest.mark.parametrize("state", [state for state in TaskState if state is not TaskState.RETURNED])
def test_only_a_returned_task_is_found_not_to_be_needed(state: TaskState) -> None:
    with pytest.raises(errors.TaskNotInThisState):
        withdrawn(order(task(state=state)))


@pytest.mark.parametrize("is_needed", [True, False])
def test_the_turn_whose_return_was_upheld_is_the_departments_that_asked(is_needed: bool) -> None:
    of = order(task(**RETURNED), task("t2", SUPPORT))
    change = ruled(of, upheld=True, to="370102-health") if is_needed else withdrawn(of)

    noted = facts.of_step(change, (), at=NOW)

    assert [(one.task_id, one.run) for one in noted.upheld] == [("t1", 1)]


# --- closing


def test_closing_closes_what_is_open_and_stops_its_clocks() -> None:
    change = domain.close(
        order(task(state=TaskState.FINISHED), task("t2", SUPPORT, TaskState.SIGNED)), at=NOW
    )

    assert [t.state for t in change.order.tasks] == [TaskState.FINISHED, TaskState.CLOSED]
    assert change.stopped == tuple(("t2", clock) for clock in CLOCKS)
    assert (change.order.state, change.events) == (OrderState.CLOSED, ())


@pytest.mark.parametrize("state", [OrderState.FINISHED, OrderState.CLOSED])
def test_closing_what_is_over_changes_nothing(state: OrderState) -> None:
    over = order(state=state)

    assert domain.close(over, at=NOW) == Change(order=over, events=())


# --- handlers and their replies


def assigned(**changes: Any) -> Order:
    made = {"handler_id": "h1", "assigned_by": "r1", "state": TaskState.ARRIVED, "arrived_at": NOW}
    return order(task(**{**made, **changes}))


def replied(of: Order, by: str) -> Change:
    return domain.reply(of, "t1", words="已整改", by=by, at=NOW)


def test_a_handlers_reply_waits_for_approval_and_nobody_approves_their_own() -> None:
    waiting = replied(assigned(), "h1")

    assert [event.to_data()["reviewed"] for event in waiting.events] == [False]
    with pytest.raises(errors.ReplyNotApproved):
        domain.finish(waiting.order, "t1", by="r1", at=NOW)
    with pytest.raises(errors.OwnReply):
        domain.review(waiting.order, "t1", approved=True, words="", by="h1", at=NOW)
    approved = domain.review(waiting.order, "t1", approved=True, words="", by="r1", at=NOW)
    assert [event.to_data()["reviewed"] for event in approved.events] == [True]
    assert domain.finish(approved.order, "t1", by="r1", at=NOW).order.state is OrderState.FINISHED


@pytest.mark.parametrize(("arrived_at", "state"), [(NOW, TaskState.ARRIVED), (None, TaskState.ASSIGNED)])
def test_a_reply_sent_back_is_counted_and_the_work_goes_on(
    arrived_at: datetime | None, state: TaskState
) -> None:
    of = assigned(arrived_at=arrived_at)
    for times in (1, 2):
        back = domain.review(replied(of, "h1").order, "t1", approved=False, words="照片不清", by="r1", at=NOW)
        of = back.order
        assert (of.task("t1").replies_sent_back, of.task("t1").state) == (times, state)
        assert [event.event_name for event in back.events] == ["task_reply_sent_back"]


@pytest.mark.parametrize(
    ("handler", "assigned_by", "by"),
    [("h1", "r1", "r1"), ("r1", "r1", "r1"), (None, None, "r1")],
)
def test_a_responders_own_reply_is_approved_with_its_sending(
    handler: str | None, assigned_by: str | None, by: str
) -> None:
    done = replied(assigned(handler_id=handler, assigned_by=assigned_by), by)

    assert done.order.task("t1").reply_review is domain.Review.APPROVED
    with pytest.raises(errors.NothingToReview):
        domain.review(done.order, "t1", approved=True, words="", by="r2", at=NOW)


# --- members of a grid


@pytest.mark.parametrize("state", [TaskState.SIGNED, TaskState.ARRIVED])
def test_members_finish_without_a_written_reply_but_with_evidence(state: TaskState) -> None:
    of = order(task(state=state), kind="grid_calls_members")

    with pytest.raises(errors.EvidenceMissing):
        domain.finish(of, "t1", by="m1", at=NOW)

    assert domain.finish(of, "t1", words="已清理", by="m1", at=NOW).order.state is OrderState.FINISHED
    assert domain.finish(of, "t1", attachment_ids=("a1",), by="m1", at=NOW).events


def test_departments_do_not_finish_without_a_reply() -> None:
    with pytest.raises(errors.TaskNotInThisState):
        domain.finish(order(task(state=TaskState.ARRIVED)), "t1", words="已清理", by="r1", at=NOW)


def test_every_step_is_noted_with_who_took_it() -> None:
    change = domain.arrive(order(task(state=TaskState.SIGNED)), "t1", place=PLACE, by="r1", at=NOW)

    assert [(one.step, one.by, one.run, one.detail) for one in change.history] == [
        ("arrived", "r1", 1, {"metres": 0})
    ]


def test_a_handler_who_names_themselves_again_still_has_the_reply_reviewed() -> None:
    again = domain.assign(assigned(), "t1", handler_id="h1", by="h1", at=NOW).order

    assert replied(again, by="h1").order.task("t1").reply_review is domain.Review.PENDING
