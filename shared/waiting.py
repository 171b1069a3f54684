"""How psycopg waits for the database in a process of greenlets.

psycopg offers `wait_selector` for patched processes. Under eventlet that makes a selector of two select calls per
wait, with listeners, timers and a turn of the hub even where a socket only has to be writable, as it nearly always
is: in pipeline mode several times per statement. Here the kernel is asked first whether one can write, and
only waiting for an answer gives the others their turn.
"""

import os
from collections.abc import Generator
from time import monotonic
from typing import TypeVar

import eventlet.hubs
import psycopg
import psycopg.waiting
from eventlet import patcher
from eventlet.green import select as green_select
from psycopg.waiting import READY_NONE, READY_R, READY_W, WAIT_R, Ready, Wait

RV = TypeVar("RV")

_select = patcher.original("select")
_EVENTS = {Wait.R: _select.POLLIN, Wait.W: _select.POLLOUT, Wait.RW: _select.POLLIN | _select.POLLOUT}


class _Elapsed(Exception):
    """Nothing came within the interval."""


def install() -> None:
    """Makes every connection of this process wait in this way. Call after eventlet has patched it."""
    psycopg.waiting.wait = wait


def wait(
    gen: Generator[Wait, Ready | int, RV], fileno: int, interval: float = 0.0, timeout: float | None = None
) -> RV:
    """psycopg's `WaitFunc`: carries `gen` on whenever the socket is ready for what it asks, to its result.

    Args:
        interval: seconds after which the connection is looked at even though nothing came.
        timeout: seconds after which `_WaitTimeout` is raised; None for never.
    """
    deadline = None if timeout is None else monotonic() + timeout
    try:
        wanted = next(gen)
        while True:
            ready = 0 if wanted == WAIT_R else _ready_now(fileno, wanted)
            if not ready:
                seconds = interval if deadline is None else max(0.0, min(interval, deadline - monotonic()))
                ready = _ready_within(fileno, wanted, seconds)
            if not ready:
                _check_open(fileno)
            wanted = gen.send(ready or READY_NONE)
            if deadline is not None and monotonic() >= deadline:
                raise psycopg.errors._WaitTimeout("wait timeout expired")
    except StopIteration as end:
        result: RV = end.value
        return result


def _ready_now(fileno: int, wanted: Wait) -> int:
    poll = _select.poll()
    poll.register(fileno, _EVENTS[wanted])
    return _ready(poll.poll(0))


def _ready(found: list[tuple[int, int]]) -> int:
    if not found:
        return 0
    event = found[0][1]
    ready = (READY_R if event & _select.POLLIN else 0) | (READY_W if event & _select.POLLOUT else 0)
    # A hang-up or an error: whatever is done next learns of it.
    return ready or READY_R


def _ready_within(fileno: int, wanted: Wait, seconds: float) -> int:
    if wanted == WAIT_R:
        try:
            eventlet.hubs.trampoline(fileno, read=True, timeout=seconds, timeout_exc=_Elapsed)
        except _Elapsed:
            return 0
        return READY_R
    # A full send buffer: rare, and the one case where both directions matter.
    readers = [fileno] if wanted & WAIT_R else []
    readable, writable, _ = green_select.select(readers, [fileno], [], seconds)
    return (READY_R if readable else 0) | (READY_W if writable else 0)


def _check_open(fileno: int) -> None:
    try:
        os.fstat(fileno)
    except OSError as error:
        raise psycopg.OperationalError("connection socket closed") from error
