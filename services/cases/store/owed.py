"""What is owed to residents beside the steps of their matter: a discussion, and the word what came of it.

`matters.save` calls `follow` with every change it writes, so that no use case can forget it.
"""

from collections.abc import Sequence
from datetime import datetime

from services.cases.domain.case import OPEN, Change
from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import CaseDeclined, CaseResolved, CaseReworked, CaseTriaged

# After these nothing is left to discuss.
_ENDINGS = {"resolved", "declined", "merged", "withdrawn"}


def follow(tx: db.Tx, changes: Sequence[Change]) -> None:
    """Opens and ends discussions and tellings as the changes say."""
    _discussions(tx, changes)
    _tellings(tx, changes)


def _discussions(tx: db.Tx, changes: Sequence[Change]) -> None:
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


def _tellings(tx: db.Tx, changes: Sequence[Change]) -> None:
    reworked = [one for one in changes if any(isinstance(event, CaseReworked) for event in one.events)]
    if reworked:
        queries.drop_tellings(tx, case_ids=[one.case.case_id for one in reworked], at=max(map(_at, reworked)))
    ended = [
        (change, "resolved" if isinstance(event, CaseResolved) else "declined")
        for change in changes
        for event in change.events
        if isinstance(event, CaseResolved | CaseDeclined)
    ]
    if ended:
        queries.open_tellings(
            tx,
            case_ids=[change.case.case_id for change, _ in ended],
            runs=[change.case.run for change, _ in ended],
            kinds=[kind for _, kind in ended],
            ats=[_at(change) for change, _ in ended],
        )


def _at(change: Change) -> datetime:
    return change.entries[-1].at
