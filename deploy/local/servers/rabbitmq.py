"""A private RabbitMQ node."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from deploy.local import children, ports

# Debian's commands in /usr/sbin change to the user rabbitmq, who cannot see our folder: the real ones are here.
SCRIPTS = (pathlib.Path("/usr/lib/rabbitmq/bin"), pathlib.Path("/opt/rabbitmq/sbin"))
PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus", "rabbitmq_stream")
START_SECONDS = 90.0
STOP_SECONDS = 30.0
MEMORY_LIMIT = "1GB"
DISK_FREE_LIMIT = "200MB"

CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{amqp}
stream.listeners.tcp.default = 127.0.0.1:{stream}
stream.advertised_host = 127.0.0.1
stream.advertised_port = {stream}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {prometheus}
default_user = {user}
default_pass = {password}
default_user_tags.administrator = true
loopback_users = none
# Small enough for a two-core machine shared with the database and the platform.
vm_memory_high_watermark.absolute = {memory_limit}
disk_free_limit.absolute = {disk_free_limit}
raft.wal_max_size_bytes = 67108864
num_acceptors.tcp = 2
log.file = false
log.console = true
log.console.level = info
"""


class RabbitMQ:
    """One node: `start()`, `stop()`, `kill()`, `restart()`; management and control calls.

    Ports and the password are kept by the caller (`ports`, `password`) when the node has to come back the same.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        ports_before: Mapping[str, int] | None = None,
        password: str | None = None,
        log: pathlib.Path | None = None,
    ) -> None:
        self.folder = folder
        self.user = "platform"
        self.password = password or secrets.token_urlsafe(16)
        before = ports_before or {}
        self.ports = {
            name: ports.keep(before.get(name))
            for name in ("amqp", "stream", "management", "prometheus", "distribution", "epmd")
        }
        self.epmd = children.Child(
            "epmd",
            ["epmd", "-port", str(self.ports["epmd"]), "-address", "127.0.0.1"],
            environment=os.environ,
            log=log or folder / "log" / "epmd.log",
        )
        self.server = children.Child(
            "rabbitmq",
            [str(_script("rabbitmq-server"))],
            environment=self._environment(),
            log=log or folder / "log" / "server.log",
            directory=folder,
        )

    # -- addresses

    def url(self, vhost: str = "/", *, user: str | None = None, password: str | None = None) -> str:
        """AMQP address of a virtual host, by default with the administrator's account."""
        credentials = f"{user or self.user}:{password or self.password}"
        return f"amqp://{credentials}@127.0.0.1:{self.ports['amqp']}/{urllib.parse.quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """Base address of the management API, with the administrator's account."""
        return f"http://{self.user}:{self.password}@127.0.0.1:{self.ports['management']}"

    # -- life

    def start(self) -> None:
        """Starts the node and waits until it takes AMQP connections and management calls."""
        self._prepare()
        self.epmd.start()
        self.epmd.wait_until(lambda: ports.answers(self.ports["epmd"]), deadline_seconds=10)
        self.server.start()
        self.wait_ready()

    def wait_ready(self, *, deadline_seconds: float = START_SECONDS) -> None:
        self.server.wait_until(self._ready, deadline_seconds=deadline_seconds)

    def _ready(self) -> bool:
        if not (ports.answers(self.ports["amqp"]) and ports.answers(self.ports["management"])):
            return False
        try:
            # A refused health check is an answer too: a node restarted under an alarm is as ready as it gets.
            self.call("GET", "/api/health/checks/local-alarms", timeout_seconds=2, accept=(503,))
        except (OSError, RuntimeError):
            return False
        return True

    def stop(self) -> None:
        """Stops the node in order."""
        self.server.stop(deadline_seconds=STOP_SECONDS)
        self.epmd.stop(deadline_seconds=5)

    def kill(self) -> None:
        """kill -9 of the node: nothing is flushed or said goodbye."""
        self.server.kill()

    def restart(self) -> None:
        self.server.stop(deadline_seconds=STOP_SECONDS)
        self.start()

    def flush(self) -> None:
        """Has the node write out which queues it has.

        RabbitMQ 3.10 does so about a second after a quorum queue was declared; one declared just before a kill
        comes back without leader and messages. Call this before killing a node with fresh queues.
        """
        self.control("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def pause(self) -> None:
        """Freezes the node: connections stay open and silent, as behind a dead link."""
        self.server.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.server.signal(signal.SIGCONT)

    # -- faults

    def stop_app(self) -> None:
        """Stops the broker inside its still running virtual machine; every connection is closed."""
        self.control("stop_app")

    def start_app(self) -> None:
        self.control("start_app")
        self.wait_ready()

    def raise_disk_alarm(self) -> None:
        """The broker believes the disk is full: it stops reading from publishers."""
        self.control("set_disk_free_limit", "1000000GB")

    def clear_disk_alarm(self) -> None:
        self.control("set_disk_free_limit", DISK_FREE_LIMIT)

    def raise_memory_alarm(self) -> None:
        self.control("set_vm_memory_high_watermark", "absolute", "1MB")

    def clear_memory_alarm(self) -> None:
        self.control("set_vm_memory_high_watermark", "absolute", MEMORY_LIMIT)

    def close_connections(self, reason: str = "closed by a test") -> None:
        self.control("close_all_connections", reason)

    # -- management

    def control(self, *arguments: str, deadline_seconds: float = 60.0) -> str:
        """`rabbitmqctl` with these arguments; its output. Takes seconds: prefer `call` where it can do it."""
        done = subprocess.run(
            [str(_script("rabbitmqctl")), *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=deadline_seconds,
        )
        if done.returncode != 0:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout_seconds: float = 15.0,
        accept: tuple[int, ...] = (),
    ) -> Any:
        """One call of the management API; the decoded answer. Raises RuntimeError on a refusal not in `accept`."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['management']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": "Basic "
                + base64.b64encode(f"{self.user}:{self.password}".encode()).decode(),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            content = error.read()
            if error.code not in accept:
                raise RuntimeError(
                    f"{method} {path}: {error.code} {content.decode(errors='replace')}"
                ) from error
        return json.loads(content) if content else None

    def add_vhost(self, name: str) -> str:
        """A virtual host, new unless it exists, open to the administrator; its AMQP address."""
        self.call("PUT", f"/api/vhosts/{urllib.parse.quote(name, safe='')}", {})
        self.permit(self.user, vhost=name)
        return self.url(name)

    def delete_vhost(self, name: str) -> None:
        self.call("DELETE", f"/api/vhosts/{urllib.parse.quote(name, safe='')}", accept=(404,))

    def add_user(self, name: str, password: str, *, tags: str = "") -> None:
        self.call("PUT", f"/api/users/{name}", {"password": password, "tags": tags})

    def permit(
        self, user: str, *, vhost: str = "/", configure: str = ".*", write: str = ".*", read: str = ".*"
    ) -> None:
        """Grants a user the named resources (regular expressions) of a virtual host."""
        where = urllib.parse.quote(vhost, safe="")
        permissions = {"configure": configure, "write": write, "read": read}
        self.call("PUT", f"/api/permissions/{where}/{user}", permissions)

    def permit_topics(
        self, user: str, *, exchange: str, write: str, read: str = ".*", vhost: str = "/"
    ) -> None:
        """Limits the routing keys a user may publish to, and bind from, a topic exchange."""
        where = urllib.parse.quote(vhost, safe="")
        permissions = {"exchange": exchange, "write": write, "read": read}
        self.call("PUT", f"/api/topic-permissions/{where}/{user}", permissions)

    # -- files

    def _prepare(self) -> None:
        for name in ("data", "log", "home", "generated", "plugins"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        cookie = self.folder / "home" / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(20))
            cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text(f"[{','.join(PLUGINS)}].\n")
        (self.folder / "environment.conf").write_text("")
        configuration = self.folder / "rabbitmq.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            CONFIGURATION.format(
                **self.ports,
                user=self.user,
                password=self.password,
                memory_limit=MEMORY_LIMIT,
                disk_free_limit=DISK_FREE_LIMIT,
            )
        )

    def _environment(self) -> dict[str, str]:
        return {
            # Nothing of another node's settings may come in from the caller's environment.
            **{k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))},
            "HOME": str(self.folder / "home"),
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "yiwang@localhost",
            "RABBITMQ_DIST_PORT": str(self.ports["distribution"]),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_MNESIA_DIR": str(self.folder / "data" / "node"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            # With this the start script becomes the virtual machine instead of watching it from a shell, so
            # that the process we signal and kill is the node itself.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_START_ARGS": "-noinput +B i",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CTL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # The control command listens for the node's answers on ports of its own.
            "RABBITMQ_CTL_DIST_PORT_MIN": "32001",
            "RABBITMQ_CTL_DIST_PORT_MAX": "32700",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }


def _script(name: str) -> pathlib.Path:
    for folder in SCRIPTS:
        if (folder / name).exists():
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise children.StartFailed(
            f"{name} is not installed: install RabbitMQ (apt-get install rabbitmq-server)"
        )
    return pathlib.Path(found)
