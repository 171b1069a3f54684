"""nameko's web server, made to survive: bad clients, junk requests, and being stopped."""

import contextlib
import socket
from collections.abc import Iterable
from typing import Any

import eventlet
from eventlet import wsgi
from nameko.web.server import HttpOnlyProtocol, WebServer
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request as WerkzeugRequest

from shared import errors, logs, metrics
from shared.http import problems

log = logs.get(__name__)

# Longer than nginx keeps an idle upstream connection, so that nginx closes first and never meets a closed one.
_IDLE_SECONDS = 75
_DRAIN_SECONDS = 15
_LONGEST_ADDRESS_BYTES = 65_536


class NoSuchRoute(errors.NotFound):
    """There is nothing under this address; see the API documentation."""


class MethodNotAllowedHere(errors.Error):
    """This address does not answer this method; see the Allow header."""

    status = 405
    code = "method_not_allowed"


class Server(WebServer):  # type: ignore[misc]
    """One listening socket shared by all endpoints of a process."""

    def __init__(self) -> None:
        super().__init__()
        self.in_progress = 0

    def get_wsgi_app(self) -> "Application":
        return Application(self)

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_: Any) -> wsgi.Server:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=HttpOnlyProtocol,
            debug=False,
            log_output=False,
            socket_timeout=_IDLE_SECONDS,
            # Longer than the front door lets through; beyond it eventlet answers an empty 414.
            url_length_limit=_LONGEST_ADDRESS_BYTES,
        )

    def run(self) -> None:
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                # Out of file descriptors, or the peer left already: neither is a reason to die.
                log.warning("accept_failed", error=str(error))
                eventlet.sleep(0.1)
                continue
            sock.settimeout(self._serv.socket_timeout)
            # An answer longer than eventlet's buffer goes out in pieces; unless told so, the system keeps the last
            # one back until the other side confirms the first, which it does after 40 ms.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.container.spawn_managed_thread(lambda s=sock, a=address: self.process_request(s, a))

    def process_request(self, sock: Any, address: Any) -> None:
        # An exception here would end the whole process: nameko kills a container whose managed thread fails.
        try:
            super().process_request(sock, address)
        except Exception as error:
            log.info("connection_dropped", error=type(error).__name__)

    def drain(self) -> None:
        """Stops accepting and waits, a bounded time, for the requests under way."""
        self._is_accepting = False
        with contextlib.suppress(eventlet.Timeout), eventlet.Timeout(_DRAIN_SECONDS):
            while self.in_progress:
                eventlet.sleep(0.02)


class Application:
    """The WSGI application: finds the route; what has none gets a problem document."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url_map = server.make_url_map()
        self.url_map.strict_slashes = False
        self.url_map.redirect_defaults = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # The server ends a chunked body where it ends; unless told so, werkzeug takes it for an empty one.
        environ["wsgi.input_terminated"] = "HTTP_TRANSFER_ENCODING" in environ
        request = WerkzeugRequest(environ)
        self._begin()
        is_sending = False
        try:
            provider, values = self.url_map.bind_to_environ(environ).match()
            request.path_values = values  # type: ignore[attr-defined]
            answer = provider.handle_request(request)
            if answer.is_streamed:
                # A file under way counts until it is sent, so that a stopping process waits for it.
                answer.call_on_close(self._end)
                is_sending = True
        except MethodNotAllowed as error:
            answer = problems.response(MethodNotAllowedHere())
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        except HTTPException:
            answer = problems.response(NoSuchRoute())
        finally:
            if not is_sending:
                self._end()
        body: Iterable[bytes] = answer(environ, start_response)
        return body

    def _begin(self) -> None:
        self.server.in_progress += 1
        metrics.http_requests_in_progress.inc()

    def _end(self) -> None:
        self.server.in_progress -= 1
        metrics.http_requests_in_progress.dec()
