"""Is this process alive and ready? Loops beat, checks report; a native thread answers for them.

`/live` is false when a loop has not passed for long, so that an orchestrator restarts a hung process.
`/ready` is false while something the process needs is missing. `/metrics` is Prometheus text. The thread
is native, also under eventlet, so that it answers when every worker is busy; it therefore only reads what
the process's own loops wrote, and does no other I/O.
"""

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import exposition, registry

# A loop passes every few seconds at the latest; a blocked one is given time to recover.
LONGEST_PASS_SECONDS = 45.0
_REQUEST_SECONDS = 5.0
_LONGEST_REQUEST_BYTES = 4096


@dataclass
class Health:
    """Beats and reports of this process."""

    beats: dict[str, float] = field(default_factory=dict)
    reports: dict[str, str | None] = field(default_factory=dict)

    def beat(self, loop: str) -> None:
        """Says that a loop just passed."""
        self.beats[loop] = time.monotonic()

    def retire(self, loop: str) -> None:
        """Says that a loop ended on purpose."""
        self.beats.pop(loop, None)

    def report(self, need: str, *, problem: str | None) -> None:
        """Says that a need is met (None) or why it is not."""
        self.reports[need] = problem

    def hung(self) -> dict[str, float]:
        """Loops that have not passed for too long, with the seconds since."""
        now = time.monotonic()
        ages = {loop: now - beat for loop, beat in list(self.beats.items())}
        return {loop: round(age, 1) for loop, age in ages.items() if age > LONGEST_PASS_SECONDS}

    def missing(self) -> dict[str, str]:
        return {need: problem for need, problem in list(self.reports.items()) if problem is not None}

    @property
    def is_live(self) -> bool:
        return not self.hung()

    @property
    def is_ready(self) -> bool:
        return self.is_live and bool(self.reports) and not self.missing()


process = Health()
beat, retire, report = process.beat, process.retire, process.report


def serve(host: str, port: int) -> None:
    """Starts the admin server in a native daemon thread. Raises OSError when the port is taken."""
    socket_module = _native("socket")
    listener = socket_module.create_server((host, port), backlog=16)
    _native("threading").Thread(target=_accept, args=(listener,), name="admin", daemon=True).start()


def _native(name: str) -> Any:
    """The unpatched standard module, whether or not eventlet has patched it."""
    if "eventlet" in sys.modules:
        from eventlet import patcher

        return patcher.original(name)
    return __import__(name)


def _accept(listener: Any) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            # Out of file descriptors, or the peer left already: answer again when there is room.
            _native("time").sleep(0.1)
            continue
        try:
            connection.settimeout(_REQUEST_SECONDS)
            request = b""
            while b"\r\n\r\n" not in request and len(request) < _LONGEST_REQUEST_BYTES:
                piece = connection.recv(_LONGEST_REQUEST_BYTES)
                if not piece:
                    break
                request += piece
            connection.sendall(_respond(request))
        except OSError:
            # A probe that went away; the next one is unaffected.
            continue
        finally:
            connection.close()


def _respond(request: bytes) -> bytes:
    line = request.split(b"\r\n", 1)[0].split(b" ")
    path = line[1].split(b"?", 1)[0] if len(line) > 1 else b""
    if path == b"/live":
        return _json(200 if process.is_live else 503, {"live": process.is_live, "hung": process.hung()})
    if path == b"/ready":
        return _json(
            200 if process.is_ready else 503, {"ready": process.is_ready, "missing": process.missing()}
        )
    if path == b"/metrics":
        return _http(200, exposition.CONTENT_TYPE_LATEST, exposition.generate_latest(registry.REGISTRY))
    return _json(404, {"detail": "Ask for /live, /ready or /metrics."})


def _json(status: int, document: dict[str, Any]) -> bytes:
    return _http(status, "application/json", json.dumps(document).encode())


def _http(status: int, content_type: str, body: bytes) -> bytes:
    reason = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
