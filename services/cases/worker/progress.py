"""Finding what stands still."""

from services.cases.store import progress as store
from shared import db, metrics
from shared.bus import outbox

# Matters of each kind taken in one run of the timer; full runs follow each other at once.
_SWEEP = 200


def look_for_stalled(tx: db.Tx) -> int:
    """Marks what stands still, takes the mark from what moves again. Answers how many there were of both."""
    moving = store.unmark(tx, most=_SWEEP)
    stalled = store.mark(tx, most=_SWEEP)
    outbox.add(tx, stalled)
    for reason, count in store.counts(tx).items():
        metrics.stalled_cases.labels(reason).set(count)
    return moving + len(stalled)
