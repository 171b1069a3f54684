"""The events of a service `probe` that exists only in tests, and handlers that write down what they did."""

from collections.abc import Sequence
from typing import Any

from shared import db
from shared.bus import topology
from shared.bus.envelope import Received
from shared.bus.inbox.batch import Subscription
from shared.contracts import base
from shared.contracts.base import Event, event

SERVICE = "probe"
AREA = "370102007"

TABLES = """
CREATE TABLE effects (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    n integer NOT NULL,
    process integer NOT NULL DEFAULT 0
);
CREATE TABLE names (
    thing_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    name text,
    writes integer NOT NULL DEFAULT 1
);
CREATE TABLE refusals (
    subject text PRIMARY KEY
);
CREATE TABLE pairs (
    a integer CONSTRAINT pairs_a_key UNIQUE DEFERRABLE INITIALLY DEFERRED
);
"""


@event(publisher=SERVICE, subject="thing_id", consumers=(SERVICE,))
class ThingMoved(Event):
    """A thing was moved. `mode` tells the handler in a worker process how to behave."""

    thing_id: str
    area: str
    n: int
    mode: str = "ok"


@event(publisher=SERVICE, subject="thing_id", consumers=(SERVICE,))
class ThingNamed(Event):
    """A thing has a name now, or none any more."""

    thing_id: str
    area: str
    name: str | None = None


@event(publisher=SERVICE, subject="thing_id")
class ThingSeen(Event):
    """Nobody subscribes to this."""

    thing_id: str
    area: str


EVENTS: tuple[type[Event], ...] = (ThingMoved, ThingNamed, ThingSeen)
# The platform's own lists must not show them to other tests; the process under test enters them again.
for _cls in EVENTS:
    del base._BY_TYPE[_cls.type]


def declare(channel: Any) -> None:
    topology.declare(channel, events=EVENTS, services=(SERVICE,))


def unbind(channel: Any, service: str) -> None:
    topology.unbind_unsubscribed(channel, service, events=EVENTS)


def moved(thing_id: str, n: int, *, mode: str = "ok", area: str = AREA) -> ThingMoved:
    return ThingMoved(thing_id=thing_id, area=area, n=n, mode=mode)


class Refused(Exception):
    """The handler does not want this event."""


def record(tx: db.Tx, events: Sequence[Received[ThingMoved]], process: int = 0) -> None:
    """Writes events into `effects`; refuses subjects that stand in `refusals`."""
    subjects = [e.subject for e in events]
    refused = tx.execute("SELECT subject FROM refusals WHERE subject = ANY(%s)", [subjects]).fetchone()
    if refused is not None:
        raise Refused(refused["subject"])
    with tx.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO effects (event_id, subject, sequence, n, process) VALUES (%s, %s, %s, %s, %s)",
            [(e.id, e.subject, e.sequence, e.data.n, process) for e in events],
        )


def copy_name(tx: db.Tx, events: Sequence[Received[ThingNamed]]) -> None:
    """Keeps `names` by sequence; a thing without a name leaves a tombstone."""
    subjects = [e.subject for e in events]
    refused = tx.execute("SELECT subject FROM refusals WHERE subject = ANY(%s)", [subjects]).fetchone()
    if refused is not None:
        raise Refused(refused["subject"])
    with tx.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO names AS held (thing_id, sequence, name) VALUES (%s, %s, %s)"
            " ON CONFLICT (thing_id) DO UPDATE"
            " SET sequence = EXCLUDED.sequence, name = EXCLUDED.name, writes = held.writes + 1"
            " WHERE held.sequence < EXCLUDED.sequence",
            [(e.subject, e.sequence, e.data.name) for e in events],
        )


SUBSCRIPTIONS = {
    ThingMoved.type: Subscription(contract=ThingMoved, handler=record),
    ThingNamed.type: Subscription(contract=ThingNamed, handler=copy_name, copy=True),
}
