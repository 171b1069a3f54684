"""The servers and processes of one test run, started when first asked for and gone when it ends."""

from __future__ import annotations

import pathlib
import secrets
import shutil
import tempfile
import threading

from deploy.local import children, platform, processes, servers
from deploy.local.servers import postgresql
from shared import db, migrations
from tests.support import clients, identities

# Given to a database factory in place of a service's name: only the tables every service has.
SHARED_ONLY = "shared"


class TestRun:
    """Owns everything a test run starts, in one folder under the machine's temporary files."""

    __test__ = False

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-test-"))
        # The database server runs as another user when we are root.
        self.folder.chmod(0o755)
        if not postgresql.reachable_by_server(self.folder):
            shutil.rmtree(self.folder)
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-test-", dir="/var/tmp"))
            self.folder.chmod(0o755)
        self.identities = identities.Identities(self.folder / "identities")
        self._postgresql: servers.PostgreSQL | None = None
        self._rabbitmq: servers.RabbitMQ | None = None
        self._templates: set[str] = set()
        self._apis: dict[str, clients.Api] = {}
        self._processes: list[processes.Process] = []
        self._platform: platform.Platform | None = None
        self._lock = threading.RLock()

    # -- servers

    @property
    def postgresql(self) -> servers.PostgreSQL:
        with self._lock:
            if self._postgresql is None:
                self._postgresql = servers.PostgreSQL(self.folder / "postgresql", durable=False)
                self._postgresql.start()
            return self._postgresql

    @property
    def rabbitmq(self) -> servers.RabbitMQ:
        with self._lock:
            if self._rabbitmq is None:
                self._rabbitmq = servers.RabbitMQ(self.folder / "rabbitmq")
                self._rabbitmq.start()
            return self._rabbitmq

    # -- databases

    def new_database(self, service: str) -> str:
        """Address of a fresh database of a service: migrated and seeded, owned by the service's own role."""
        self._prepare_template(service)
        name = f"{service}_{secrets.token_hex(5)}"
        self.postgresql.add_database(name, owner=service, template=f"template_{service}")
        return self.postgresql.url(name, user=service, password=service)

    def _prepare_template(self, service: str) -> None:
        with self._lock:
            if service in self._templates:
                return
            name = f"template_{service}"
            self.postgresql.add_role(service, service)
            self.postgresql.add_database(name, owner=service)
            settings = {
                **self.settings(service),
                "DATABASE_URL": self.postgresql.url(name, user=service, password=service),
            }
            log = self.folder / "log" / f"{service}-migrate.log"
            if service == SHARED_ONLY:
                migrations.apply(settings["DATABASE_URL"], service=service)
            else:
                processes.run_task(service, "migrate", settings, log=log)
                processes.run_task(service, "seed", settings, log=log)
            self._templates.add(service)

    # -- processes

    def settings(self, service: str) -> dict[str, str]:
        """Environment of a process under test, without the addresses of its database and broker."""
        state = self.folder / "state" / service
        state.mkdir(parents=True, exist_ok=True)
        return {"YIWANG_MODE": "local", "YIWANG_STATE_DIR": str(state), **self.identities.settings}

    def start_process(
        self, service: str, role: str, *, database_url: str, amqp_url: str, **settings: str
    ) -> processes.Process:
        """Starts a process and waits until it is ready."""
        number = len(self._processes) + 1
        process = processes.Process(
            service,
            role,
            {**self.settings(service), "DATABASE_URL": database_url, "AMQP_URL": amqp_url, **settings},
            log=self.folder / "log" / f"{number}-{service}-{role}.log",
        )
        self._processes.append(process)
        process.start()
        process.wait_ready()
        return process

    def api(self, service: str) -> clients.Api:
        """The running API of a service; one for the whole run, with a database and virtual host of its own."""
        with self._lock:
            if service not in self._apis:
                database_url = self.new_database(service)
                amqp_url = self.rabbitmq.add_vhost(f"api-{service}")
                process = self.start_process(service, "api", database_url=database_url, amqp_url=amqp_url)
                database = db.Database(database_url, service=service, min_size=0, max_size=8)
                self._apis[service] = clients.Api(process, database, self.identities)
            return self._apis[service]

    def platform(self) -> platform.Platform:
        """The whole platform with servers of its own; one for the whole run."""
        with self._lock:
            if self._platform is None:
                made = platform.Platform(self.folder / "platform", durable=False)
                made.start()
                self._platform = made
            return self._platform

    # -- end

    def end(self) -> list[int]:
        """Ends everything and forgets it; ids of processes that had escaped and had to be hunted down."""
        for api in self._apis.values():
            api.database.close()
        if self._platform is not None:
            self._platform.stop(forget=True)
        for process in self._processes:
            process.kill()
        # What is thrown away need not be stopped in order.
        if self._rabbitmq is not None:
            self._rabbitmq.kill()
            self._rabbitmq.epmd.kill()
        if self._postgresql is not None:
            self._postgresql.stop_immediately()
        escaped = children.end_left_behind(children.MARK, self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        return escaped
