"""The proxy that stands in for a bad network."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.proxy import Proxy
from tests.support.waiting import eventually


@pytest.fixture
def echo() -> Iterator[int]:
    """Port of a server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(one: socket.socket) -> None:
        with one, contextlib.suppress(ConnectionError):
            while piece := one.recv(4096):
                one.sendall(piece)

    def serve() -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with Proxy(echo) as made:
        yield made


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as made:
        made.sendall(b"hello")
        assert made.recv(100) == b"hello"
        yield made


def test_a_blackhole_is_silent_and_what_was_sent_arrives_when_it_ends(
    proxy: Proxy, caller: socket.socket
) -> None:
    proxy.blackhole()
    caller.sendall(b"anybody?")
    caller.settimeout(0.3)
    with pytest.raises(TimeoutError):
        caller.recv(100)

    proxy.restore()

    caller.settimeout(5)
    assert caller.recv(100) == b"anybody?"


def test_a_reset_cuts_open_connections_and_new_ones_work(proxy: Proxy, caller: socket.socket) -> None:
    proxy.reset()

    with pytest.raises(ConnectionResetError):
        caller.recv(100)
    assert _converse(proxy.port) == b"hello"


def test_refusing_lets_open_connections_go_on(proxy: Proxy, caller: socket.socket) -> None:
    proxy.refuse()

    with pytest.raises(ConnectionError):
        _converse(proxy.port)
    caller.sendall(b"still here")
    assert caller.recv(100) == b"still here"


def test_an_ended_conversation_leaves_no_connection(proxy: Proxy, caller: socket.socket) -> None:
    assert proxy.connections == 1

    caller.shutdown(socket.SHUT_WR)

    assert caller.recv(100) == b""
    eventually(lambda: proxy.connections == 0, what="the end of the connection")


def _converse(port: int) -> bytes:
    """What comes back on a new connection. Raises ConnectionError when it is cut."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(b"hello")
        heard = one.recv(100)
    if not heard:
        raise ConnectionResetError
    return heard
