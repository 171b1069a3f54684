"""What dispatch says of limits, as far as checking and calling back stand on it; and the queue put right."""

from collections.abc import Sequence

from services.cases.store import following
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import db
from shared.bus.inbox import Received
from shared.contracts import dispatch

# Matters taken in one run of the timer; full runs follow each other at once.
SWEEP = 200


def limits_set(tx: db.Tx, events: Sequence[Received[dispatch.ClockSet]]) -> None:
    """The limit to call back stands in the queue."""
    of_cases = [event.data for event in events if event.data.task_id is None]
    calls = {said.case_id: said.due_at for said in of_cases if said.clock == "call_back"}
    if calls:
        queries.set_call_back_due(tx, case_ids=sorted(calls), due_ats=[calls[key] for key in sorted(calls)])


def limits_stopped(tx: db.Tx, events: Sequence[Received[dispatch.ClockStopped]]) -> None:
    """A limit that ended is no limit of the next handling."""
    of_cases = [event.data for event in events if event.data.task_id is None]
    calls = sorted({said.case_id for said in of_cases if said.clock == "call_back"})
    if calls:
        queries.set_call_back_due(tx, case_ids=calls, due_ats=[None] * len(calls))
    finished = sorted({said.case_id for said in of_cases if said.clock == "finish"})
    if finished:
        queries.forget_extensions(tx, case_ids=finished)


def extensions_decided(tx: db.Tx, events: Sequence[Received[dispatch.ExtensionDecided]]) -> None:
    """The standing list asks whether more time was granted or refused."""
    for event in events:
        if event.data.clock == "finish":
            queries.count_extension(tx, case_id=event.data.case_id, is_approved=event.data.approved)


def months_frozen(tx: db.Tx, events: Sequence[Received[dispatch.RankingFrozen]]) -> None:
    for event in events:
        if event.data.subject_kind == "departments":
            queries.freeze_month(tx, area=event.data.area, month=event.data.month)


def queue_missing(tx: db.Tx) -> int:
    """Opens the hearings that matters wait for and that nobody opened, and ends or moves those that are overtaken.

    Answers how many matters it put right; zero when the queue and the matters agree.
    """
    found = [
        *queries.unqueued(tx, most=SWEEP),
        *queries.overtaken(tx, most=SWEEP),
    ]
    if not found:
        return 0
    locked = queries.lock_passing(tx, case_ids=sorted({str(row["case_id"]) for row in found}))
    queries.move_hearings(tx, case_ids=[row["case_id"] for row in locked])
    following.queue(tx, [(store.case_of(row), row["at"]) for row in locked])
    return len(locked)
