"""A service comes back as soon as its database does, however long that was away."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

from shared import db
from tests.support import run
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

# A pool that doubles its pauses tries after 1, 3, 7 and 15 seconds: it would sleep through what follows.
OUTAGE_SECONDS = 7.5
BACK_WITHIN_SECONDS = 4.0


def test_the_pool_is_back_soon_after_a_long_outage(
    servers: run.TestRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that the outage ends when we say and not when a waiting check gives up.
    monkeypatch.setattr(db, "_POOL_WAIT_SECONDS", 0.2)
    address = urlsplit(servers.new_database(run.SHARED_ONLY))
    assert address.port is not None
    with Proxy(address.port) as proxy:
        url = address._replace(netloc=f"{address.username}:{address.password}@127.0.0.1:{proxy.port}")
        database = db.Database(url.geturl(), service="shared")
        database.check()

        proxy.refuse()
        proxy.reset()
        eventually(lambda: not _answers(database), what="the outage")
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            assert not _answers(database)
        proxy.restore()

        eventually(lambda: _answers(database), within_seconds=BACK_WITHIN_SECONDS, what="the database")
        database.close()


def _answers(database: db.Database) -> bool:
    try:
        database.check()
    except db.DatabaseUnavailable:
        return False
    return True
