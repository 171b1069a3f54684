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


def test_a_transaction_of_a_session_commits_or_leaves_nothing_and_the_session_goes_on(rig: Rig) -> None:
    def insert(subject: str, also: str) -> None:
        with db.transaction(session), db.together(session):
            session.execute("INSERT INTO refusals VALUES (%s)", (subject,))
            session.execute(also.encode())

    session = db.session(rig.database_url, name="test")

    insert("kept", "SELECT 1")
    with pytest.raises(psycopg.errors.DivisionByZero):
        insert("gone", "SELECT 1 / 0")

    assert session.autocommit
    assert [row["subject"] for row in session.execute("SELECT * FROM refusals")] == ["kept"]
    session.close()


def test_the_commit_that_travels_with_the_last_statements_counts(rig: Rig) -> None:
    session = db.session(rig.database_url, name="test")

    with db.transaction(session):
        session.execute("INSERT INTO refusals VALUES ('first')")
        with db.ended(session):
            session.execute("INSERT INTO refusals VALUES ('last')")
        assert rig.value("SELECT count(*) FROM refusals") == 2

    session.close()


def test_a_last_statement_that_fails_takes_the_transaction_with_it(rig: Rig) -> None:
    def fail_at_last() -> None:
        with db.transaction(session):
            session.execute("INSERT INTO refusals VALUES ('first')")
            with db.ended(session):
                session.execute("SELECT 1 / 0")

    session = db.session(rig.database_url, name="test")

    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_at_last()

    assert rig.execute("SELECT * FROM refusals") == []
    assert session.autocommit
    session.close()


def test_a_commit_that_saved_nothing_does_not_count_as_one(rig: Rig) -> None:
    def careless(session: db.Tx) -> None:
        with db.transaction(session):
            with contextlib.suppress(psycopg.errors.DivisionByZero):
                session.execute("SELECT 1 / 0")
            with db.ended(session):
                pass

    session = db.session(rig.database_url, name="test")
    with pytest.raises(db.TransactionSpoiled):
        careless(session)
    session.close()


def test_a_transaction_asks_once_and_the_next_asks_anew(rig: Rig) -> None:
    asked = []

    def ask(tx: db.Tx) -> int:
        asked.append(tx)
        return len(asked)

    with rig.database.transaction() as tx:
        assert [db.once(tx, ask), db.once(tx, ask)] == [1, 1]
    with rig.database.transaction() as tx:
        assert db.once(tx, ask) == 2


def test_statements_sent_together_wait_until_an_answer_is_read(rig: Rig) -> None:
    session = db.session(rig.database_url, name="test")
    pid = session.info.backend_pid
    last = "SELECT query FROM pg_stat_activity WHERE pid = %s"

    with db.together(session):
        asked = [session.execute("SELECT 'one' AS n"), session.execute("SELECT 'two' AS n")]
        assert "one" not in rig.value(last, pid)
        assert asked[0].fetchone() == {"n": "one"}
        assert "two" in rig.value(last, pid)

    assert asked[1].fetchone() == {"n": "two"}
    session.close()
