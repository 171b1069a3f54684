"""Bringing the broker to what the integrators' rows say: streams and accounts made, filled, and taken away.

Each step is safe to repeat: whatever was done before a crash is done again to the same effect. HTTP only writes rows,
so a broker that is down delays an integrator and nothing else.
"""

import functools
import time
import urllib.parse
from dataclasses import dataclass

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from services.registry.domain import identity_integrators
from services.registry.store import identity_integrators as store
from services.registry.worker import broker, history
from shared import config, db, errors, logs
from shared.bus import topology
from shared.contracts import base

log = logs.get(__name__)

_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 300.0


def reconcile_one(tx: db.Tx) -> int:
    """Brings one integrator further towards its wanted state; answers 1 when there may be more to do."""
    work = store.due_integrator(tx)
    if work is None:
        return 0
    try:
        if work.integrator.state == "revoking":
            _take_away(tx, work)
        else:
            _bring_about(tx, work)
    except (errors.Error, pika.exceptions.AMQPError, OSError) as error:
        trouble = f"{type(error).__name__}: {error}"[:500]
        wait = min(_FIRST_WAIT_SECONDS * 2 ** min(work.attempts, 16), _LONGEST_WAIT_SECONDS)
        store.integrator_troubled(tx, work, trouble=trouble, wait_seconds=wait)
        log.warning("integrator_delayed", integrator=work.integrator.name, trouble=trouble, wait_seconds=wait)
    return 1


def _bring_about(tx: db.Tx, work: store.BrokerWork) -> None:
    filled = _Filled(next_offset=work.history_offset, bound=work.bound, done=work.history_done)
    if not filled.done:
        filled = _fill(work)
    if filled.done:
        _management().put_account(work.integrator.stream, password_hash=work.broker_password_hash)
    # Only now are rows locked: while the broker was asked, an admin could still revoke.
    store.integrator_filled(
        tx, work, history_offset=filled.next_offset, history_done=filled.done, bound=filled.bound
    )
    if filled.done:
        store.integrator_reached(tx, work, state="ready")
        log.info("integrator_ready", integrator=work.integrator.name)


@dataclass(frozen=True, kw_only=True)
class _Filled:
    """How far a stream is."""

    next_offset: int
    bound: bool
    done: bool


def _fill(work: store.BrokerWork) -> _Filled:
    """Makes the stream, copies the history, binds it, and copies what came in between; for one slice of time."""
    stop_at = time.monotonic() + history.SLICE_SECONDS
    parameters = topology.parameters(_settings().amqp_url, name="registry integrators")
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        topology.declare_integrator(channel, work.integrator.name, events=(), area_codes=())
        if work.bound:
            _bind(channel, work.integrator)
        copied = history.copy(
            channel, work.integrator, log=parameters, from_offset=work.history_offset, stop_at=stop_at
        )
        if work.bound or not copied.to_the_end:
            return _Filled(next_offset=copied.next_offset, bound=work.bound, done=copied.to_the_end)
        _bind(channel, work.integrator)
        copied = history.copy(
            channel, work.integrator, log=parameters, from_offset=copied.next_offset, stop_at=stop_at
        )
        return _Filled(next_offset=copied.next_offset, bound=True, done=copied.to_the_end)
    finally:
        if connection.is_open:
            connection.close()


def _bind(channel: BlockingChannel, integrator: identity_integrators.Integrator) -> None:
    known = [event for event in map(base.by_type, integrator.event_types) if event is not None]
    topology.declare_integrator(channel, integrator.name, events=known, area_codes=integrator.areas)


def _take_away(tx: db.Tx, work: store.BrokerWork) -> None:
    management = _management()
    management.delete_account(work.integrator.stream)
    management.delete_queue(work.integrator.stream)
    store.integrator_reached(tx, work, state="revoked")
    log.info("integrator_revoked", integrator=work.integrator.name)


@functools.cache
def _settings() -> config.Config:
    return config.load("registry", needs_broker=True)


def _management() -> broker.Management:
    url = config.Environment().secret("RABBITMQ_MANAGEMENT_URL", "")
    if not url:
        raise broker.BrokerUnavailable("set RABBITMQ_MANAGEMENT_URL for the registry's worker")
    path = urllib.parse.urlsplit(_settings().amqp_url).path
    return broker.Management(url=url, vhost=urllib.parse.unquote(path[1:]) or "/")
