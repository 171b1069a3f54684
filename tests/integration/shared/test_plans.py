"""Queries whose filters may be left out are planned for what is asked; see docs/decisions/0022."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.cases.store.sql import queries
from shared import db, ids

# psycopg prepares a statement the sixth time, PostgreSQL may make one plan for all values from then on the sixth.
TIMES = 14


@pytest.fixture
def prepared(database: Callable[[str], db.Database]) -> Callable[..., list[dict[str, Any]]]:
    """`prepared(ask)`: what a connection holds prepared after asking so often."""
    cases = database("cases")

    def after(ask: Callable[[db.Tx], object]) -> list[dict[str, Any]]:
        with cases.transaction(read_only=True) as tx:
            for _ in range(TIMES):
                ask(tx)
            return tx.execute("SELECT statement, generic_plans FROM pg_prepared_statements").fetchall()

    return after


def test_lists_and_counts_never_get_a_plan_for_any_values(prepared: Any) -> None:
    wanted = {"scopes": ["370102"], "kind": None, "person_id": None, "is_ready": False}

    def ask(tx: db.Tx) -> None:
        queries.list_hearings(tx, **wanted, after_at=None, after_id=None, most=51)
        queries.count_hearings(tx, **wanted, most=10_001)
        with db.together(tx):
            queries.list_notices(tx, scopes=["370102"], state=None, after_at=None, after_id=None, most=51)

    assert prepared(ask) == []


def test_what_is_found_by_its_key_stays_prepared(prepared: Any) -> None:
    (statement,) = prepared(lambda tx: queries.filer_of(tx, case_id=ids.new()))

    assert "first_inquiry_by" in statement["statement"]
    assert statement["generic_plans"] > 0
