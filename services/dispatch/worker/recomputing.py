"""Running clocks computed anew on purpose, a batch at a time: after an edit of the calendar, or a rebase."""

from services.dispatch.domain import moving
from services.dispatch.domain.limits import Rules
from services.dispatch.store import clocks as store
from services.dispatch.store.sql import queries
from shared import db, metrics
from shared.bus import outbox

BATCH = 500


def recompute(tx: db.Tx, rules: Rules) -> int:
    """One batch of the oldest unfinished recomputation; answers how many clocks it looked at, at least 1 of a job."""
    metrics.recomputations_waiting.set(int(queries.count_recomputations(tx)))
    job = queries.lock_recomputation(tx)
    if job is None:
        return 0
    found = queries.clocks_to_recompute(
        tx,
        after=job["after_clock"],
        area=job["area"],
        category=job["category"],
        sla_class=job["sla_class"],
        clock=job["clock"],
        preset=job["preset"],
        first_day=job["first_day"],
        last_day=job["last_day"],
        most=BATCH,
    )
    queries.wait_for_owners(tx, owner_ids=sorted({str(row["owner_id"]) for row in found}))
    at = db.now(tx)
    before = [
        store.clock_of(row) for row in queries.clocks_by_id(tx, clock_ids=[row["clock_id"] for row in found])
    ]
    after = [
        moving.recompute(one, rules=rules)
        if job["kind"] == "calendar"
        else moving.rebase(one, rules=rules, at=at)
        for one in before
    ]
    changed = [one for one, was in zip(after, before, strict=True) if one.clock != was]
    store.save_clocks(tx, changed)
    outbox.add(tx, [event for one in changed for event in one.events])
    queries.note_recomputed(
        tx,
        recomputation_id=job["recomputation_id"],
        after=found[-1]["clock_id"] if found else None,
        looked_at=len(found),
        changed=len(changed),
        is_finished=len(found) < BATCH,
    )
    return max(1, len(found))
