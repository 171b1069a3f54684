"""Lists of requests, filtered and paged as the standard and its extensions say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.integration.cases.open311.conftest import ROAD, case_of, make_key
from tests.support.georeport import GeoReport


@pytest.fixture(scope="module")
def history(world: Any, admin: Any) -> tuple[str, list[str]]:
    """A key and five requests posted with it: four, three, two, one and no hundred days ago; the first is closed."""
    key = make_key(admin)
    client = GeoReport(f"{world.api.url}/open311/v2", api_key=key)
    numbers = []
    for days in (400, 300, 20, 10, 0):
        code = "env.noise" if days == 10 else "city.damaged_road"
        number = client.posted(**{**ROAD, "service_code": code})
        at = clock.now() - timedelta(days=days, minutes=1)
        with world.database.transaction() as tx:
            moved = {"a": at, "n": number}
            tx.execute(b"UPDATE cases SET reported_at = %(a)s WHERE number = %(n)s", moved)
            tx.execute(
                b"UPDATE open311_requests SET filed_at = %(a)s"
                b" WHERE case_id = (SELECT case_id FROM cases WHERE number = %(n)s)",
                moved,
            )
        numbers.append(number)
    world.step(world.lead, str(case_of(world, numbers[2])["case_id"]), "decline", ground="court", words="x")
    return key, numbers


def shown(client: GeoReport, numbers: list[str], **query: Any) -> list[int]:
    """Which of the requests are listed, by their place, in the order of the answer."""
    found = [one["service_request_id"] for one in client.requests(**query)]
    return [numbers.index(number) for number in found if number in numbers]


def day(days_ago: int) -> str:
    return clock.rfc3339(clock.now() - timedelta(days=days_ago))


def test_a_list_is_filtered_as_the_standard_says(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, numbers = history
    client.usual = {"api_key": key}

    assert shown(client, numbers) == [4, 3, 2]
    assert shown(client, numbers, status="open") == [4, 3]
    assert shown(client, numbers, status="closed") == [2]
    assert shown(client, numbers, status="open,closed") == [4, 3, 2]
    assert shown(client, numbers, status=["open", "closed"]) == [4, 3, 2]
    assert shown(client, numbers, status="Open") == [4, 3]
    assert shown(client, numbers, service_code="env.noise") == [3]
    assert shown(client, numbers, service_code="env.noise,city.damaged_road") == [4, 3, 2]
    assert shown(client, numbers, start_date=day(15)) == [4, 3]
    assert shown(client, numbers, end_date=day(15)) == [2]
    assert shown(client, numbers, start_date=day(310), end_date=day(290)) == [1]
    assert shown(client, numbers, start_date=day(410)) == [0]
    # Empty is the same as not given, and what nobody knows is let be.
    assert shown(client, numbers, status="", service_code="", colour="red", q=["a", "b"]) == [4, 3, 2]


def test_named_requests_override_every_filter(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, numbers = history
    client.usual = {"api_key": key}

    assert shown(client, numbers, service_request_id=f"{numbers[0]},{numbers[3]},none", status="closed") == [
        3,
        0,
    ]
    assert shown(client, numbers, service_request_id=[numbers[0], numbers[1]]) == [1, 0]


def test_what_changed_in_a_time_is_asked_for_beside_when_it_was_requested(
    world: Any, client: GeoReport, history: tuple[str, list[str]]
) -> None:
    key, numbers = history
    client.usual = {"api_key": key}
    # The closed one changed five days ago, the others when they were posted: now.
    with world.database.transaction() as tx:
        tx.execute(
            b"UPDATE cases SET closed_at = %(a)s WHERE number = %(n)s",
            {"a": clock.now() - timedelta(days=5), "n": numbers[2]},
        )

    assert shown(client, numbers, updated_after=day(6)) == [4, 3, 2]
    assert shown(client, numbers, updated_after=day(4)) == [4, 3]
    assert shown(client, numbers, updated_before=day(4)) == [2]
    assert shown(client, numbers, updated_after=day(6), updated_before=day(4), start_date=day(15)) == []


def test_pages_follow_each_other(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, _ = history
    client.usual = {"api_key": key, "service_code": "city.damaged_road,env.noise"}

    first = client.requests(page_size=2)
    second = client.requests(page_size=2, page=2)
    everything = client.requests()

    assert [one["service_request_id"] for one in first + second] == [
        one["service_request_id"] for one in everything[:4]
    ]
    assert client.requests(page_size=1000, page=50) == []
    # A page is never longer than the standard's limit; who asks for more gets so many.
    assert client.requests(page_size=5000) == everything


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"},
        {"start_date": "yesterday"},
        {"status": "reopened"},
        {"page": "0"},
        {"page_size": "0"},
        {"updated_after": "lately"},
        {"page": "1000", "page_size": "1000"},
    ],
)
def test_a_wrong_filter_is_refused(public: GeoReport, query: dict[str, str]) -> None:
    assert public.errors(public.ask("requests", **query))[0] == 400
