"""A small S3-compatible store: what a client library needs to put, get, delete and list, and nothing more."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

BUCKET, ACCESS_KEY, SECRET_KEY = "yiwang-files", "access", "a secret of the test"


class Store(ThreadingHTTPServer):
    """`files`: key → (content, media type). `refusing`: an S3 error code every request is answered with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, tuple[bytes, str]] = {}
        self.refusing: tuple[int, str] | None = None
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def _key(self) -> str:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        return path.removeprefix(f"/{BUCKET}").lstrip("/")

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self._answer(status, body, Content_Type="application/xml")

    def _refused(self, body: bytes = b"") -> bool:
        self.server.asked.append(self.command)
        if self.server.refusing:
            self._error(*self.server.refusing)
            return True
        signed = self.headers.get("Authorization", "")
        if not signed.startswith(f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/"):
            self._error(403, "AccessDenied")
            return True
        return False

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self._refused(content):
            return
        self.server.files[self._key()] = (content, self.headers["Content-Type"])
        self._answer(200, ETag='"0"')

    def do_GET(self) -> None:
        if self._refused():
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "list-type" in query:
            self._list(query.get("prefix", [""])[0])
            return
        found = self.server.files.get(self._key())
        if found is None:
            self._error(404, "NoSuchKey")
            return
        self._answer(200, found[0], Content_Type=found[1], ETag='"0"')

    def do_DELETE(self) -> None:
        if self._refused():
            return
        self.server.files.pop(self._key(), None)
        self._answer(204)

    def _list(self, prefix: str) -> None:
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
            '<LastModified>2026-11-21T00:00:00.000Z</LastModified><ETag>"0"</ETag></Contents>'
            for key, (content, _) in sorted(self.server.files.items())
            if key.startswith(prefix)
        )
        body = (
            "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
            f"<Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
        )
        self._answer(200, body.encode(), Content_Type="application/xml")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Store]:
    store = Store()
    thread = threading.Thread(target=store.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        store.server_close()
        thread.join(5)
