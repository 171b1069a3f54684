"""Events set aside: tried again by themselves with growing delays, then left for a person.

An event whose handler fails is stored here with the reason, and later events of its subject (source,
subject) queue up behind it. Only the first of a subject is tried. After the last try it is *dead*, until
somebody redrives or drops it; copies do not wait behind a dead event. Bytes nobody can read are kept raw.
Neither is kept without end (`prune`).
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared import areas, auth, db, errors, logs, metrics, trace
from shared.bus import envelope
from shared.bus.envelope import Envelope
from shared.bus.statements import sql

if TYPE_CHECKING:
    from shared.bus.inbox.batch import Subscription

log = logs.get(__name__)

# Before the first, second, … try. About four hours in all, so that a bad release can be taken back.
DELAYS_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0)
MOST_TRIES = len(DELAYS_SECONDS)
# Subjects looked at in one run of the timer.
PAGE = 200
STATES = ("waiting", "dead", "undecodable")
# Bytes of events may name people, so none are kept for ever: what nobody decided about, and what was decided.
KEPT_DAYS = 180
AUDIT_BYTES_DAYS = 30
_PRUNE_MOST = 200
# The scope of whoever holds the database: every area is inside, and so is what has none.
EVERYWHERE = ("",)


class NoSuchParked(errors.NotFound):
    """No event of your area is parked under this key; it may have succeeded meanwhile."""


class ArrivedOtherwise(errors.Conflict):
    """The event in these bytes has arrived in another message since; drop them."""


class StillUndecodable(errors.Conflict):
    """Nobody can read these bytes as an event; drop them, or have the sender send again."""


@dataclass(frozen=True, kw_only=True)
class Parked:
    """A parked event as an operator sees it."""

    key: int
    state: str
    source: str | None
    subject: str | None
    event_id: str | None
    type: str | None
    # Where it happened; None for bytes nobody could read.
    area: str | None
    copy: bool
    reason: str
    # Tries so far.
    tries: int
    retry_at: datetime
    parked_at: datetime
    body_bytes: int


def park(tx: db.Tx, event: Envelope, *, copy: bool, reason: str, body: bytes, delay_seconds: float) -> None:
    """Sets an event aside, behind what is parked of its subject already."""
    sql.park(
        tx,
        source=event.source,
        subject=event.subject,
        event_id=event.id,
        type=event.type,
        area=event.area,
        copy=copy,
        reason=reason,
        body=body,
        delay_seconds=delay_seconds,
    )


class Retry:
    """Tries parked events whose time has come. One per process; any number of processes."""

    def __init__(self, subscriptions: Mapping[str, "Subscription"]) -> None:
        self._subscriptions = subscriptions
        self._after = ("", "")

    def run(self, database: db.Database) -> int:
        """Tries one page of subjects; answers how many events it tried, so that more can follow at once."""
        with database.transaction() as tx:
            heads = sql.heads_parked(tx, after_source=self._after[0], after_subject=self._after[1], most=PAGE)
        full = len(heads) == PAGE
        self._after = (heads[-1]["source"], heads[-1]["subject"]) if full else ("", "")
        tried = sum(self._try(database, head["key"]) for head in heads if head["due"])
        return tried + full

    def _try(self, database: db.Database, key: int) -> bool:
        with database.transaction() as tx:
            claimed = sql.claim_parked(tx, key=key, delays_seconds=list(DELAYS_SECONDS[1:]))
        if claimed is None:
            return False
        try:
            with database.transaction() as tx:
                if sql.lock_parked(tx, key=key, tries=claimed["tries"]) is None:
                    return False
                outcome = self._apply(tx, claimed)
                sql.delete_parked(tx, key=key)
        except Exception as error:
            outcome = self._failed(database, claimed, error)
        metrics.parked_retries_total.labels(outcome).inc()
        return True

    def _apply(self, tx: db.Tx, claimed: Mapping[str, Any]) -> str:
        read = envelope.decode(bytes(claimed["body"]))
        subscription = self._subscriptions.get(read.type)
        if subscription is None:
            log.warning("parked_event_unknown", event_id=read.id, type=read.type)
            return "unknown"
        event = envelope.received(read, subscription.contract)
        trace.begin(event.traceparent)
        subscription.handler(tx, [event])
        return "applied"

    def _failed(self, database: db.Database, claimed: Mapping[str, Any], error: Exception) -> str:
        with database.transaction() as tx:
            if db.is_passing(error):
                sql.unclaim_parked(tx, key=claimed["key"], tries=claimed["tries"], delay_seconds=1.0)
                return "failed"
            state = sql.fail_parked(
                tx,
                key=claimed["key"],
                tries=claimed["tries"],
                reason=db.reason_of(error),
                most_tries=MOST_TRIES,
            )
        log.warning(
            "parked_event_dead" if state == "dead" else "parked_event_failed",
            event_id=str(claimed["event_id"]),
            type=claimed["type"],
            subject=claimed["subject"],
            tries=claimed["tries"],
            error=db.reason_of(error),
        )
        return "dead" if state == "dead" else "failed"


def observe(database: db.Database) -> None:
    """Sets the gauge of parked events."""
    with database.transaction(read_only=True) as tx:
        counted = {row["state"]: row["events"] for row in sql.count_parked(tx)}
    for state in STATES:
        metrics.parked_events.labels(state).set(counted.get(state, 0))


def prune(database: db.Database) -> int:
    """Gives up what waited for a person too long, and takes the bytes from old decisions; answers how many of both.

    Alerts have named such an event for all of that time. The audit says that retention gave it up.
    """
    with database.transaction() as tx:
        keys = [row["key"] for row in sql.given_up_parked(tx, days=KEPT_DAYS, most=_PRUNE_MOST)]
        for key in keys:
            # Another replica may have been faster.
            with contextlib.suppress(NoSuchParked):
                drop(tx, key, f"kept for {KEPT_DAYS} days")
                log.warning("parked_event_given_up", key=key)
        emptied: int = sql.empty_audit(tx, days=AUDIT_BYTES_DAYS, most=_PRUNE_MOST)
    return len(keys) + emptied


def scopes_of(actor: auth.Actor) -> list[str]:
    """What parked events an operator may see and touch: those of their areas; of a whole city also the unreadable."""
    whole_city = any(areas.level(scope) is areas.Level.CITY for scope in actor.scopes)
    return [*EVERYWHERE] if whole_city else actor.scopes


def redrive(tx: db.Tx, key: int, by: str, *, scopes: Sequence[str] = EVERYWHERE) -> None:
    """Gives a parked event all its tries again, beginning now; undecodable bytes are read anew.

    Args:
        by: who asks, for the audit.
        scopes: the areas they answer for.

    Raises NoSuchParked, StillUndecodable, ArrivedOtherwise.
    """
    row = _lock(tx, key, scopes)
    found = {name: row[name] for name in ("source", "subject", "event_id", "type", "area", "copy")}
    if row["state"] == "undecodable":
        try:
            read = envelope.decode(bytes(row["body"]))
        except envelope.Undecodable as error:
            raise StillUndecodable() from error
        if not sql.take_in(tx, ids=[read.id]):
            raise ArrivedOtherwise()
        found = {
            "source": read.source,
            "subject": read.subject,
            "event_id": read.id,
            "type": read.type,
            "area": read.area,
            "copy": False,
        }
    sql.audit_parked(tx, action="redrive", by=by, key=key)
    sql.redrive_parked(tx, key=key, **found)


def drop(tx: db.Tx, key: int, by: str, *, scopes: Sequence[str] = EVERYWHERE) -> None:
    """Gives a parked event up for good; the audit keeps its bytes for a while. Raises NoSuchParked."""
    _lock(tx, key, scopes)
    sql.audit_parked(tx, action="drop", by=by, key=key)
    sql.delete_parked(tx, key=key)


def page(
    tx: db.Tx, state: str | None, cursor: int | None, limit: int, *, scopes: Sequence[str] = EVERYWHERE
) -> Sequence[Parked]:
    """One page of parked events, oldest first.

    Args:
        state: waiting, dead or undecodable; None for all.
        cursor: the `key` of the last one seen; None for the first page.
        limit: at most so many, up to 200.
        scopes: the areas of whoever asks.
    """
    rows = sql.list_parked(tx, state=state, scopes=list(scopes), after=cursor or 0, most=min(limit, 200))
    return [Parked(**row) for row in rows]


def _lock(tx: db.Tx, key: int, scopes: Sequence[str]) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = sql.lock_parked_for_operator(tx, key=key, scopes=list(scopes))
    if row is None:
        raise NoSuchParked(key=key)
    return row
