"""What the bus asks of a database connection: no commit that saves nothing, no wait without an end."""

import contextlib
import threading
import time

import psycopg
import pytest

from shared import db
from tests.support.bus.rig import Rig


def test_a_transaction_with_a_swallowed_error_does_not_pretend_to_be_saved(rig: Rig) -> None:
    def careless() -> None:
        with rig.database.transaction() as tx:
            tx.execute("INSERT INTO refusals VALUES ('kept?')")
            with contextlib.suppress(psycopg.errors.DivisionByZero):
                tx.execute("SELECT 1 / 0")

    with pytest.raises(db.TransactionSpoiled):
        careless()

    assert rig.execute("SELECT * FROM refusals") == []


def test_a_cut_session_fails_whoever_waits_on_it(rig: Rig) -> None:
    session = db.session(rig.database_url, name="test")
    cutter = threading.Timer(0.3, db.cut, (session,))
    cutter.start()
    began = time.monotonic()

    with pytest.raises(psycopg.OperationalError) as raised:
        session.execute("SELECT pg_sleep(20)")

    assert time.monotonic() - began < 5
    assert db.is_passing(raised.value)
    session.close()
    db.cut(session)  # a closed one is left alone
