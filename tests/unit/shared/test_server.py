"""The web server sends answers at once."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

from shared.http.server import Server


def test_no_piece_of_an_answer_waits_for_the_one_before(monkeypatch: Any) -> None:
    """Otherwise whatever does not fit eventlet's buffer of 16 KB comes 40 ms late."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server()
    served: list[socket.socket] = []

    def serve(sock: socket.socket, _address: Any) -> None:
        served.append(sock)
        server._is_accepting = False

    server._sock = listening
    server._serv = SimpleNamespace(socket_timeout=5)
    server.container = SimpleNamespace(spawn_managed_thread=lambda work: work())
    monkeypatch.setattr(server, "process_request", serve)
    with listening, socket.create_connection(listening.getsockname()):
        server.run()

    with served[0] as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
