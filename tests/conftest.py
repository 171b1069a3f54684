"""Fixtures of all tests. Nothing is started before a test asks for it; everything started is gone at the end."""

from __future__ import annotations

import logging
import signal
import urllib.parse
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
from hypothesis import HealthCheck, settings

from deploy.local import platform as local
from deploy.local import processes
from shared import db
from tests.support import clients, run

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_run: run.TestRun | None = None


def _test_run() -> run.TestRun:
    global _run
    if _run is None:
        _run = run.TestRun()
    return _run


def pytest_configure(config: pytest.Config) -> None:
    # pika tells every refused connection in ten lines; what a failing test says must stay readable.
    logging.getLogger("pika").setLevel(logging.CRITICAL)

    # A run that is told to end (a closed terminal, a cancelled pipeline) tears down like an interrupted one.
    # Once: `timeout` and terminals tell the process and its group, and the second must not cut the teardown short.
    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def pytest_unconfigure(config: pytest.Config) -> None:
    global _run
    if _run is not None:
        _run.end()
        _run = None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends everything; a process that escaped its owner fails the run."""
    global _run
    if _run is None:
        return
    escaped = _run.end()
    _run = None
    if escaped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        pytest.exit(f"processes were left over and had to be killed: {escaped}", pytest.ExitCode.TESTS_FAILED)


@pytest.fixture(scope="session")
def servers() -> run.TestRun:
    """The run's private servers: `servers.postgresql`, `servers.rabbitmq`, each started when first used."""
    return _test_run()


@pytest.fixture
def database(servers: run.TestRun) -> Iterator[Callable[[str], db.Database]]:
    """`database("cases")`: a fresh, migrated and seeded database; `"shared"`: one with the shared tables only."""
    made: list[db.Database] = []

    def make(service: str) -> db.Database:
        made.append(db.Database(servers.new_database(service), service=service, min_size=0, max_size=8))
        return made[-1]

    yield make
    for one in made:
        one.close()
        servers.postgresql.drop_database(urllib.parse.urlsplit(one.url).path[1:])


@pytest.fixture
def broker(servers: run.TestRun, request: pytest.FixtureRequest) -> Iterator[str]:
    """AMQP address of a fresh, empty virtual host."""
    name = f"test-{id(request.node):x}"
    yield servers.rabbitmq.add_vhost(name)
    servers.rabbitmq.delete_vhost(name)


@pytest.fixture
def process(servers: run.TestRun) -> Iterator[Callable[..., processes.Process]]:
    """`process("cases", "worker", database_url=…, amqp_url=…)`: a ready process, ended with the test.

    Further keyword arguments become environment variables of it.
    """
    started: list[processes.Process] = []

    def start(
        service: str, role: str, *, database_url: str, amqp_url: str, **settings: str
    ) -> processes.Process:
        one = servers.start_process(service, role, database_url=database_url, amqp_url=amqp_url, **settings)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()


@pytest.fixture(scope="session")
def api(servers: run.TestRun) -> Callable[[str], clients.Api]:
    """`api("cases")`: the running API of that service, one for the whole run. Use unique ids instead of cleaning."""
    return servers.api


@pytest.fixture(scope="session")
def platform(servers: run.TestRun) -> local.Platform:
    """The whole platform behind its front door, with servers of its own and the demo district; one for the run."""
    return servers.platform()
