"""The front door: a private nginx that serves the pages and passes the interface on to the services."""

from __future__ import annotations

import http
import json
import os
import pathlib
import shutil
import string
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

from deploy.local import children, ports

TEMPLATE = pathlib.Path(__file__).with_name("nginx.conf")
MIME_TYPES = pathlib.Path("/etc/nginx/mime.types")
# Whom the workers run as when we are root, if that user can read the pages.
UNPRIVILEGED = "www-data"
START_SECONDS = 20.0
# Connections to each service kept open between requests.
KEPT_CONNECTIONS = 64

# What the front door itself refuses: status → (code, sentence). Services answer for themselves.
PROBLEMS = {
    400: ("malformed", "The request could not be read."),
    403: ("forbidden", "This may not be read."),
    404: ("no_such_route", "There is nothing under this address; see the API documentation."),
    405: ("method_not_allowed", "This address does not answer this method."),
    408: ("request_timeout", "The request did not arrive in time; send it again."),
    411: ("length_required", "Say how long the body is."),
    413: ("too_large", "The request body is over the limit."),
    414: ("uri_too_long", "The address is too long."),
    416: ("range_not_satisfiable", "The document has no such part."),
    431: ("headers_too_large", "The headers of the request are too large."),
    500: ("unexpected", "The front door made a mistake."),
    503: ("unavailable", "A part this needs is not available now; try again shortly."),
}
# nginx's own numbers, and those of a missing or silent service, told as what they mean to the caller.
TOLD_AS = {494: 431, 502: 503, 504: 503}

# Addresses that standards fix, passed on as they are: where → whose.
FIXED = {"/.well-known/": "registry", "/open311/": "cases"}
# Who takes photos and documents, and the largest body with one: YIWANG_FILE_LIMIT_BYTES and the form around it.
FILE_TAKERS = {"cases": "11m"}


class Nginx:
    """One front door: `start()`, `stop()`, `kill()`, `restart()`.

    `upstreams` maps a service to the ports its api processes listen on; `root` holds the pages, `documents`
    what is shown under /docs/.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        port: int,
        upstreams: Mapping[str, Sequence[int]],
        root: pathlib.Path,
        documents: pathlib.Path,
        log: pathlib.Path | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.upstreams = upstreams
        self.root = root
        self.documents = documents
        self.log = log or folder / "server.log"
        configuration = folder / "nginx.conf"
        self.server = children.Child(
            "nginx",
            [_program(), "-p", f"{folder}/", "-e", str(self.log), "-c", str(configuration)],
            environment=os.environ,
            log=self.log,
            directory=folder,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "nginx.conf").write_text(self.configuration())
        self.server.start()
        self.wait_ready()

    def wait_ready(self, *, deadline_seconds: float = START_SECONDS) -> None:
        self.server.wait_until(self._ready, deadline_seconds=deadline_seconds)

    def _ready(self) -> bool:
        if not ports.answers(self.port):
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        self.server.stop(deadline_seconds=10)

    def kill(self) -> None:
        self.server.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def configuration(self) -> str:
        """The text of nginx.conf for these upstreams and this port."""
        return render(
            user=self._user(),
            folder=self.folder,
            log=self.log,
            host="127.0.0.1",
            port=self.port,
            root=self.root,
            documents=self.documents,
            upstreams={
                service: [f"127.0.0.1:{port}" for port in served]
                for service, served in self.upstreams.items()
            },
        )

    def _user(self) -> str:
        if os.geteuid() != 0:
            return ""
        readable = all(_reachable(place) for place in (self.root, self.documents))
        return f"user {UNPRIVILEGED if readable else 'root'};"


def render(
    *,
    folder: pathlib.Path,
    log: pathlib.Path,
    host: str,
    port: int,
    upstreams: Mapping[str, Sequence[str]],
    root: pathlib.Path,
    documents: pathlib.Path,
    user: str = "",
) -> str:
    """The text of nginx.conf: the same front door here and in a container.

    Args:
        folder: where it writes its temporary files. log: where it writes about itself.
        upstreams: service → addresses (`host:port`) of its api processes.
        root: the pages. documents: what is shown under /docs/.
        user: an nginx directive, or nothing where it is not started by root.
    """
    return _Template(TEMPLATE.read_text()).substitute(
        user=user,
        folder=folder,
        log=log,
        mime_types=MIME_TYPES,
        host=host,
        port=port,
        root=root,
        documents=documents,
        upstreams="".join(_upstream(service, served) for service, served in upstreams.items()),
        routes="".join(_route(service) for service in upstreams)
        + "".join(
            _location(place, f"{service}{place}", service=service)
            for place, service in FIXED.items()
            if service in upstreams
        ),
        problems=_problems(),
    )


class _Template(string.Template):
    """Only `${name}` is replaced: nginx writes its own variables `$name`."""

    pattern = r"\$(?:(?P<escaped>\$)|\{(?P<braced>[a-z_]+)\}|(?P<named>(?!))|(?P<invalid>(?!)))"  # type: ignore[assignment]


def _upstream(service: str, served: Sequence[str]) -> str:
    servers = "".join(f"        server {address} max_fails=1 fail_timeout=1s;\n" for address in served)
    return f"    upstream {service} {{\n{servers}        keepalive {KEPT_CONNECTIONS};\n    }}\n"


def _route(service: str) -> str:
    # Both are needed: a collection's own address has no slash after it.
    return _location(f"= /api/{service}", f"{service}/{service}", service=service) + _location(
        f"/api/{service}/", f"{service}/{service}/", service=service
    )


def _location(place: str, upstream: str, *, service: str) -> str:
    limit = FILE_TAKERS.get(service)
    body = f"            client_max_body_size {limit};\n" if limit else ""
    return f"        location {place} {{\n{body}            proxy_pass http://{upstream};\n        }}\n"


def _problems() -> str:
    """One internal place per status that answers with its problem document (RFC 9457)."""
    lines = []
    told = {**{status: status for status in PROBLEMS}, **TOLD_AS}
    for raised, status in told.items():
        lines.append(f"        error_page {raised} ={status} /_problems/{status};\n")
    for status, (code, detail) in PROBLEMS.items():
        body = json.dumps(
            {
                "type": f"urn:yiwang:problem:{code}",
                "title": http.HTTPStatus(status).phrase,
                "status": status,
                "code": code,
                "detail": detail,
            }
        )
        lines.append(
            f"        location = /_problems/{status} {{\n            internal;\n"
            f"            default_type application/problem+json;\n"
            f"            return {status} {_quoted(body)};\n        }}\n"
        )
    return "".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _reachable(folder: pathlib.Path) -> bool:
    done = subprocess.run(
        [
            "setpriv",
            "--reuid",
            UNPRIVILEGED,
            "--regid",
            UNPRIVILEGED,
            "--init-groups",
            "test",
            "-x",
            str(folder),
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _program() -> str:
    for place in (shutil.which("nginx"), "/usr/sbin/nginx"):
        if place and pathlib.Path(place).exists():
            return place
    raise children.StartFailed("nginx is not installed: install it (apt-get install nginx-light)")
