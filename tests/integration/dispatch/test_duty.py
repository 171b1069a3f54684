"""Duty rosters through the API, and tasks nobody signed passing on to the next in line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import clock, db, ids
from tests.integration.dispatch.conftest import Running, World
from tests.support import clients, district

SHIFTS = "/dispatch/duty/shifts"
HOUR = timedelta(hours=1)


def told(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def person(name: str = "值班员") -> dict[str, str]:
    return {"person_id": ids.new(), "duty_name": name, "duty_phone": "0531-8123456"}


def span(begin: datetime, hours: float) -> dict[str, str]:
    return {"starts_at": clock.rfc3339(begin), "ends_at": clock.rfc3339(begin + hours * HOUR)}


def shift(begin: datetime, hours: float = 8, **changes: Any) -> dict[str, Any]:
    return {**span(begin, hours), "first": person(), "next": person("后备"), **changes}


def add(client: clients.Client, unit: str, *shifts: dict[str, Any]) -> Any:
    return client.post(SHIFTS, json={"unit": unit, "shifts": list(shifts)})


_numbers = iter(range(100, 999))


@pytest.fixture
def desk() -> str:
    """A subdistrict whose roster is this test's alone."""
    return f"370102{next(_numbers)}"


def keeper(running: Running, desk: str, role: str = "caller") -> clients.Client:
    return running.api.client(roles=[role], areas=[desk])


def test_whoever_is_on_duty_now_answers_with_the_next_in_line(running: Running, desk: str) -> None:
    now, client = clock.now(), keeper(running, desk)
    made = add(client, desk, shift(now - HOUR, 2), shift(now + HOUR, 8))

    answer = client.get("/dispatch/duty/now", params={"unit": desk}).json()

    assert made.status_code == 201
    assert answer["shift"] == made.json()["items"][0]
    assert answer["shift"]["next"]["duty_name"] == "后备"


def test_shifts_of_a_unit_do_not_overlap_but_may_meet(running: Running, desk: str) -> None:
    begin, client = clock.now(), keeper(running, desk)
    assert add(client, desk, shift(begin)).status_code == 201

    meeting = add(client, desk, shift(begin + 8 * HOUR))
    overlapping = add(client, desk, shift(begin + 20 * HOUR), shift(begin + 15 * HOUR))
    elsewhere = add(running.responder(district.ECOLOGY), district.ECOLOGY, shift(begin - timedelta(days=300)))

    assert meeting.status_code == 201
    assert told(overlapping) == (409, "shifts_overlap")
    assert elsewhere.status_code == 201
    listed = client.get(SHIFTS, params={"unit": desk, **span(begin, 100), "limit": 1}).json()
    rest = client.get(
        SHIFTS, params={"unit": desk, **span(begin, 100), "cursor": listed["next_cursor"]}
    ).json()
    assert len(listed["items"]) == len(rest["items"]) == 1


def test_a_shift_is_changed_and_dropped_and_leaves_a_gap(running: Running, desk: str) -> None:
    begin, client = clock.now(), keeper(running, desk)
    first, second = add(client, desk, shift(begin), shift(begin + 8 * HOUR)).json()["items"]

    shorter = client.put(f"{SHIFTS}/{first['shift_id']}", json=shift(begin, 6))
    into = client.put(f"{SHIFTS}/{first['shift_id']}", json=shift(begin, 9))
    dropped = client.delete(f"{SHIFTS}/{second['shift_id']}")
    gaps = client.get("/dispatch/duty/gaps", params={"unit": desk, **span(begin, 16)}).json()["items"]

    assert (shorter.status_code, shorter.json()["version"], dropped.status_code) == (200, 2, 204)
    assert told(into) == (409, "shifts_overlap")
    assert gaps == [span(begin + 6 * HOUR, 10)] or [
        (datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])) for one in gaps
    ] == [(begin + 6 * HOUR, begin + 16 * HOUR)]


@pytest.mark.parametrize(
    ("claims", "edits", "reads"),
    [
        ({"roles": ["responder"], "department": district.MARKET}, True, True),
        ({"roles": ["responder"], "department": district.URBAN}, False, False),
        ({"roles": ["admin"], "areas": [district.DISTRICT]}, True, True),
        ({"roles": ["admin"], "areas": [district.ELSEWHERE]}, False, True),
        ({"roles": ["caller"], "areas": [district.SUBDISTRICT]}, False, True),
        ({"roles": ["supervisor"], "areas": ["370103"]}, False, False),
    ],
)
def test_a_departments_roster_is_kept_by_it_and_read_where_it_serves(
    running: Running, claims: dict[str, Any], edits: bool, reads: bool
) -> None:
    client = running.api.client(**claims)
    begin = clock.now() + timedelta(days=30 + next(_numbers))

    read = client.get("/dispatch/duty/now", params={"unit": district.MARKET})

    assert add(client, district.MARKET, shift(begin)).status_code == (201 if edits else 404)
    assert read.status_code == (200 if reads else 404)


@pytest.mark.parametrize("unit", ["370102-circus", "370102007001", "98"])
def test_only_departments_subdistricts_and_districts_have_a_roster(running: Running, unit: str) -> None:
    admin = running.api.client(roles=["admin"], areas=["37", district.DISTRICT][1:])

    assert told(add(admin, unit, shift(clock.now()))) == (404, "not_found")


# --- passing on


class Hall(World):
    """A database of its own, whose rosters are written directly."""

    def on_duty(self, unit: str, first: str, following: str | None) -> None:
        with self.database.transaction() as tx:
            tx.execute(
                "INSERT INTO duty_shifts (shift_id, unit, area, starts_at, ends_at, first_person, first_name,"
                " first_phone, next_person, next_name, next_phone, made_by) VALUES (%(id)s, %(unit)s, '370102',"
                " now() - interval '1 hour', now() + interval '9 hours', %(first)s, '值班', '', %(next)s,"
                " %(name)s, '', %(id)s)",
                {
                    "id": ids.new(),
                    "unit": unit,
                    "first": first,
                    "next": following,
                    "name": "后备" if following else None,
                },
            )

    def tell(self) -> None:
        with self.database.transaction() as tx:
            while self.feed.worker.tell(tx):
                pass

    def pass_on(self) -> int:
        with self.database.transaction() as tx:
            moved: int = self.feed.worker.pass_on_tasks(tx)
            return moved

    def hurry(self) -> None:
        """The time to sign is over."""
        with self.database.transaction() as tx:
            tx.execute(
                "UPDATE task_duties SET pass_at = now() - interval '1 second' WHERE pass_at IS NOT NULL"
            )

    def asked(self) -> list[tuple[int, int, str | None]]:
        rows = self.rows("SELECT run, position, person_id FROM task_duties ORDER BY run, position")
        return [(row["run"], row["position"], row["person_id"] and str(row["person_id"])) for row in rows]


@pytest.fixture
def hall(world: World) -> Hall:
    world.give(*district.departments())
    return Hall(world.database, world.feed)


def test_a_task_nobody_signs_goes_down_the_line_once_per_position(hall: Hall) -> None:
    first, second = ids.new(), ids.new()
    hall.on_duty(district.MARKET, first, second)
    whistle = hall.whistle(district.MARKET)

    hall.tell()
    early = hall.pass_on()
    hall.hurry()
    hall.pass_on()
    hall.pass_on()
    hall.hurry()
    hall.pass_on()
    hall.hurry()

    assert early == 0
    assert hall.asked()[:2] == [(1, 1, first), (1, 2, second)]
    assert hall.events(whistle.order_id).count("task_passed_on") == 1


def test_a_task_nobody_is_left_to_sign_for_is_told_once_and_whoever_comes_later_is_asked(hall: Hall) -> None:
    first, later = ids.new(), ids.new()
    hall.on_duty(district.MARKET, first, None)
    whistle = hall.whistle(district.MARKET)
    hall.tell()
    hall.hurry()
    hall.pass_on()
    alone = hall.events(whistle.order_id).count("task_unanswered")
    with hall.database.transaction() as tx:
        tx.execute("UPDATE duty_shifts SET next_person = %s, next_name = '后备'", (later,))
    hall.hurry()
    hall.pass_on()
    hall.hurry()
    hall.pass_on()
    hall.hurry()

    assert hall.asked() == [(1, 1, first), (1, 2, None), (1, 3, later), (1, 4, None)]
    assert (alone, hall.events(whistle.order_id).count("task_unanswered")) == (1, 1)
    assert hall.pass_on() == 0


def test_a_signed_task_passes_on_no_more(hall: Hall) -> None:
    hall.on_duty(district.MARKET, ids.new(), ids.new())
    whistle = hall.whistle(district.MARKET)
    hall.tell()
    with hall.database.transaction() as tx:
        tx.execute("UPDATE tasks SET state = 'signed' WHERE order_id = %s", (whistle.order_id,))
    hall.hurry()

    hall.pass_on()

    assert len(hall.asked()) == 1
    assert hall.rows("SELECT FROM task_duties WHERE pass_at IS NOT NULL") == []


def test_a_task_sent_while_nobody_was_on_duty_is_put_to_whoever_comes(hall: Hall) -> None:
    hall.whistle(district.MARKET)
    hall.tell()
    person = ids.new()
    hall.on_duty(district.MARKET, person, None)
    hall.hurry()

    hall.pass_on()

    assert hall.asked() == [(1, 1, None), (1, 2, person)]


def test_two_workers_at_once_ask_each_position_once(hall: Hall) -> None:
    hall.on_duty(district.MARKET, ids.new(), ids.new())
    whistle = hall.whistle(district.MARKET)
    hall.tell()
    hall.hurry()
    other = db.Database(hall.database.url, service="dispatch", min_size=0, max_size=2)

    with hall.database.transaction() as one, other.transaction() as two:
        counts = [hall.feed.worker.pass_on_tasks(tx) for tx in (one, two)]
    other.close()

    assert counts == [1, 0]
    assert hall.events(whistle.order_id).count("task_passed_on") == 1


def test_the_line_is_asked_within_the_limit_to_sign(hall: Hall) -> None:
    hall.on_duty(district.MARKET, ids.new(), None)
    whistle = hall.whistle(district.MARKET, urgency="emergency")

    hall.tell()

    row = hall.rows("SELECT given_at, pass_at FROM task_duties")[0]
    limit = hall.clocks(whistle.case_id)[district.MARKET, "sign"]
    assert row["pass_at"] - row["given_at"] == (limit["due_at"] - limit["started_at"]) / 2
