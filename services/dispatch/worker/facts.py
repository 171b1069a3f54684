"""The steps of matters as rankings count them; called by the worker's handlers after their own work."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.dispatch.domain import facts
from services.dispatch.domain.clock import Ticking
from services.dispatch.domain.order import Change
from services.dispatch.store import facts as store
from shared import db
from shared.bus.inbox import Received
from shared.contracts import cases


def reported(tx: db.Tx, events: Sequence[Received[cases.CaseReported]]) -> None:
    """The first handling begins with the report."""
    store.begin(
        tx,
        [
            {
                "case_id": event.data.case_id,
                "run": 1,
                "area": event.data.area,
                "began_at": event.data.reported_at,
            }
            for event in events
        ],
    )


def stepped(tx: db.Tx, change: Change, ticking: Sequence[Ticking], *, at: datetime) -> None:
    """An order took a step."""
    store.note(tx, [facts.of_step(change, ticking, at=at)])


def all_stepped(tx: db.Tx, steps: Iterable[tuple[Change, Sequence[Ticking], datetime]]) -> None:
    """Orders took steps."""
    store.note(tx, [facts.of_step(change, ticking, at=at) for change, ticking, at in steps])


def resolved(tx: db.Tx, ticking: Iterable[Ticking], at: dict[str, datetime]) -> None:
    """Handlings end; whether in time, the limit that ended with them says."""
    store.end(
        tx,
        [
            {
                "case_id": one.clock.case_id,
                "due_at": one.clock.due_at,
                "resolved_at": at[one.clock.case_id],
                "is_late": facts.is_late(one),
            }
            for one in ticking
            if one.clock.task_id is None and one.clock.name == "finish" and facts.is_late(one) is not None
        ],
    )


def called_back(tx: db.Tx, events: Sequence[Received[cases.CaseCalledBack]]) -> None:
    """Reporters answered; one not reached said nothing."""
    store.answer(
        tx,
        [
            {
                "case_id": event.data.case_id,
                "area": event.data.area,
                "answered_at": event.data.called_back_at,
                "met": event.data.met,
                "settled": event.data.settled,
                "satisfaction": event.data.satisfaction,
            }
            for event in events
            if event.data.reached
        ],
    )


def reworked(tx: db.Tx, events: Sequence[Received[cases.CaseReworked]]) -> None:
    """A result did not hold, and the next handling begins."""
    store.rework(
        tx, [(event.data.case_id, event.data.run, event.data.reason, event.time) for event in events]
    )
    store.begin(
        tx,
        [
            {
                "case_id": event.data.case_id,
                "run": event.data.run,
                "area": event.data.area,
                "began_at": event.time,
            }
            for event in events
        ],
    )


def ended(tx: db.Tx, at: dict[str, datetime]) -> None:
    """Matters that were declined, merged or withdrawn count nowhere."""
    store.void(tx, at)


def removed(tx: db.Tx, events: Sequence[Received[cases.CaseRemovedFromBase]]) -> None:
    """The hotline office decided whether a matter counts for a department; refused, it does.

    Unless the wrong department was called the ground is the matter's own, and it counts for its subdistrict no more.
    """
    store.remove(
        tx,
        [
            {
                "case_id": event.data.case_id,
                "department_id": whose,
                "month": event.data.month,
                "area": event.data.area,
                "removed_at": event.data.decided_at,
            }
            for event in events
            if event.data.granted
            for whose in _whose_base(event.data)
        ],
    )


def _whose_base(removal: cases.CaseRemovedFromBase) -> tuple[str, ...]:
    if removal.ground == "wrong_department":
        return (removal.department_id,)
    return removal.department_id, store.EVERYBODY
