"""What `cases` does with the events of others, and its timers."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from services.cases.domain import steps as domain
from services.cases.domain.case import Case, Change
from services.cases.places import Places
from services.cases.store import matters as store
from services.cases.store.sql import queries
from services.cases.worker import anonymising, attachments, hearing, holding, people, progress, regridding
from shared import db, logs
from shared.bus import outbox
from shared.bus.inbox import Received, subscribe
from shared.contracts import dispatch, registry
from shared.http import idempotency
from shared.timers import every

log = logs.get(__name__)

# What dispatch says when an order is over.
Said = TypeVar("Said", dispatch.OrderFinished, dispatch.TaskRedirected)


class Worker:
    name = "cases"

    places = Places()

    @subscribe(dispatch.OrderOpened)
    def order_opened(self, tx: db.Tx, events: Sequence[Received[dispatch.OrderOpened]]) -> None:
        """The whistle was heard: the order stands with one task per department."""
        queries.set_order_states(tx, order_ids=[event.data.order_id for event in events], state="open")
        queries.upsert_tasks(
            tx,
            tasks=json.dumps(
                [
                    {
                        "task_id": task.task_id,
                        "order_id": event.data.order_id,
                        "case_id": event.data.case_id,
                        "department_id": task.department_id,
                        "is_main": task.is_main,
                        "at": event.data.opened_at.isoformat(),
                    }
                    for event in events
                    for task in event.data.tasks
                ]
            ),
        )

    @subscribe(dispatch.TaskSigned)
    def task_signed(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskSigned]]) -> None:
        """A department answers for its task."""
        _move(tx, "signed", [(event.data.task_id, event.data.signed_at) for event in events])

    @subscribe(dispatch.TaskArrived)
    def task_arrived(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskArrived]]) -> None:
        """A department is on site."""
        _move(tx, "arrived", [(event.data.task_id, event.data.arrived_at) for event in events])

    @subscribe(dispatch.TaskReplied)
    def task_replied(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskReplied]]) -> None:
        """A department replied; what its handler wrote counts once the department approved it."""
        approved = [(event.data.task_id, event.data.replied_at) for event in events if event.data.reviewed]
        _move(tx, "replied", approved)

    @subscribe(dispatch.TaskFinished)
    def task_finished(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskFinished]]) -> None:
        """A department's part is done."""
        _move(tx, "finished", [(event.data.task_id, event.data.finished_at) for event in events])

    @subscribe(dispatch.TaskReturned)
    def task_returned(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskReturned]]) -> None:
        """A department asked to give its task back."""
        _move(tx, "returned", [(event.data.task_id, event.time) for event in events])

    @subscribe(dispatch.TaskRedirected)
    def task_redirected(self, tx: db.Tx, events: Sequence[Received[dispatch.TaskRedirected]]) -> None:
        """A return was decided; a department called instead may read the matter from now on.

        Where the order ended with it, because none of its tasks is needed, the matter is back with its street.
        """
        self._orders_ended(tx, [event.data for event in events if event.data.order_ended])
        for event in events:
            ruling = event.data
            if not ruling.upheld:
                queries.give_task_back(tx, task_id=ruling.task_id, at=event.time)
                continue
            if ruling.not_needed:
                queries.close_task(tx, task_id=ruling.task_id, at=event.time)
                queries.release_department(
                    tx, order_id=ruling.order_id, department_id=ruling.from_department_id
                )
                continue
            queries.admit_department(tx, case_id=ruling.case_id, department_id=ruling.to_department_id)
            queries.redirect_order(
                tx,
                order_id=ruling.order_id,
                from_department=ruling.from_department_id,
                to_department=ruling.to_department_id,
            )
            queries.redirect_task(
                tx, task_id=ruling.task_id, department_id=ruling.to_department_id, at=event.time
            )

    @subscribe(dispatch.OrderFinished)
    def order_finished(self, tx: db.Tx, events: Sequence[Received[dispatch.OrderFinished]]) -> None:
        """An order is done; with its last one the matter is resolved by itself.

        An order closed meanwhile (the matter was resolved by hand or reworked) changes nothing any more.
        """

        def step(said: dispatch.OrderFinished, at: datetime, case: Case) -> Change:
            return domain.order_finished(case, order_id=said.order_id, at=at)

        _end_orders(tx, [event.data for event in events], step, state="finished")

    def _orders_ended(self, tx: db.Tx, rulings: Sequence[dispatch.TaskRedirected]) -> None:
        """Orders none of whose tasks is needed."""

        def step(said: dispatch.TaskRedirected, at: datetime, case: Case) -> Change:
            is_done = said.not_needed == "duplicate_order" and bool(
                queries.has_finished_order(tx, case_id=case.case_id, run=case.run)
            )
            return domain.order_ended(
                case, order_id=said.order_id, reason=said.not_needed or "", is_done=is_done, at=at
            )

        if rulings:
            _end_orders(tx, rulings, step, state="closed")

    @subscribe(dispatch.ClockSet)
    def clock_set(self, tx: db.Tx, events: Sequence[Received[dispatch.ClockSet]]) -> None:
        """A limit runs; matters show the limit to finish."""
        due = {
            event.data.case_id: event.data.due_at
            for event in events
            if event.data.clock == "finish" and event.data.task_id is None
        }
        _set_due(tx, due)
        hearing.limits_set(tx, events)

    @subscribe(dispatch.ClockPaused)
    def clock_paused(self, tx: db.Tx, events: Sequence[Received[dispatch.ClockPaused]]) -> None:
        """A limit stands still; the matter shows none."""
        _set_due(tx, {event.data.case_id: None for event in events if _of_case(event.data)})

    @subscribe(dispatch.ClockStopped)
    def clock_stopped(self, tx: db.Tx, events: Sequence[Received[dispatch.ClockStopped]]) -> None:
        """A limit ended; the matter shows none."""
        _set_due(tx, {event.data.case_id: None for event in events if _of_case(event.data)})
        hearing.limits_stopped(tx, events)

    @subscribe(dispatch.CardShown)
    def card_shown(self, tx: db.Tx, events: Sequence[Received[dispatch.CardShown]]) -> None:
        """A task got a yellow or red card."""
        for colour in ("yellow", "red"):
            shown = [e.data.task_id for e in events if e.data.task_id and e.data.colour == colour]
            if shown:
                queries.show_card(tx, task_ids=shown, card=colour)

    @subscribe(dispatch.ExtensionDecided)
    def extension_decided(self, tx: db.Tx, events: Sequence[Received[dispatch.ExtensionDecided]]) -> None:
        """More time was granted or refused."""
        hearing.extensions_decided(tx, events)

    @subscribe(dispatch.RankingFrozen)
    def ranking_frozen(self, tx: db.Tx, events: Sequence[Received[dispatch.RankingFrozen]]) -> None:
        """A month's ranking of departments is final: nothing is removed from its base any more."""
        hearing.months_frozen(tx, events)

    @subscribe(registry.NetPublished, copy=True)
    def net_published(self, tx: db.Tx, events: Sequence[Received[registry.NetPublished]]) -> None:
        """A boundary set is decided; reports are located by it from its effective time."""
        for event in events:
            net = event.data
            if queries.insert_net(
                tx,
                area=net.area,
                net_version=net.net_version,
                area_name=net.area_name,
                effective_at=net.effective_at,
            ):
                grids = json.dumps(net.to_data()["grids"], ensure_ascii=False)
                queries.insert_grids(tx, subdistrict=net.area, net_version=net.net_version, grids=grids)

    @subscribe(registry.PostAssigned, copy=True)
    def post_assigned(self, tx: db.Tx, events: Sequence[Received[registry.PostAssigned]]) -> None:
        """Somebody answers for an area."""
        _copy_posts(tx, events, is_held=True)

    @subscribe(registry.PostVacated, copy=True)
    def post_vacated(self, tx: db.Tx, events: Sequence[Received[registry.PostVacated]]) -> None:
        """A post is empty."""
        _copy_posts(tx, events, is_held=False)

    @subscribe(registry.StaffChanged, copy=True)
    def staff_changed(self, tx: db.Tx, events: Sequence[Received[registry.StaffChanged]]) -> None:
        """Somebody works somewhere, or no longer."""
        people.copy(tx, events)

    @subscribe(registry.DepartmentChanged, copy=True)
    def department_changed(self, tx: db.Tx, events: Sequence[Received[registry.DepartmentChanged]]) -> None:
        """A department may be called, or no longer."""
        for event in events:
            queries.copy_department(
                tx,
                department_id=event.data.department_id,
                area=event.data.area,
                kind=event.data.kind,
                name=event.data.name,
                is_active=event.data.active,
                sequence=event.sequence,
            )

    @every(seconds=30.0)
    def erase_removed_files(self, tx: db.Tx) -> int:
        """Take the files of removed attachments from the store."""
        return attachments.erase_removed(tx)

    @every(seconds=3600.0)
    def sweep_orphan_files(self, tx: db.Tx) -> int:
        """Delete files that no attachment came to know."""
        return attachments.sweep_orphans(tx)

    @every(seconds=600.0)
    def forget_open311_uses(self, tx: db.Tx) -> int:
        """Forget who posted how often."""
        return int(queries.prune_uses(tx, most=1000))

    @every(seconds=60.0)
    def queue_hearings(self, tx: db.Tx) -> int:
        """Put into the queue what waits to be heard without being there, and take out what does not wait."""
        return hearing.queue_missing(tx)

    @every(seconds=60.0)
    def pass_reviews(self, tx: db.Tx) -> int:
        """Resume deferrals nobody reviewed in time; flag what stands on the list unseen."""
        return holding.pass_reviews(tx)

    @every(seconds=600.0)
    def erase_callers(self, tx: db.Tx) -> int:
        """Forget the names and phones of callers whose matter ended long ago."""
        return anonymising.erase_callers(tx)

    @every(seconds=600.0)
    def erase_people_served(self, tx: db.Tx) -> int:
        """Forget residents of services and disputes that ended long ago."""
        return people.erase_old(tx)

    @every(seconds=60.0)
    def look_for_stalled(self, tx: db.Tx) -> int:
        """Mark matters that stand still for longer than they may."""
        return progress.look_for_stalled(tx)

    @every(seconds=2.0)
    def settle_nets(self, tx: db.Tx) -> int:
        """Move open matters to the grids of a net that took effect."""
        return regridding.settle_nets(tx, self.places)

    @every(seconds=600.0)
    def anonymise_reporters(self, tx: db.Tx) -> int:
        """Forget who reported what ended long ago."""
        return anonymising.anonymise_reporters(tx)

    @every(seconds=60.0)
    def prune(self, tx: db.Tx) -> int:
        """Drop answers kept under old Idempotency-Keys."""
        return idempotency.prune(tx)


def _end_orders(
    tx: db.Tx, ended: Sequence[Said], step: Callable[[Said, datetime, Case], Change], *, state: str
) -> None:
    """Orders are over: each means a step of its matter. Raises OrderUnknown."""
    cases = store.lock_many(tx, [said.case_id for said in ended])
    orders = {
        str(row["order_id"]): row
        for row in queries.lock_orders(tx, order_ids=sorted(said.order_id for said in ended))
    }
    changes: dict[str, Change] = {}
    over: list[str] = []
    for said in ended:
        order, found = orders.get(said.order_id), cases.get(said.case_id)
        if order is None or found is None:
            raise store.OrderUnknown(order_id=said.order_id)
        before = changes.get(said.case_id)
        case = before.case if before else found[0]
        if order["state"] not in ("called", "open") or order["run"] != case.run:
            continue
        over.append(said.order_id)
        after = partial(step, said, found[1])
        changes[said.case_id] = before.then(after) if before else after(case)
    queries.set_order_states(tx, order_ids=over, state=state)
    store.save(tx, *changes.values())
    outbox.add(tx, [made for change in changes.values() for made in change.events])


def _move(tx: db.Tx, state: str, tasks: list[tuple[str, Any]]) -> None:
    if tasks:
        queries.move_tasks(tx, task_ids=[task for task, _ in tasks], ats=[at for _, at in tasks], state=state)


def _of_case(clock: dispatch.ClockPaused | dispatch.ClockStopped) -> bool:
    return clock.clock == "finish" and clock.task_id is None


def _set_due(tx: db.Tx, due: dict[str, Any]) -> None:
    if due:
        case_ids = sorted(due)
        queries.set_due(tx, case_ids=case_ids, due_ats=[due[case_id] for case_id in case_ids])


def _copy_posts(
    tx: db.Tx,
    events: Sequence[Received[registry.PostAssigned]] | Sequence[Received[registry.PostVacated]],
    *,
    is_held: bool,
) -> None:
    queries.copy_posts(
        tx,
        posts=json.dumps(
            [
                {
                    "post_id": event.data.post_id,
                    "area": event.data.area,
                    "kind": event.data.kind,
                    "person_id": event.data.person_id,
                    "duty_name": getattr(event.data, "duty_name", None),
                    "duty_phone": getattr(event.data, "duty_phone", None),
                    "is_held": is_held,
                    "sequence": event.sequence,
                }
                for event in events
            ],
            ensure_ascii=False,
        ),
    )
