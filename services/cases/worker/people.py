"""People named in meetings, services and disputes: a copy of who works where, and forgetting who was served."""

import json
from collections.abc import Sequence
from datetime import timedelta

from services.cases.store import appointments, disputes
from services.cases.store.sql import queries
from services.cases.worker import anonymising
from shared import db
from shared.bus.inbox import Received
from shared.contracts import registry

_MOST_AT_ONCE = 100


def copy(tx: db.Tx, events: Sequence[Received[registry.StaffChanged]]) -> None:
    """Keeps who works where."""
    people = [
        {
            "person_id": event.data.person_id,
            "roles": event.data.roles,
            "areas": event.data.areas,
            "department_id": event.data.department_id,
            "is_active": event.data.active,
            "sequence": event.sequence,
        }
        for event in events
    ]
    queries.copy_staff(tx, people=json.dumps(people))


def erase_old(tx: db.Tx) -> int:
    """Takes names, numbers and addresses from services and disputes that ended long ago. Answers how many."""
    before = db.now(tx) - timedelta(days=anonymising.after_days())
    return appointments.erase_old(tx, before=before, most=_MOST_AT_ONCE) + disputes.erase_old(
        tx, before=before, most=_MOST_AT_ONCE
    )
