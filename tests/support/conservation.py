"""Counting committed changes against their effects, over the databases of a whole platform.

No change without its event, no event without its change, each effect exactly once, every subject numbered
without a gap. `differences` says in sentences what does not add up; nothing does not add up at rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from deploy.local import platform as local
from services.dispatch.store import figures
from services.dispatch.store.sql import queries
from shared import contracts

Connections = dict[str, "psycopg.Connection[tuple[object, ...]]"]


@contextmanager
def connections(platform: local.Platform) -> Iterator[Connections]:
    """A connection to each service's database."""
    with ExitStack() as stack:
        yield {
            service: stack.enter_context(psycopg.connect(platform.database_url(service), autocommit=True))
            for service in platform.services
        }


def differences(databases: Connections) -> list[str]:
    """What does not add up now; empty when everything that was committed has had its effect exactly once."""
    return [
        *_backlog(databases),
        *_gaps(databases),
        *_undelivered(databases),
        *_changes_without_events(databases),
        *_figures(databases),
    ]


def _backlog(databases: Connections) -> Iterator[str]:
    for service, database in databases.items():
        for what, query in (
            ("unsent events", "SELECT count(*) FROM outbox WHERE sent_at IS NULL"),
            ("parked events", "SELECT count(*) FROM parked"),
        ):
            number = _value(database, query)
            if number:
                yield f"{service} has {number} {what}"


def _gaps(databases: Connections) -> Iterator[str]:
    for service, database in databases.items():
        number = _value(
            database,
            "SELECT count(*) FROM outbox_sequences s JOIN (SELECT subject, count(*) AS events, min(sequence) AS first,"
            " max(sequence) AS last FROM outbox GROUP BY subject) o USING (subject)"
            " WHERE o.first <> 1 OR o.events <> o.last OR o.last <> s.last",
        )
        if number:
            yield f"{service} has {number} subjects whose events are not numbered one by one"


def _undelivered(databases: Connections) -> Iterator[str]:
    """Events that a declared consumer has not taken in. (Taking in twice is impossible: a primary key.)"""
    taken_in = {
        service: {row[0] for row in database.execute("SELECT id FROM inbox").fetchall()}
        for service, database in databases.items()
    }
    for event in contracts.all_events():
        if event.publisher not in databases:
            continue
        rows = (
            databases[event.publisher]
            .execute("SELECT id FROM outbox WHERE type = %s", [event.type])
            .fetchall()
        )
        sent = {row[0] for row in rows}
        for consumer in event.consumers:
            missing = sent - taken_in.get(consumer, sent)
            if missing:
                yield f"{consumer} lacks {len(missing)} of {len(sent)} {event.type}"


def _changes_without_events(databases: Connections) -> Iterator[str]:
    """Pairs of counts that must agree, across services."""
    cases, dispatch = databases["cases"], databases["dispatch"]

    def events(database: psycopg.Connection[tuple[object, ...]], name: str) -> object:
        return _value(database, "SELECT count(*) FROM outbox WHERE type = %s", f"yiwang.{name}.v1")

    pairs = {
        "cases filed and case_reported": (
            _value(cases, "SELECT count(*) FROM cases"),
            events(cases, "cases.case_reported"),
        ),
        "cases filed and cases watched by dispatch": (
            _value(cases, "SELECT count(*) FROM cases"),
            _value(dispatch, "SELECT count(*) FROM watched_cases"),
        ),
        "whistles and case_whistled": (
            _value(cases, "SELECT count(*) FROM orders"),
            events(cases, "cases.case_whistled"),
        ),
        "whistles and orders of dispatch": (
            _value(cases, "SELECT count(*) FROM orders"),
            _value(dispatch, "SELECT count(*) FROM orders"),
        ),
        "orders and order_opened": (
            _value(dispatch, "SELECT count(*) FROM orders"),
            events(dispatch, "dispatch.order_opened"),
        ),
        "tasks of dispatch and their copies in cases": (
            _value(dispatch, "SELECT count(*) FROM tasks"),
            _value(cases, "SELECT count(*) FROM tasks"),
        ),
        "timeline entries and what the cases say of them": (
            _value(cases, "SELECT count(*) FROM timeline"),
            _value(cases, "SELECT COALESCE(sum(timeline_length), 0) FROM cases"),
        ),
        "cases out of handling and case_resolved": (
            _value(
                cases,
                "SELECT count(*) FROM cases"
                " WHERE state IN ('resolved', 'checked', 'called_back', 'closed') AND run = 1",
            ),
            _value(
                cases,
                "SELECT count(DISTINCT subject) FROM outbox WHERE type = 'yiwang.cases.case_resolved.v1'"
                " AND subject IN (SELECT case_id::text FROM cases WHERE run = 1)",
            ),
        ),
        "resolved cases and stopped finish clocks": (
            _value(cases, "SELECT count(*) FROM cases WHERE resolved_at IS NOT NULL"),
            _value(
                dispatch,
                "SELECT count(*) FROM clocks WHERE task_id IS NULL AND name = 'call_back'",
            ),
        ),
    }
    for what, (one, other) in pairs.items():
        if one != other:
            yield f"{what}: {one} and {other}"


def _figures(databases: Connections) -> Iterator[str]:
    """Live figures that do not agree with a recount."""
    found = (
        databases["dispatch"]
        .execute(queries.figure_differences.sql, {"days": figures.RECOUNT_DAYS})
        .fetchall()
    )
    if found:
        yield f"{len(found)} live figures of dispatch do not agree with a recount, such as {found[0]}"


def _value(database: psycopg.Connection[tuple[object, ...]], query: str, *parameters: object) -> object:
    row = database.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]
