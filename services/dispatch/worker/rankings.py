"""What rankings hear from others: the names of subdistricts."""

from collections.abc import Sequence

from services.dispatch.store.sql import queries
from shared import db
from shared.bus.inbox import Received
from shared.contracts import registry


def named(tx: db.Tx, events: Sequence[Received[registry.NetPublished]]) -> None:
    """Keeps the names of subdistricts by sequence."""
    for event in events:
        queries.copy_subdistrict(tx, area=event.data.area, name=event.data.area_name, sequence=event.sequence)
