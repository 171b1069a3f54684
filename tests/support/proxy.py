"""A TCP proxy that can go silent or cut its connections, to stand between a process and a server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

PIECE_BYTES = 65_536
CONNECT_SECONDS = 5.0
LOOK_SECONDS = 0.1


class Proxy:
    """Listens on `port` and passes everything on to `target_port` on this machine.

    `blackhole()` keeps connections open and silent, `restore()` lets them go on, `reset()` cuts them with RST,
    `refuse()` turns new ones away as well. Use as a context manager.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self._ended = False
        self._links: set[_Link] = set()
        self._lock = threading.Lock()
        # Connections taken so far: a test can see that a process has come back.
        self.accepted = 0
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def connections(self) -> int:
        """Connections open now."""
        with self._lock:
            return len(self._links)

    def blackhole(self) -> None:
        """Nothing passes any more and nobody is told: a dead link."""
        self._flowing.clear()

    def refuse(self) -> None:
        """New connections are cut at once; those open go on."""
        self._refusing = True

    def restore(self) -> None:
        """Everything passes again, also what was held back meanwhile."""
        self._refusing = False
        self._flowing.set()

    def reset(self) -> None:
        """Cuts every open connection with RST, within a moment."""
        with self._lock:
            for link in self._links:
                link.doomed.set()

    def close(self) -> None:
        self._ended = True
        # A blocked accept does not notice that its socket is closed; a shut one it does.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self._refusing:
                _cut(near)
            else:
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        while not self._flowing.wait(LOOK_SECONDS):
            if self._ended:
                _cut(near)
                return
        try:
            far = socket.create_connection(("127.0.0.1", self.target_port), timeout=CONNECT_SECONDS)
        except OSError:
            _cut(near)
            return
        link = _Link(near, far, self._flowing)
        with self._lock:
            self._links.add(link)
        if self._ended:
            link.doomed.set()
        link.carry()
        with self._lock:
            self._links.discard(link)


class _Link:
    """One proxied connection."""

    def __init__(self, near: socket.socket, far: socket.socket, flowing: threading.Event) -> None:
        self.near = near
        self.far = far
        self.doomed = threading.Event()
        self._flowing = flowing
        for one in (near, far):
            # Short, so that both directions notice soon that they are to be cut.
            one.settimeout(LOOK_SECONDS)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def carry(self) -> None:
        """Carries both directions until both have ended, then closes both sides."""
        back = threading.Thread(target=self._pump, args=(self.far, self.near), daemon=True)
        back.start()
        self._pump(self.near, self.far)
        back.join()
        for one in (self.near, self.far):
            if self.doomed.is_set():
                _cut(one)
            else:
                one.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while not self.doomed.is_set():
                try:
                    piece = source.recv(PIECE_BYTES)
                except TimeoutError:
                    continue
                if not self._flows():
                    return
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                self._send(sink, piece)
        except OSError:
            self.doomed.set()

    def _send(self, sink: socket.socket, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest and not self.doomed.is_set():
            with contextlib.suppress(TimeoutError):
                rest = rest[sink.send(rest) :]

    def _flows(self) -> bool:
        """Waits out a blackhole; False when the connection is cut meanwhile."""
        while not self._flowing.wait(LOOK_SECONDS):
            if self.doomed.is_set():
                return False
        return True


def _cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # A linger time of zero makes close send RST instead of FIN.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
