"""What the worker makes of others' events: in batches, twice, and in any order across subjects."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.cases import worker
from services.cases.domain import errors
from services.cases.places import Places
from services.cases.store import matters as store
from shared import clock, db
from shared.contracts.base import Event
from shared.contracts.cases import Place
from shared.contracts.registry import PostVacated
from tests.support import district, feeding

ROUNDS = 20


@pytest.fixture
def feed(database: Callable[[str], db.Database]) -> Iterator[feeding.Feed]:
    """A worker with a database of its own."""
    with feeding.feeding(database("cases").url, worker.Worker) as feed:
        yield feed


def located(feed: feeding.Feed, place: dict[str, float]) -> str:
    with feed.session.transaction():
        return Places().locate(feed.session, Place(**place)).code


def count(feed: feeding.Feed, table: str) -> int:
    row = feed.session.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone()
    assert row is not None
    number: int = row["n"]
    return number


# --- orders


def test_orders_of_many_matters_finish_in_one_batch_each_once(world: Any) -> None:
    whistled = [world.whistle(world.report()["case_id"], district.MARKET) for _ in range(ROUNDS)]
    opened = [world.order_opened(case) for case in whistled]
    world.feed.give(*opened)
    finished = [world.feed.delivery(world.order_finished(case)) for case in whistled]

    outcome = world.feed.apply(*finished, *random.Random(7).sample(finished, ROUNDS))
    again = world.feed.apply(*finished)

    assert outcome == {"applied": ROUNDS, "seen": ROUNDS}
    assert again == {"seen": ROUNDS}
    for case in whistled:
        assert world.events(case["case_id"]) == [
            "case_reported",
            "case_triaged",
            "case_whistled",
            "case_resolved",
        ]


def test_two_orders_of_one_matter_that_finish_in_one_batch_resolve_it_once(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)
    case = world.whistle(case_id, district.URBAN)

    world.feed.give(*(world.order_finished(case, order["order_id"]) for order in case["orders"]))

    assert world.read(case_id)["state"] == "resolved"
    assert world.events(case_id).count("case_resolved") == 1
    assert world.actions(case_id)[-3:] == ["order_finished", "order_finished", "resolved"]


def test_an_order_nobody_whistled_waits_without_holding_others_up(world: Any) -> None:
    good = world.whistle(world.report()["case_id"], district.MARKET)
    unknown = replace(world.order_finished(good), order_id="019f0000-0000-7000-8000-0000000000ff")

    outcome = world.feed.apply(world.feed.delivery(unknown), world.feed.delivery(world.order_finished(good)))

    assert outcome == {"parked": 1, "applied": 1}
    assert world.read(good["case_id"])["state"] == "resolved"
    world.rows("SELECT 1")
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM parked")


def test_the_outbox_holds_exactly_one_event_per_announced_step(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "take")
    world.whistle(case_id, district.MARKET)
    refused = world.worker.post(f"/cases/{case_id}/triage", json={})

    rows = world.rows(
        "SELECT type, sequence, routing_key, area FROM outbox WHERE subject = %(s)s ORDER BY sequence",
        s=case_id,
    )

    assert refused.status_code == 409
    assert [(row["type"].split(".")[2], row["sequence"]) for row in rows] == [
        ("case_reported", 1),
        ("case_triaged", 2),
        ("case_whistled", 3),
    ]
    assert {row["area"] for row in rows} == {district.GRID}
    assert rows[0]["routing_key"] == "cases.case_reported.v1.37.01.02.007.003.001"


# --- nets


def test_a_place_on_a_shared_boundary_lies_in_exactly_one_grid(feed: feeding.Feed) -> None:
    feed.give(*district.nets())

    on_the_line = {"longitude": 117.01, "latitude": 36.605}
    corner = {"longitude": 117.02, "latitude": 36.61}
    assert located(feed, on_the_line) == district.GRID
    assert located(feed, corner) == district.NEXT_GRID
    assert located(feed, district.IN_GRID_ELSEWHERE) == district.GRID_ELSEWHERE
    with pytest.raises(errors.OutsideEveryGrid):
        located(feed, {"longitude": 117.01, "latitude": 36.6101})


def test_a_net_is_in_force_from_its_time_and_replaces_the_whole_set_before_it(feed: feeding.Feed) -> None:
    merged = district.outline(district.NEXT_GRID, 117.01)
    feed.give(*district.nets())
    feed.give(
        district.net(
            district.SUBDISTRICT, merged, net_version=2, effective_at=clock.now() + timedelta(days=1)
        )
    )
    before = located(feed, district.IN_GRID)
    feed.give(district.net(district.SUBDISTRICT, merged, net_version=3))

    assert before == district.GRID
    assert located(feed, district.IN_NEXT_GRID) == district.NEXT_GRID
    with pytest.raises(errors.OutsideEveryGrid):
        located(feed, district.IN_GRID)


def test_an_index_that_is_used_again_sees_a_new_net_within_moments(feed: feeding.Feed) -> None:
    places = Places()
    feed.give(*district.nets())
    with feed.session.transaction():
        first = places.locate(feed.session, Place(**district.IN_GRID))
    moved = district.outline("370102007003009", 117.0)
    feed.give(district.net(district.SUBDISTRICT, moved, net_version=2))
    places._checked_at = float("-inf")

    with feed.session.transaction():
        second = places.locate(feed.session, Place(**district.IN_GRID))

    assert (first.code, second.code) == (district.GRID, "370102007003009")


def test_the_same_net_heard_twice_is_kept_once(feed: feeding.Feed) -> None:
    net = district.nets()[0]

    feed.give(net)
    feed.give(net)

    assert (count(feed, "nets"), count(feed, "grids")) == (1, 2)


# --- copies


def test_a_copy_ends_right_however_its_events_are_shuffled(feed: feeding.Feed) -> None:
    post = district.lead()
    vacated = PostVacated(post_id=post.post_id, area=post.area, kind="lead", person_id=post.person_id)
    history: list[Event] = [post, vacated, replace(post, duty_name="李网格长")]
    departments = [
        district.department(district.MARKET),
        district.department(district.MARKET, active=False),
        district.department(district.URBAN),
    ]
    deliveries = [
        *(feed.delivery(event, sequence=n) for n, event in enumerate(history, start=1)),
        *(feed.delivery(event, sequence=n) for n, event in enumerate(departments, start=1)),
    ]
    random.Random(20261120).shuffle(deliveries)

    for delivery in deliveries:
        feed.apply(delivery, delivery)

    held = feed.session.execute("SELECT duty_name, is_held, sequence FROM posts").fetchall()
    assert held == [{"duty_name": "李网格长", "is_held": True, "sequence": 3}]
    assert set(store.serving(feed.session, district.GRID)) == {district.URBAN}


def test_a_vacated_post_answers_for_nothing_also_when_its_assignment_comes_late(feed: feeding.Feed) -> None:
    post = district.lead()
    vacated = PostVacated(post_id=post.post_id, area=post.area, kind="lead", person_id=post.person_id)

    feed.apply(feed.delivery(vacated, sequence=2))
    feed.apply(feed.delivery(post, sequence=1))

    assert store.filing(feed.session, grid=district.GRID, category="env.noise").responsible == []


def test_events_of_every_kind_in_one_batch_have_their_effects(feed: feeding.Feed) -> None:
    outcome = feed.apply(*(feed.delivery(event) for event in district.everything()))

    assert outcome == Counter(applied=len(district.everything()))
    assert (count(feed, "nets"), count(feed, "departments"), count(feed, "posts")) == (2, 4, 1)
