"""What goes into the database as a list comes back as the same list, whatever stands in it."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import db

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
HARD = ["", "NULL", "null", '"', "\\", "{}", ",", " ", "\n\t", "油 烟", "\u2003", 'a"\\b{},']


@pytest.fixture(scope="module")
def session(servers: Any) -> db.Tx:
    # Any database does; the factory's would be one per example.
    return db.session(servers.new_database("shared"), name="arrays")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(TEXTS, st.sampled_from(HARD)), max_size=8))
def test_texts_come_back(session: db.Tx, texts: list[str]) -> None:
    assert _back(session, "SELECT %s::text[] AS back", texts) == texts


def test_the_statement_decides_what_texts_are(session: db.Tx) -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]

    found = session.execute(
        "SELECT id FROM unnest(%s::uuid[]) AS g (id) WHERE id = ANY(%s)", (ids, ids[:2])
    ).fetchall()

    assert [str(row["id"]) for row in found] == ids[:2]


def test_uuids_come_back(session: db.Tx) -> None:
    ids = [uuid.uuid4() for _ in range(3)]

    assert _back(session, "SELECT %s AS back", ids) == ids


@pytest.mark.parametrize(
    ("given_", "cast"),
    [
        ([], "text[]"),
        ([None], "text[]"),
        (["a", None], "text[]"),
        ([None, "a"], "text[]"),
        ([["a", "b"], ["c", "d"]], "text[]"),
        ([1, 2], "int[]"),
        ([True], "bool[]"),
        ([1.5, None], "float8[]"),
    ],
)
def test_other_lists_go_the_drivers_own_way(session: db.Tx, given_: list[Any], cast: str) -> None:
    assert _back(session, f"SELECT %s::{cast} AS back", given_) == given_


def test_lists_with_and_without_gaps_may_stand_in_one_statement(session: db.Tx) -> None:
    row = session.execute("SELECT %s::text[] AS a, %s::text[] AS b", (["x", "y"], ["x", None])).fetchone()

    assert row == {"a": ["x", "y"], "b": ["x", None]}


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_cannot_be_stored_is_refused(session: db.Tx, text: str) -> None:
    with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
        session.execute("SELECT %s::text[]", (["fine", text],))


def _back(session: db.Tx, statement: str, value: list[Any]) -> Any:
    row = session.execute(statement.encode(), (value,)).fetchone()
    assert row is not None
    return row["back"]
