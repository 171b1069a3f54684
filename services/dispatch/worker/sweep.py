"""Climbing the ladder: due steps are found oldest first and fired in batches, each once."""

from services.dispatch.domain import ladder
from services.dispatch.domain.limits import Rules
from services.dispatch.store import clocks as store
from services.dispatch.store.sql import queries
from shared import db, logs, metrics
from shared.bus import outbox

log = logs.get(__name__)

# Due clocks taken in one run of the timer; full runs follow each other at once.
BATCH = 1000
# How many batches somebody else works on are passed over before a run gives up.
_MOST_PASSED_OVER = 8
# How long a clock whose step fails is left alone, so that it does not stand at the head of the queue for ever.
_PUT_OFF_MINUTES = 10

_behind = False


def is_behind() -> bool:
    """Whether more steps are due than one run takes: other timers of this process then step back."""
    return _behind


def fire_due_steps(tx: db.Tx, rules: Rules) -> int:
    """One batch of due steps; answers how many were climbed.

    Due clocks are found without locks, then their owners are locked and looked at again: locking a clock before its
    owner would deadlock with the API. What other workers hold is passed over, so that none waits for another.
    """
    global _behind
    metrics.clock_lag_seconds.set(float(queries.oldest_overdue_seconds(tx) or 0.0))
    after_at, after_clock = None, None
    for _ in range(_MOST_PASSED_OVER):
        due = queries.due_owners(tx, after_at=after_at, after_clock=after_clock, most=BATCH)
        _behind = len(due) == BATCH
        if not due:
            return 0
        fired = _climb(tx, list(dict.fromkeys(str(row["owner_id"]) for row in due)), rules)
        if fired or len(due) < BATCH:
            return fired
        after_at, after_clock = due[-1]["next_step_at"], due[-1]["clock_id"]
    return 0


def _climb(tx: db.Tx, owner_ids: list[str], rules: Rules) -> int:
    """All of them together; where that fails one after the other, so that only the guilty one is left behind."""
    try:
        with tx.transaction():
            return _fire(tx, owner_ids, rules)
    except Exception as error:
        if db.is_passing(error):
            raise
        log.warning("sweep_repeated_singly", owners=len(owner_ids), error=db.reason_of(error))
    return sum(_climb_alone(tx, owner_id, rules) for owner_id in owner_ids)


def _climb_alone(tx: db.Tx, owner_id: str, rules: Rules) -> int:
    try:
        with tx.transaction():
            return _fire(tx, [owner_id], rules)
    except Exception as error:
        if db.is_passing(error):
            raise
        metrics.clock_steps_failed_total.inc()
        log.warning("clock_step_failed", owner_id=owner_id, error=db.reason_of(error))
    if queries.lock_owners(tx, owner_ids=[owner_id]):
        queries.put_off_steps(tx, owner_id=owner_id, minutes=_PUT_OFF_MINUTES)
    return 1


def _fire(tx: db.Tx, owner_ids: list[str], rules: Rules) -> int:
    locked = {str(row["owner_id"]): row["at"] for row in queries.lock_owners(tx, owner_ids=sorted(owner_ids))}
    if not locked:
        return 0
    looked_at = [ladder.fire(c, rules=rules, at=locked[c.owner_id]) for c in store.due_clocks(tx, locked)]
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
