"""What follows from a step of a matter in other tables, whatever step it was and whoever made it.

`matters.save` calls this with the changes it writes, so that no use case can forget it: hearings open and end with the
state, handlings keep their times, and a hold ends with the handling it held up.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.cases.domain.case import OPEN, Case, Change, State
from services.cases.domain.hearing_queue import UNASKED, Kind, by_day, opened
from services.cases.store import hearing
from services.cases.store.sql import queries
from shared import clock, db, ids
from shared.contracts import cases

# Entries after which the queue may have to change, and those that tell something of a handling.
_HEARING_ACTIONS = {"resolved", "checked", "called_back", "reworked", "closed", "declined"}
_HANDLING_ACTIONS = {"resolved", "checked", "called_back", "reworked", "closed", "answer_changed"}
_HOLD_ACTIONS = {"resumed", "resolved", "withdrawn", "merged", "declined"}
_NEEDED = {
    State.RESOLVED: (Kind.CHECK, Kind.TELL),
    State.CHECKED: (Kind.CALL_BACK, Kind.TELL),
    State.DECLINED: (Kind.TELL,),
}


def follow(tx: db.Tx, changes: Sequence[Change]) -> None:
    """Keeps hearings, handlings, answers and holds in step with matters that are being saved."""
    moved = [change for change in changes if _has(change, _HEARING_ACTIONS)]
    if moved:
        queue(tx, [(change.case, _at(change)) for change in moved])
        _tell_of_merged(tx, moved)
    handled = [change for change in changes if _has(change, _HANDLING_ACTIONS)]
    if handled:
        queries.keep_handlings(tx, handlings=json.dumps([row for one in handled for row in _handlings(one)]))
    answers = {row["case_id"]: row for change in changes for row in _answers(change)}
    if answers:
        queries.keep_answers(tx, answers=json.dumps(list(answers.values())))
    released = [change.case for change in changes if _has(change, _HOLD_ACTIONS)]
    if released:
        queries.end_holds(
            tx,
            case_ids=[case.case_id for case in released],
            are_over=[case.state not in OPEN for case in released],
        )


def queue(tx: db.Tx, matters: Iterable[tuple[Case, datetime]]) -> None:
    """Ends the hearings that matters need no more in their state, and opens those they need."""
    found = list(matters)
    if not found:
        return
    queries.end_hearings(
        tx,
        case_ids=[case.case_id for case, _ in found],
        kept=[" ".join(_NEEDED.get(case.state, ())) for case, _ in found],
        at=max(at for _, at in found),
    )
    if not any(case.state in _NEEDED for case, _ in found):
        return
    rules = hearing.rules(tx)
    due = [(one, at) for case, at in found for one in opened(case, rules=rules, at=at, new_id=ids.new)]
    queries.open_hearings(tx, hearings=json.dumps([_row(one, at) for one, at in due]))


def _tell_of_merged(tx: db.Tx, changes: Sequence[Change]) -> None:
    """Opens a telling for each reporter of a merged matter where this one is resolved or declined, and takes them
    back where the result did not hold."""
    reworked = [change for change in changes if _has(change, {"reworked"})]
    if reworked:
        queries.drop_tellings(
            tx, case_ids=[change.case.case_id for change in reworked], at=max(map(_at, reworked))
        )
    ended = [change for change in changes if change.case.state in (State.RESOLVED, State.DECLINED)]
    if not ended:
        return
    rules = hearing.rules(tx)
    queries.tell_merged(
        tx,
        case_ids=[change.case.case_id for change in ended],
        runs=[change.case.run for change in ended],
        ats=[_at(change) for change in ended],
        dues=[_at(change) + timedelta(hours=rules.tell_hours) for change in ended],
        readies=[by_day(_at(change), rules) for change in ended],
        unasked=sorted(UNASKED),
    )


def _row(one: hearing.Hearing, at: datetime) -> dict[str, Any]:
    return {
        "hearing_id": one.hearing_id,
        "case_id": one.case_id,
        "run": one.run,
        "kind": one.kind,
        "area": one.area,
        "opened_at": clock.rfc3339(at),
        "due_at": clock.rfc3339(one.due_at),
        "ready_at": clock.rfc3339(one.ready_at),
    }


def _at(change: Change) -> datetime:
    return change.entries[-1].at


def _has(change: Change, actions: set[str]) -> bool:
    return any(entry.action in actions for entry in change.entries)


def _answers(change: Change) -> list[dict[str, Any]]:
    """What the reporter said, if anything: the first time or otherwise than before."""
    return [
        {
            "case_id": event.case_id,
            "answered_at": clock.rfc3339(event.called_back_at),
            "run": event.run,
            "met": event.met,
            "settled": event.settled,
            "satisfaction": event.satisfaction,
        }
        for event in change.events
        if isinstance(event, cases.CaseCalledBack) and event.reached
    ]


def _handlings(change: Change) -> list[dict[str, Any]]:
    """What a change made known of the handling it belongs to, and of the next where it began one."""
    reworked = sum(isinstance(event, cases.CaseReworked) for event in change.events)
    run = change.case.run - reworked
    rows: dict[int, dict[str, Any]] = {}
    at = clock.rfc3339(_at(change))
    for event in change.events:
        row = rows.setdefault(run, {"case_id": change.case.case_id, "run": run})
        match event:
            case cases.CaseResolved():
                row |= {"resolved_at": clock.rfc3339(event.resolved_at), "resolved_by": event.resolved_by}
            case cases.CaseChecked():
                row |= {"checked_at": clock.rfc3339(event.checked_at), "passed": event.passed}
            case cases.CaseCalledBack():
                row["calls"] = row.get("calls", 0) + (not event.is_change)
                if event.reached:
                    row |= {
                        "answered_at": clock.rfc3339(event.called_back_at),
                        "met": event.met,
                        "settled": event.settled,
                        "satisfaction": event.satisfaction,
                    }
            case cases.CaseReworked():
                row |= {"ended_at": at, "ended_as": event.reason}
                run = event.run
                rows[run] = {"case_id": change.case.case_id, "run": run, "began_at": at}
            case cases.CaseClosed():
                row |= {"ended_at": at, "ended_as": "closed"}
            case _:
                pass
    return list(rows.values())
