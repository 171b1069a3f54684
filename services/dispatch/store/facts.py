"""Facts that rankings count, as rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.dispatch.domain.facts import Noted
from services.dispatch.store.sql import queries
from shared import clock, db


def note(tx: db.Tx, noted: Iterable[Noted]) -> None:
    """Keeps what steps left behind; the caller holds the orders' locks."""
    found = list(noted)
    upheld = [one for some in found for one in some.upheld]
    tasks = [fact for some in found for fact in some.tasks]
    if upheld:
        queries.note_upheld(
            tx,
            task_ids=[one.task_id for one in upheld],
            runs=[one.run for one in upheld],
            moments=[one.at for one in upheld],
        )
    if tasks:
        queries.note_tasks(tx, facts=_json([vars(fact) for fact in tasks]))


def begin(tx: db.Tx, handlings: Sequence[Mapping[str, Any]]) -> None:
    """Handlings that begin: case_id, run, area, began_at."""
    queries.begin_handlings(tx, handlings=_json(handlings))


def end(tx: db.Tx, handlings: Sequence[Mapping[str, Any]]) -> None:
    """Handlings that are resolved: case_id, due_at, resolved_at, is_late."""
    if handlings:
        queries.end_handlings(tx, handlings=_json(handlings))


def rework(tx: db.Tx, following: Sequence[tuple[str, int, str, datetime]]) -> None:
    """Results that did not hold: (case, the run that follows, reason, when)."""
    queries.rework_handlings(
        tx,
        case_ids=[case_id for case_id, _, _, _ in following],
        runs=[run for _, run, _, _ in following],
        reasons=[reason for _, _, reason, _ in following],
        moments=[at for _, _, _, at in following],
    )


def void(tx: db.Tx, at: Mapping[str, datetime]) -> None:
    """Matters that ended otherwise, and when."""
    queries.void_handlings(tx, case_ids=list(at), moments=list(at.values()))


def answer(tx: db.Tx, answers: Sequence[Mapping[str, Any]]) -> None:
    """What reporters said: case_id, area, answered_at, met, settled, satisfaction."""
    if answers:
        queries.note_answers(tx, answers=_json(answers))


# In place of a department: the matter is out of everybody's base, the subdistrict's too.
EVERYBODY = "*"


def remove(tx: db.Tx, removals: Sequence[Mapping[str, Any]]) -> None:
    """Matters taken out of a base: case_id, department_id or EVERYBODY, month, area, removed_at."""
    if removals:
        queries.remove_matters(tx, removals=_json(removals))


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(
        [
            {
                name: clock.rfc3339(value) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in rows
        ]
    )
