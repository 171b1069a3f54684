"""The link between a service and its database goes silent or is cut."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import pytest

from deploy.local import children, processes
from shared import db
from tests.support import proxy, run
from tests.support.clients import Client
from tests.support.waiting import eventually

LONGEST_REQUEST_SECONDS = 2


@pytest.fixture
def link(servers: run.TestRun) -> proxy.Proxy:
    return proxy.Proxy(servers.postgresql.port)


@pytest.fixture
def catalogue(
    link: proxy.Proxy,
    database: Callable[[str], db.Database],
    process: Callable[..., processes.Process],
) -> Callable[[], int]:
    """Asks a cases API whose database is behind the link; answers the status."""
    parts = urlsplit(database("cases").url)
    through = urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{link.port}"))
    api = process(
        "cases",
        "api",
        database_url=through,
        amqp_url="amqp://nobody@127.0.0.1:1/",
        YIWANG_LONGEST_REQUEST_SECONDS=str(LONGEST_REQUEST_SECONDS),
    )
    client = Client(api.url)
    return lambda: client.get("/cases/catalogue").status_code


def test_a_silent_link_is_answered_as_unavailable_and_recovers(
    link: proxy.Proxy, catalogue: Callable[[], int]
) -> None:
    with link:
        assert catalogue() == 200

        link.blackhole()
        began = time.monotonic()
        status = catalogue()
        took = time.monotonic() - began
        link.restore()

        assert status == 503
        assert took < LONGEST_REQUEST_SECONDS + 3
        assert eventually(lambda: catalogue() == 200, within_seconds=30)


def test_a_cut_link_is_noticed_at_once_and_made_anew(link: proxy.Proxy, catalogue: Callable[[], int]) -> None:
    with link:
        assert catalogue() == 200

        link.reset()

        assert eventually(lambda: catalogue() == 200, within_seconds=15)


@pytest.mark.parametrize("task", ["migrate", "seed"])
def test_what_prepares_a_database_waits_for_one_that_is_slow_to_come(
    link: proxy.Proxy,
    servers: run.TestRun,
    database: Callable[[str], db.Database],
    tmp_path: pathlib.Path,
    task: str,
) -> None:
    parts = urlsplit(database("cases").url)
    through = urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{link.port}"))
    log = tmp_path / "log"
    child = children.Child(
        task,
        processes.command("cases", task),
        environment=processes.surroundings({**servers.settings("cases"), "DATABASE_URL": through}),
        log=log,
        directory=processes.ROOT,
    )
    with link:
        link.refuse()
        child.start()
        try:
            eventually(
                lambda: "database_awaited" in log.read_text(), within_seconds=30, what="its first try to fail"
            )
            assert child.running

            link.restore()

            assert child.wait(deadline_seconds=60)
            assert child.exit_code == 0, child.last_words()
        finally:
            child.kill()
