"""Discussions the community owes 协调性 matters.

`matters.save` calls `follow` with every change it writes, so that no use case can forget it.
"""

from collections.abc import Sequence
from datetime import datetime

from services.cases.domain.case import OPEN, Change
from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import CaseTriaged

# After these nothing is left to discuss.
_ENDINGS = {"resolved", "declined", "merged", "withdrawn"}


def follow(tx: db.Tx, changes: Sequence[Change]) -> None:
    """Opens and ends discussions as the changes say."""
    opened = [
        change
        for change in changes
        if change.case.state in OPEN
        and change.case.mechanism == "coordination"
        and any(isinstance(event, CaseTriaged) for event in change.events)
    ]
    if opened:
        queries.open_discussions(
            tx,
            case_ids=[change.case.case_id for change in opened],
            areas=[change.case.area for change in opened],
            ats=[_at(change) for change in opened],
        )
    held = [change for change in changes if any(entry.action == "discussed" for entry in change.entries)]
    ended = [
        change
        for change in changes
        if change.case.mechanism == "coordination"
        and any(entry.action in _ENDINGS for entry in change.entries)
    ]
    for state, some in (("held", held), ("dropped", ended)):
        if some:
            queries.end_discussions(
                tx, case_ids=[one.case.case_id for one in some], state=state, at=max(map(_at, some))
            )


def _at(change: Change) -> datetime:
    return change.entries[-1].at
