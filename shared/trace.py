"""The W3C trace a piece of work belongs to: taken from a request or an event, carried into logs and events."""

import re
import secrets
from contextvars import ContextVar

import structlog

_FORM = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def begin(traceparent: str | None) -> str:
    """Joins the trace named by a `traceparent`, or starts one; answers this piece of work's own traceparent."""
    match = _FORM.match(traceparent or "")
    trace_id = match[1] if match and set(match[1]) != {"0"} else secrets.token_hex(16)
    made = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    _current.set(made)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace=trace_id)
    return made


def current() -> str | None:
    """The traceparent of the work under way, or None outside any."""
    return _current.get()


def trace_id(traceparent: str) -> str:
    """The 32 hex digits that all work of one trace shares."""
    return traceparent[3:35]
