"""The front door tells services where a caller is."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from deploy.local import ports, servers

FORGED, BEFORE_US = "203.0.113.9", "198.51.100.7"


class _Echo(BaseHTTPRequestHandler):
    """Answers where it was told the caller is."""

    def do_GET(self) -> None:
        told = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def told(folder: pathlib.Path, upstream: int, *, trusted: str = "") -> str:
    """Where a service is told the caller is, who comes from this machine and says to come from elsewhere."""
    front = servers.Nginx(
        folder / "nginx", port=ports.free(), upstreams={"cases": [upstream]}, root=folder, documents=folder
    )
    if trusted:
        (folder / "nginx").mkdir(exist_ok=True)
        (folder / "nginx" / "trusted_proxies.conf").write_text(f"set_real_ip_from {trusted};\n")
    front.start()
    try:
        answer = requests.get(
            f"http://127.0.0.1:{front.port}/api/cases/cases",
            headers={"X-Forwarded-For": f"{FORGED}, {BEFORE_US}"},
            timeout=10,
        )
        assert answer.status_code == 200
        return answer.text
    finally:
        front.stop()


def test_nobody_is_believed_where_they_say_they_are(tmp_path: pathlib.Path, upstream: int) -> None:
    assert told(tmp_path, upstream) == "127.0.0.1"


def test_a_proxy_that_is_named_is_believed_and_what_its_caller_said_is_not(
    tmp_path: pathlib.Path, upstream: int
) -> None:
    assert told(tmp_path, upstream, trusted="127.0.0.1") == BEFORE_US
