"""Files that are no longer wanted: of removed attachments, and those that no row ever came to know."""

from datetime import timedelta

from services.cases import attaching
from services.cases.store import attachments as store
from shared import db, logs

log = logs.get(__name__)

_MOST_AT_ONCE = 100
# A file younger than this may belong to a request that is not committed yet.
_GRACE = timedelta(days=1)


def erase_removed(tx: db.Tx) -> int:
    """Takes the files of removed attachments from the store; answers how many."""
    removed = store.to_erase(tx, most=_MOST_AT_ONCE)
    for _, key, kind in removed:
        attaching.erase(key, kind)
    store.erased(tx, [attachment_id for attachment_id, _, _ in removed])
    return len(removed)


def sweep_orphans(tx: db.Tx) -> int:
    """Compares the files of one more day that is over with the rows; answers 1 while there are days left."""
    newest = (db.now(tx) - _GRACE).date() - timedelta(days=1)
    last = store.swept_through(tx, unless_begun=newest - timedelta(days=1))
    if last is None or last >= newest:
        return 0
    day = last + timedelta(days=1)
    dropped = attaching.drop_orphans(day, store.known(tx, attaching.keys_of(day)))
    store.set_swept_through(tx, day)
    if dropped:
        log.info("orphan_files_dropped", day=day.isoformat(), count=dropped)
    return 1
