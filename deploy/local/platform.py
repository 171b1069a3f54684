"""A whole platform on this machine: servers, every process of every service, the front door.

Used by `make up`, the end-to-end tests, the fault tests and the benchmarks. It lives inside one Python process
and ends with it.

    with Platform(folder) as platform:                  # starts everything and waits until it is ready
        requests.get(platform.url + "/api/cases", …)    # through the front door
        platform.process("cases", "relay").kill()       # comes back by itself
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Self

import psycopg
from psycopg import sql

from deploy.images.rabbitmq import definitions
from deploy.local import children, portal, ports, processes, servers
from deploy.local.memory import Memory
from deploy.local.servers import postgresql
from deploy.local.supervisor import Supervisor
from shared import auth

ROLES = ("api", "worker", "relay")
VHOST = "yiwang"
# The service every other asks for the keys that sign tokens.
REGISTRY = "registry"
READY_SECONDS = 120.0
# Migrations and seeds run side by side, a few at a time: the machine is small.
AT_ONCE = 3

DOCUMENTS = processes.ROOT / "docs"

Say = Callable[[str], None]


def _silent(line: str) -> None:
    """For callers that do not want to be told."""


class Platform:
    """`start()`, `stop()`, and everything in between.

    Args:
        folder: where data, logs and state lie; the same folder gives the same ports, passwords and data again.
        front_door_port: wanted for the front door, the next free one if taken; None for any.
        services: default all of this checkout.
        replicas: how many of (service, role); default one each.
        durable: whether the database waits for the disk at each commit.
        keep_servers_up: start servers again when they die; fault tests do that themselves.
        settings: further environment variables for every process.
        outside: environment naming servers to use instead of private ones: AMQP_URL, DATABASE_URL_CASES, ….
        say: is told each step with its seconds.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        front_door_port: int | None = None,
        services: Iterable[str] | None = None,
        replicas: Mapping[tuple[str, str], int] | None = None,
        durable: bool = True,
        keep_servers_up: bool = False,
        settings: Mapping[str, str] | None = None,
        outside: Mapping[str, str] | None = None,
        say: Say = _silent,
    ) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.logs = self.folder / "logs"
        self.services = sorted(services) if services is not None else processes.services()
        self.processes: list[processes.Process] = []
        self.memory = Memory(self.folder)
        self._replicas = dict(replicas or {})
        self._settings = dict(settings or {})
        self._outside = dict(outside or {})
        self._keep_servers_up = keep_servers_up
        self._say = say
        self._began = time.monotonic()
        self._lock = threading.RLock()
        self.supervisor = Supervisor(say=say)

        self.rabbitmq = None if self._amqp_given() else self._make_rabbitmq()
        self.postgresql = None if self._databases_given() else self._make_postgresql(durable)
        # Where processes reach the servers. Fault tests put a proxy of theirs here before `start()`.
        self.amqp_port = self.rabbitmq.ports["amqp"] if self.rabbitmq else None
        self.database_port = self.postgresql.port if self.postgresql else None
        self.port = self._front_door_port(front_door_port)
        self.nginx: servers.Nginx | None = None

    # -- addresses

    @property
    def url(self) -> str:
        """The front door."""
        return f"http://127.0.0.1:{self.port}"

    def process(self, service: str, role: str, replica: int = 1) -> processes.Process:
        """One process by name. Raises KeyError when there is none."""
        for one in self.processes:
            if (one.service, one.role, one.replica) == (service, role, replica):
                return one
        raise KeyError(f"{service} {role} {replica}")

    def database_url(self, service: str) -> str:
        """Address of a service's database with the service's own role."""
        if self.postgresql is None:
            return self._outside[f"DATABASE_URL_{service.upper()}"]
        password = self.memory.secret(f"database.{service}")
        return f"postgresql://{service}:{password}@127.0.0.1:{self.database_port}/{service}"

    def amqp_url(self, service: str) -> str:
        """Address of the broker with the service's own account."""
        if self.rabbitmq is None:
            return self._outside.get(f"AMQP_URL_{service.upper()}") or self._outside["AMQP_URL"]
        password = self.memory.secret(f"amqp.{service}")
        return f"amqp://{service}:{password}@127.0.0.1:{self.amqp_port}/{VHOST}"

    # -- life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts everything; ready when it returns. Raises StartFailed, after stopping what it had started."""
        self._began = time.monotonic()
        if not self.services:
            raise children.StartFailed("there is no service to start in this checkout")
        if not portal.DIST.is_dir():
            raise children.StartFailed(
                "the pages are not built: run `make up`, or `python -m deploy.local.portal`"
            )
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        # The broker takes longest and needs nobody: databases are prepared meanwhile.
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            broker, database = both.submit(self._start_rabbitmq), both.submit(self._start_postgresql)
            for one in concurrent.futures.as_completed((broker, database)):
                one.result()
        self._start_processes()
        self._start_nginx()
        self.supervisor.start()
        self._load_demo()
        if self.rabbitmq is not None and not self._keep_servers_up:
            # Whoever starts servers again by hand is going to kill them, perhaps at once.
            self.rabbitmq.flush()
        self.memory.state["services"] = self.services
        self.memory.save()

    def stop(self, *, forget: bool = False) -> None:
        """Stops everything in order: the front door first, the servers last. `forget` may kill: the data goes too."""
        self.supervisor.stop()
        if self.nginx is not None:
            self.nginx.stop()
        if forget:
            for one in self.processes:
                one.kill()
        for one in self.processes:
            one.terminate()
        for one in self.processes:
            if not one.wait(deadline_seconds=processes.STOP_SECONDS):
                one.kill()
        if self.rabbitmq is not None:
            if forget:
                self.rabbitmq.kill()
            self.rabbitmq.stop()
        if self.postgresql is not None:
            self.postgresql.stop_immediately() if forget else self.postgresql.stop()
        if forget:
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(elsewhere(self.folder), ignore_errors=True)

    def check(self) -> list[str]:
        """What is not ready now, by name."""
        missing = [one.name for one in self.processes if not one.is_ready()]
        own = (self.rabbitmq and self.rabbitmq.server, self.postgresql and self.postgresql.server)
        front = self.nginx and self.nginx.server
        return missing + [child.name for child in (*own, front) if child and not child.running]

    # -- single processes

    def hold(self, process: processes.Process) -> None:
        """Stops a process in order and leaves it down until `release`."""
        self.supervisor.hold(process)
        process.stop(deadline_seconds=processes.STOP_SECONDS)

    def release(self, process: processes.Process) -> None:
        """Starts a held process again and waits until it is ready."""
        self.supervisor.release(process)
        process.wait_ready(deadline_seconds=READY_SECONDS)

    def restart(self, process: processes.Process) -> None:
        """SIGTERM, wait, start, wait until ready: one step of a rolling restart."""
        self.hold(process)
        self.release(process)

    def add(self, service: str, role: str) -> processes.Process:
        """One more replica, started and ready. The front door learns of another api at its next start."""
        process = self._make_process(service, role, self._count(service, role) + 1)
        process.start()
        self.supervisor.watch(process)
        process.wait_ready(deadline_seconds=READY_SECONDS)
        return process

    # -- steps

    def prepare(self, service: str) -> None:
        """Migrates a service's database and loads its reference data."""
        log = self.logs / f"{service}-migrate.log"
        for task in ("migrate", "seed"):
            processes.run_task(service, task, self.settings(service), log=log)

    def settings(self, service: str) -> dict[str, str]:
        """The environment of a service's processes, without ports."""
        state = self.folder / "services" / service
        state.mkdir(parents=True, exist_ok=True)
        registry = self.memory.ports(f"{REGISTRY}-api").get("http")
        return {
            "YIWANG_MODE": "local",
            "YIWANG_ISSUER": self.url,
            "YIWANG_JWKS_URL": f"http://127.0.0.1:{registry}/.well-known/jwks.json",
            "YIWANG_STATE_DIR": str(state),
            "DATABASE_URL": self.database_url(service),
            "AMQP_URL": self.amqp_url(service),
            **(self._registry_settings() if service == REGISTRY else {}),
            **self._settings,
        }

    def _registry_settings(self) -> dict[str, str]:
        if self.memory.known_secret("signing_key") is None:
            self.memory.keep_secret("signing_key", auth.SigningKey.generate().pem)
        management = (
            self.rabbitmq.management_url if self.rabbitmq else self._outside.get("RABBITMQ_MANAGEMENT_URL")
        )
        return {
            "REGISTRY_SIGNING_KEY": self.memory.secret("signing_key"),
            **({"RABBITMQ_MANAGEMENT_URL": management} if management else {}),
        }

    def _start_rabbitmq(self) -> None:
        if self.rabbitmq is None:
            self._tell("message broker: the one given in AMQP_URL")
            return
        self.rabbitmq.start()
        passwords = {
            f"{one.upper()}_AMQP_PASSWORD": self.memory.secret(f"amqp.{one}") for one in self.services
        }
        accounts = {"RABBITMQ_VHOST": VHOST, "RABBITMQ_ADMIN_PASSWORD": self.rabbitmq.password}
        self.rabbitmq.call("POST", "/api/definitions", definitions.definitions({**passwords, **accounts}))
        if self._keep_servers_up:
            self.supervisor.watch(self.rabbitmq.epmd)
            self.supervisor.watch(self.rabbitmq.server)
        self._tell(f"message broker on port {self.rabbitmq.ports['amqp']}")

    def _start_postgresql(self) -> None:
        if self.postgresql is None:
            self._tell("database: the ones given in DATABASE_URL_*")
        else:
            self.postgresql.start()
            if self._keep_servers_up:
                self.supervisor.watch(self.postgresql.server)
            self._tell(f"database on port {self.postgresql.port}")
            for service in self.services:
                self.postgresql.add_role(service, self.memory.secret(f"database.{service}"))
                self.postgresql.add_database(service, owner=service)
        self._once_per_change("prepared", self.prepare)
        self._tell("databases migrated and seeded")

    def _start_processes(self) -> None:
        for service in self.services:
            for role in ROLES:
                if role in roles_of(service):
                    for replica in range(1, self._replicas.get((service, role), 1) + 1):
                        self._make_process(service, role, replica)
        self.memory.forget_ports("admin", but=[one.name for one in self.processes])
        self.memory.save()
        for process in self.processes:
            process.start()
            self.supervisor.watch(process)
        for process in self.processes:
            process.wait_ready(deadline_seconds=READY_SECONDS)
        self._tell(f"{len(self.processes)} processes ready")

    def _make_process(self, service: str, role: str, replica: int) -> processes.Process:
        name = f"{service}-{role}" + (f"-{replica}" if replica > 1 else "")
        before = self.memory.ports(name)
        process = processes.Process(
            service,
            role,
            self.settings(service),
            log=self.logs / f"{name}.log",
            replica=replica,
            http_port=before.get("http"),
            admin_port=before.get("admin"),
        )
        self.memory.keep_ports(name, http=process.http_port, admin=process.admin_port)
        self.processes.append(process)
        return process

    def _start_nginx(self) -> None:
        upstreams = {
            service: [one.http_port for one in self.processes if one.service == service and one.http_port]
            for service in self.services
        }
        self.nginx = servers.Nginx(
            self.folder / "nginx",
            port=self.port,
            upstreams=upstreams,
            root=portal.DIST,
            documents=DOCUMENTS,
            log=self.logs / "nginx.log",
        )
        self.nginx.start()
        if self._keep_servers_up:
            self.supervisor.watch(self.nginx.server)
        self._tell(f"front door on port {self.port}")

    def _load_demo(self) -> None:
        def load(service: str) -> None:
            log = self.logs / f"{service}-demo.log"
            processes.run_task(service, "demo", self.settings(service), log=log)

        self._once_per_change("demo", load)
        self._tell("demo district loaded")

    def _once_per_change(self, what: str, act: Callable[[str], None]) -> None:
        """Does it for every service whose code or data changed since it was last done to this database."""

        def do(service: str) -> None:
            source = fingerprint(service)
            if self._done(service).get(what) != source:
                act(service)
                self._mark_done(service, what, source)

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as some:
            for one in concurrent.futures.as_completed([some.submit(do, name) for name in self.services]):
                one.result()

    def _done(self, service: str) -> dict[str, str]:
        """What was done to a service's database, as noted in the database itself; nothing for one of others'."""
        if self.postgresql is None:
            return {}
        with psycopg.connect(self.postgresql.url()) as connection:
            row = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (service,)
            ).fetchone()
        notes = (row[0] if row else None) or ""
        return dict(note.split("=", 1) for note in notes.split() if "=" in note)

    def _mark_done(self, service: str, what: str, source: str) -> None:
        if self.postgresql is not None:
            notes = " ".join(f"{k}={v}" for k, v in {**self._done(service), what: source}.items())
            statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
            self.postgresql.execute(statement.format(sql.Identifier(service), sql.Literal(notes)))

    # -- choices

    def _amqp_given(self) -> bool:
        each = all(self._outside.get(f"AMQP_URL_{service.upper()}") for service in self.services)
        return bool(self._outside.get("AMQP_URL")) or (each and bool(self.services))

    def _databases_given(self) -> bool:
        named = [one for one in self.services if self._outside.get(f"DATABASE_URL_{one.upper()}")]
        if named and named != self.services:
            missing = ", ".join(f"DATABASE_URL_{one.upper()}" for one in self.services if one not in named)
            raise children.StartFailed(f"set {missing} too, or none of DATABASE_URL_*")
        return bool(named)

    def _make_rabbitmq(self) -> servers.RabbitMQ:
        made = servers.RabbitMQ(
            self.folder / "rabbitmq",
            ports_before=self.memory.ports("rabbitmq"),
            password=self.memory.secret("amqp.platform"),
            log=self.logs / "rabbitmq.log",
        )
        self.memory.keep_ports("rabbitmq", **made.ports)
        return made

    def _make_postgresql(self, durable: bool) -> servers.PostgreSQL:
        place = self.folder
        if not postgresql.reachable_by_server(place):
            place = elsewhere(self.folder)
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
            if place.stat().st_uid != os.geteuid():
                raise children.StartFailed(
                    f"{place} belongs to somebody else: remove it, or move the checkout"
                )
        made = servers.PostgreSQL(
            place / "postgresql",
            port=self.memory.ports("postgresql").get("main"),
            password=self.memory.secret("database.platform"),
            durable=durable,
            log=self.logs / "postgresql.log",
        )
        self.memory.keep_ports("postgresql", main=made.port)
        return made

    def _front_door_port(self, wanted: int | None) -> int:
        before = self.memory.ports("nginx").get("main")
        if before is not None and ports.is_free(before):
            port = ports.keep(before)
        else:
            port = ports.free() if wanted is None else ports.preferred(wanted)
        self.memory.keep_ports("nginx", main=port)
        # Needed by every process before the registry itself is there.
        registry = ports.keep(self.memory.ports(f"{REGISTRY}-api").get("http"))
        self.memory.keep_ports(
            f"{REGISTRY}-api", **{**self.memory.ports(f"{REGISTRY}-api"), "http": registry}
        )
        return port

    def _count(self, service: str, role: str) -> int:
        return sum((one.service, one.role) == (service, role) for one in self.processes)

    def _tell(self, what: str) -> None:
        self._say(f"{time.monotonic() - self._began:6.1f} s  {what}")


def elsewhere(folder: pathlib.Path) -> pathlib.Path:
    """Where the database's files go when its user cannot reach `folder`: the same place for the same folder."""
    return pathlib.Path("/var/tmp") / f"yiwang-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def roles_of(service: str) -> list[str]:
    """The processes a service has: every one with an api has a relay, and a worker if it says so."""
    folder = processes.ROOT / "services" / service
    has_worker = (folder / "worker.py").exists() or (folder / "worker").is_dir()
    return ["api", "worker", "relay"] if has_worker else ["api", "relay"]


def fingerprint(service: str) -> str:
    """Changes whenever a file changes that the service's migrations or its reference and demo data depend on."""
    digest = hashlib.sha256()
    for top in (processes.ROOT / "shared", processes.ROOT / "services" / service):
        for path in sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(processes.ROOT)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
