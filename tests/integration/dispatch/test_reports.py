"""The report of who never whistles, with the matters behind it, and of the departments called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock, ids
from tests.integration.dispatch.conftest import Running
from tests.support import clients, district

_numbers = iter(range(10, 99))
TODAY = clock.now().astimezone(clock.BEIJING).date()
PERIOD = {"first_day": str(TODAY - timedelta(days=1)), "last_day": str(TODAY + timedelta(days=1))}


class Place:
    """A district of this test's own with two subdistricts."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.code = f"3703{next(_numbers)}"
        self.silent, self.calling = f"{self.code}001", f"{self.code}002"
        self.client = running.api.client(roles=["supervisor"], areas=[self.code])
        self.department = f"{self.code}-ecology"
        running.give(district.department(self.department, area=self.code))

    def matter(self, subdistrict: str, **changes: Any) -> Any:
        return self.running.report(area=f"{subdistrict}001001", **changes)

    def ask(self, report: str, client: clients.Client | None = None, **query: Any) -> list[dict[str, Any]]:
        answer = (client or self.client).get(
            f"/dispatch/reports/{report}", params={"area": self.code, **PERIOD, **query}
        )
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
def place(running: Running) -> Place:
    return Place(running)


def test_areas_that_never_whistle_come_first_with_what_they_were_left_alone_with(place: Place) -> None:
    overdue = place.matter(place.silent)
    place.matter(place.silent)
    for _ in range(2):
        place.running.whistle(place.department, case=place.matter(place.calling))
    place.matter(place.calling)
    with place.running.database.transaction() as tx:
        tx.execute(
            "INSERT INTO fired_steps (clock_id, run, step, repetition, due_at) SELECT clock_id, run, 'red', 1, due_at"
            " FROM clocks WHERE owner_id = %s AND name = 'finish'",
            (overdue.case_id,),
        )

    rows = place.ask("whistling")

    assert [
        (row["area"], row["cases"], row["called"], row["permille"], row["overdue_uncalled"]) for row in rows
    ] == [(place.silent, 2, 0, 0, 1), (place.calling, 3, 2, 666, 0)]
    assert [row["grid_calls_offices"] for row in rows] == [0, 2]
    assert [row["area"] for row in place.ask("whistling", at_most_percent=0)] == [place.silent]
    assert [row["area"] for row in place.ask("whistling", least_cases=3)] == [place.calling]
    assert [row["area"] for row in place.ask("whistling", level="grid")] == [
        f"{place.silent}001001",
        f"{place.calling}001001",
    ]
    behind = place.ask("whistling/cases", area=place.silent, called="false", overdue="true")
    assert [(row["case_id"], row["orders"], row["is_overdue"]) for row in behind] == [
        (overdue.case_id, 0, True)
    ]


def test_the_report_and_its_rows_agree_and_page(place: Place) -> None:
    for subdistrict in (place.silent, place.calling, place.calling):
        place.matter(subdistrict)

    def paged(report: str) -> list[dict[str, Any]]:
        found, cursor = [], None
        while True:
            query = {"area": place.code, **PERIOD, "limit": 1, **({"cursor": cursor} if cursor else {})}
            page = place.client.get(f"/dispatch/reports/{report}", params=query).json()
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None or len(found) > 10:
                return found

    assert [row["cases"] for row in paged("whistling")] == [1, 2]
    assert len({row["case_id"] for row in paged("whistling/cases")}) == 3


def test_calling_the_wrong_department_shows_and_departments_are_counted(place: Place) -> None:
    wrong, right = place.department, f"{place.code}-health"
    place.running.give(district.department(right, area=place.code))
    whistle = place.running.whistle(wrong, case=place.matter(place.calling))
    place.running.whistle(wrong, case=place.matter(place.calling))
    task_id = place.running.tasks(whistle.order_id)[wrong]
    place.running.step(
        place.running.responder(wrong), task_id, "return", ground="not_our_duty", words="非我职责"
    )
    place.running.step(place.client, task_id, "ruling", upheld=True, to_department_id=right)

    (row,) = place.ask("whistling")
    departments = place.ask("called-departments")

    assert (row["orders"], row["misdirected"]) == (2, 1)
    assert [(one["department_id"], one["tasks"], one["returns_upheld"]) for one in departments] == [
        (wrong, 1, 1),
        (right, 1, 0),
    ]


def test_a_matter_counts_on_the_days_of_beijing(place: Place) -> None:
    midnight = clock.now().astimezone(clock.BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    place.matter(place.silent, reported_at=midnight - timedelta(microseconds=1))
    place.matter(place.calling, reported_at=midnight)

    rows = place.ask("whistling", first_day=str(TODAY), last_day=str(TODAY))

    assert [row["area"] for row in rows] == [place.calling]


def test_nobody_reads_the_report_of_an_area_that_is_not_theirs(place: Place) -> None:
    inside = place.running.api.client(roles=["caller"], areas=[place.silent], person_id=ids.new())

    for report in ("whistling", "whistling/cases", "called-departments"):
        path = f"/dispatch/reports/{report}"
        assert inside.get(path, params={"area": place.code, **PERIOD}).status_code == 404
        assert inside.get(path, params={"area": place.silent, **PERIOD}).status_code == 200


@pytest.mark.parametrize(
    ("first_day", "last_day"), [("2026-02-02", "2026-02-01"), ("2025-01-01", "2026-01-02")]
)
def test_a_period_is_one_day_to_a_year(place: Place, first_day: str, last_day: str) -> None:
    answer = place.client.get(
        "/dispatch/reports/whistling",
        params={"area": place.code, "first_day": first_day, "last_day": last_day},
    )

    assert answer.status_code == 422
