"""Forgetting who reported what ended long ago."""

from datetime import timedelta
from functools import cache

from services.cases.store import anonymising as store
from services.cases.store import callers
from shared import config, db
from shared.bus import outbox

SETTING = "YIWANG_ANONYMISE_AFTER_DAYS"
USUAL_DAYS = 1_095
# By then the events that named the reporter are gone from outbox and stream, and kept answers too.
_LEAST_DAYS = 8
_MOST_DAYS = 36_500
# Matters taken in one run of the timer; full runs follow each other at once.
_SWEEP = 100


def anonymise_reporters(tx: db.Tx) -> int:
    """Takes reporters from matters that ended long enough ago. Answers how many it found."""
    before = db.now(tx) - timedelta(days=after_days())
    events = [store.forget(tx, case, at=at) for case, at in store.due(tx, before=before, most=_SWEEP)]
    outbox.add(tx, events)
    return len(events)


def erase_callers(tx: db.Tx) -> int:
    """Takes names and phones of callers from matters that ended long enough ago. Answers how many."""
    return callers.erase_old(tx, before=db.now(tx) - timedelta(days=after_days()))


@cache
def after_days() -> int:
    """How many days after its end a matter forgets its reporter."""
    days = config.Environment().number(SETTING, USUAL_DAYS, most=_MOST_DAYS)
    if days < _LEAST_DAYS:
        raise config.ConfigError(
            f"{SETTING} must be at least {_LEAST_DAYS}: events that name people live a week"
        )
    return days
