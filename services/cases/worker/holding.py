"""Review dates that went by."""

from services.cases.domain import holding as domain
from services.cases.store import holding as store
from services.cases.store import matters
from services.cases.store.sql import queries
from shared import db
from shared.bus import outbox

# Matters taken in one run of the timer; full runs follow each other at once.
SWEEP = 200


def pass_reviews(tx: db.Tx) -> int:
    """Ends or flags holds whose review date is past. Answers how many it found."""
    today = matters.today(db.now(tx))
    found = store.missed(tx, today=today, most=SWEEP)
    if not found:
        return 0
    changes = []
    for row in queries.lock_passing(tx, case_ids=found):
        case = matters.case_of(row)
        held = store.lock(tx, case.case_id, state="active")
        # Somebody reviewed it between the look and the lock.
        if held is None or case.hold is None or held.review_on >= today or held.missed_at is not None:
            continue
        change, passed = domain.pass_review(case, held, at=row["at"])
        store.save(tx, passed)
        changes.append(change)
    matters.save(tx, *changes)
    outbox.add(tx, [event for change in changes for event in change.events])
    return len(changes)
