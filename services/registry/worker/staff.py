"""Telling the other services who works where."""

from services.registry.domain import staff
from services.registry.store import staff as store
from shared import db
from shared.bus import outbox

_MOST_AT_ONCE = 200


def announce_changed(tx: db.Tx) -> int:
    """Announces accounts whose roles, areas or department changed, or that were closed; answers how many."""
    accounts = store.lock_to_announce(tx, most=_MOST_AT_ONCE)
    outbox.add(tx, staff.announce(accounts))
    store.announced(tx, accounts)
    return len(accounts)
