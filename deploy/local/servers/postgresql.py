"""A private PostgreSQL cluster."""

from __future__ import annotations

import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess

import psycopg
from psycopg import sql

from deploy.local import children, ports

VERSIONS = pathlib.Path("/usr/lib/postgresql")
# Whom the server runs as when we are root, which it refuses to be.
UNPRIVILEGED = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = 256MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
password_encryption = scram-sha-256
"""

# Without waiting for the disk; a killed server still loses no commit, only a crashed machine does.
FAST = """\
fsync = off
full_page_writes = off
autovacuum_naptime = 10s
"""


class PostgreSQL:
    """One cluster: `start()`, `stop()`, `kill()`, `restart()`, `stop_immediately()`; roles and databases.

    `durable=False` is for tests: nothing waits for the disk.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        port: int | None = None,
        password: str | None = None,
        durable: bool = True,
        log: pathlib.Path | None = None,
    ) -> None:
        self.folder = folder
        self.cluster = folder / "data"
        self.user = "platform"
        self.password = password or secrets.token_urlsafe(16)
        self.port = ports.keep(port)
        self.durable = durable
        self.server = children.Child(
            "postgresql",
            [str(_program("postgres")), "-D", str(self.cluster)],
            environment={**_plain_environment(), "PGDATA": str(self.cluster)},
            log=log or folder / "server.log",
            directory=folder,
            user=UNPRIVILEGED,
            stop_signal=signal.SIGINT,
        )

    def url(self, database: str = "postgres", *, user: str | None = None, password: str | None = None) -> str:
        """Address of a database, by default with the superuser's account."""
        return (
            f"postgresql://{user or self.user}:{password or self.password}@127.0.0.1:{self.port}/{database}"
        )

    # -- life

    def start(self) -> None:
        """Makes the cluster if there is none, starts it and waits until it takes connections."""
        if not (self.cluster / "PG_VERSION").exists():
            self._create()
        self._configure()
        self.server.start()
        self.wait_ready()

    def wait_ready(self, *, deadline_seconds: float = START_SECONDS) -> None:
        self.server.wait_until(self._ready, deadline_seconds=deadline_seconds)

    def _ready(self) -> bool:
        if not ports.answers(self.port):
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stops in order: sessions are ended, what they committed is written out."""
        self.server.stop(deadline_seconds=STOP_SECONDS)

    def stop_immediately(self) -> None:
        """Stops as in an emergency: no checkpoint, sessions cut, recovery at the next start."""
        self.server.signal(signal.SIGQUIT)
        if not self.server.wait(deadline_seconds=STOP_SECONDS):
            self.server.kill()

    def kill(self) -> None:
        """kill -9 of the server; waits until its sessions' processes have noticed and ended too."""
        mine = self._processes()
        self.server.kill()
        children.wait_for(
            lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in mine),
            deadline_seconds=STOP_SECONDS,
            what="the end of the database's processes",
        )

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freezes the server and its sessions: connections stay open and silent."""
        for pid in self._processes():
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in self._processes():
            os.kill(pid, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """The server's process and those it forked (each in a session of its own)."""
        main = self.server.pid
        if main is None:
            return []
        forked = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, forked)]

    # -- roles and databases

    def execute(self, statement: str | sql.Composed, *, database: str = "postgres") -> None:
        """One statement as superuser, outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def add_role(self, name: str, password: str) -> None:
        """A role that may log in and nothing more; sets its password when it exists."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(name), sql.Literal(password)
                )
            )

    def add_database(self, name: str, *, owner: str, template: str = "template1") -> None:
        """A database of its owner that no other role may connect to; nothing happens when it exists."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                return
            database, role = sql.Identifier(name), sql.Identifier(owner)
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    database, role, sql.Identifier(template)
                )
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))

    def drop_database(self, name: str) -> None:
        """Drops a database, ending its sessions first."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    # -- files

    def _create(self) -> None:
        """initdb, as an unprivileged user when we are root."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.cluster, ignore_errors=True)
        secret = self.folder / "superuser"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
            shutil.chown(secret, UNPRIVILEGED)
        command = [
            *(
                ["setpriv", "--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--init-groups"]
                if os.geteuid() == 0
                else []
            ),
            *(str(_program("initdb")), "-D", str(self.cluster), "-U", self.user),
            *(
                "--pwfile",
                str(secret),
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--no-sync",
            ),
        ]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=_plain_environment(),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        secret.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.cluster, ignore_errors=True)
            raise children.StartFailed(f"initdb failed in {self.folder}:\n{done.stdout}{done.stderr}")

    def _configure(self) -> None:
        settings = self.cluster / "postgresql.auto.conf"
        settings.write_text(CONFIGURATION.format(port=self.port) + ("" if self.durable else FAST))
        if os.geteuid() == 0:
            shutil.chown(settings, UNPRIVILEGED)
        # A stale one from a killed server names a process id that may be somebody else's by now.
        if not self.server.running:
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)


def reachable_by_server(folder: pathlib.Path) -> bool:
    """Whether the user the server will run as can enter `folder`, which must exist."""
    if os.geteuid() != 0:
        return True
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
    )
    return done.returncode == 0


def _plain_environment() -> dict[str, str]:
    """The caller's environment without another cluster's settings; messages in English."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}, "LANG": "C.UTF-8"}


def _program(name: str) -> pathlib.Path:
    """A server program of the newest version installed (Debian keeps them outside the PATH)."""
    found = [path for path in VERSIONS.glob(f"*/bin/{name}") if re.fullmatch(r"\d+", path.parts[-3])]
    if found:
        return max(found, key=lambda path: int(path.parts[-3]))
    anywhere = shutil.which(name)
    if anywhere is None:
        raise children.StartFailed(
            f"{name} is not installed: install PostgreSQL 15 or newer (apt-get install postgresql)"
        )
    return pathlib.Path(anywhere)
