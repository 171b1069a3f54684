"""Climbing the ladder: due steps are found oldest first and fired in batches, each once."""

from services.dispatch.domain import clock
from services.dispatch.domain.limits import Rules
from services.dispatch.store import clocks as store
from services.dispatch.store.sql import queries
from shared import db, metrics
from shared.bus import outbox

# Due clocks taken in one run of the timer; full runs follow each other at once.
BATCH = 1000
# How many batches somebody else works on are passed over before a run gives up.
_MOST_PASSED_OVER = 8


def fire_due_steps(tx: db.Tx, rules: Rules) -> int:
    """One batch of due steps; answers how many were climbed.

    Due clocks are found without locks, then their owners are locked and looked at again: locking a clock before its
    owner would deadlock with the API. What other workers hold is passed over, so that none waits for another.
    """
    metrics.clock_lag_seconds.set(float(queries.oldest_overdue_seconds(tx) or 0.0))
    after_at, after_clock = None, None
    for _ in range(_MOST_PASSED_OVER):
        due = queries.due_owners(tx, after_at=after_at, after_clock=after_clock, most=BATCH)
        if not due:
            return 0
        fired = _fire(tx, {str(row["owner_id"]) for row in due}, rules)
        if fired or len(due) < BATCH:
            return fired
        after_at, after_clock = due[-1]["next_step_at"], due[-1]["clock_id"]
    return 0


def _fire(tx: db.Tx, owner_ids: set[str], rules: Rules) -> int:
    locked = {str(row["owner_id"]): row["at"] for row in queries.lock_owners(tx, owner_ids=sorted(owner_ids))}
    if not locked:
        return 0
    looked_at = [clock.fire(c, rules=rules, at=locked[c.owner_id]) for c in store.due_clocks(tx, locked)]
    fired = [one for one in looked_at if one.fired]
    # A ladder that ends here has nothing to announce, but must not stay at the head of the queue.
    ended = [one for one in looked_at if not one.fired and one.clock.next_step is None]
    if not fired and not ended:
        return 0
    fresh = store.note_steps(tx, fired)
    shown = [
        one
        for one in fired
        if (one.clock.clock_id, one.clock.run, one.fired, store.repetition_of(one)) in fresh
    ]
    with db.together(tx):
        store.save_fired(tx, [*fired, *ended])
        store.add_supervisions(tx, [one.supervision for one in shown if one.supervision])
        outbox.add(tx, [event for one in shown for event in one.events])
    for one in shown:
        metrics.clock_steps_total.labels(one.clock.name, one.fired).inc()
    return len(fired) + len(ended)
