"""Lists, tabs and counts say exactly what a look at every single matter says."""

from __future__ import annotations

import itertools
import random
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock, ids
from tests.bench.crowd import rows
from tests.bench.crowd.matters import Past
from tests.support.clients import Client

CITY = "3702"
DISTRICT, NEIGHBOUR = "370202", "370203"
SUBDISTRICT = "370202001"
GRIDS = [
    f"{subdistrict}{community:03}{grid:03}"
    for subdistrict in (SUBDISTRICT, "370202002", "370203001")
    for community in (1, 2)
    for grid in (1, 2)
]
LIVE = ("received", "triaged", "handling", "resolved", "checked", "called_back")
RUNNING = ("received", "triaged", "handling")
COUNT = 600
WORDS = ["路灯不亮", "油烟扰民", "井盖破损 ＡＢＣ", "下水道堵塞，积水", "100%的_噪音"]
CLASSED = {"mechanism": "general", "scope_class": "general"}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def crowd(world: Any) -> list[Row]:
    """Matters of two districts: of all states, with and without limits, some at the very same moment."""
    chance = random.Random(5)
    past = Past(
        seed=5,
        count=COUNT,
        first_number=900_000_000,
        grids=[(grid, 117.0, 36.6) for grid in GRIDS],
        matters=[
            {
                "code": code,
                "sla_class": "ordinary",
                "urgency": urgency,
                "mechanism": "general",
                "scope_class": "general",
            }
            for code, urgency in (("env.cooking_fumes", "ordinary"), ("city.damaged_road", "urgent"))
        ],
        until=time.time() - 60,
    )
    with world.database.transaction() as tx:
        for table, lines in rows.of_cases(past.told(), datetime.now(UTC)).items():
            if not table.startswith(("outbox", "orders", "tasks", "hearings", "holds", "answers")):
                with tx.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write("\n".join(lines) + "\n")
        found = tx.execute("SELECT case_id FROM cases WHERE area ^@ '3702' ORDER BY case_id").fetchall()
        for row in found:
            tx.execute(
                "UPDATE cases SET words = %s, level = %s, reported_at = date_trunc(%s, reported_at),"
                " due_at = date_trunc('hour', due_at) WHERE case_id = %s",
                (
                    chance.choice(WORDS),
                    chance.choice(["grid", "grid", "community"]),
                    chance.choice(["second", "month"]),
                    row["case_id"],
                ),
            )
        tx.execute(
            "UPDATE cases SET due_at = now() + interval '3 hours' WHERE area ^@ '3702' AND state = 'triaged'"
        )
        tx.execute("UPDATE cases SET stalled_as = 'no_progress' WHERE area ^@ '3702' AND state = 'resolved'")
    return world.rows("SELECT *, now() AS now FROM cases WHERE area ^@ '3702'")


def pages(client: Client, limit: int = 37, **query: Any) -> list[str]:
    """The whole list, page by page."""
    found: list[str] = []
    cursor = None
    for _ in range(COUNT):
        answer = client.get("/cases", params={"limit": limit, "cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["case_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("a list without end")


def tabs(client: Client, **query: Any) -> dict[str, int]:
    answer = client.get("/cases/tabs", params=query)
    assert answer.status_code == 200, answer.text
    return {tab["tab"]: tab["count"] for tab in answer.json()["tabs"]}


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


TABS: dict[str, Callable[[Row], bool]] = {
    "new": lambda row: row["state"] == "received" and row["hold"] is None,
    "handling": lambda row: row["state"] in ("triaged", "handling") and row["hold"] is None,
    "due_soon": lambda row: row["state"] in RUNNING and _due_in(row, timedelta(0), timedelta(hours=24)),
    "overdue": lambda row: row["state"] in RUNNING and _due_in(row, timedelta(days=-9999), timedelta(0)),
    "to_check": lambda row: row["state"] == "resolved",
    "to_call_back": lambda row: row["state"] == "checked",
    "on_hold": lambda row: row["state"] in LIVE and row["hold"] is not None,
    "stalled": lambda row: row["stalled_as"] is not None,
    "closed": lambda row: row["state"] == "closed",
}


def _due_in(row: Row, since: timedelta, until: timedelta) -> bool:
    return row["due_at"] is not None and since <= row["due_at"] - row["now"] < until


def sorted_as(found: list[Row], sort: str) -> list[str]:
    def by_time(row: Row) -> Any:
        return row["reported_at"], str(row["case_id"])

    ordered = sorted(found, key=by_time, reverse=sort != "oldest")
    if sort == "due":
        due = sorted(
            (row for row in found if row["due_at"]), key=lambda row: (row["due_at"], str(row["case_id"]))
        )
        ordered = due + [row for row in ordered if not row["due_at"]]
    return [str(row["case_id"]) for row in ordered]


SCOPES = {"city": [CITY], "district": [DISTRICT], "subdistrict": [SUBDISTRICT], "grids": [GRIDS[0], GRIDS[9]]}
FILTERS: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
    ({}, lambda row: True),
    ({"state": "closed"}, lambda row: row["state"] == "closed"),
    ({"state": "handling"}, lambda row: row["state"] == "handling"),
    ({"state": "declined", "channel": "patrol"},
     lambda row: (row["state"], row["channel"]) == ("declined", "patrol")),
    ({"category": "city.damaged_road"}, lambda row: row["category"] == "city.damaged_road"),
    ({"urgency": "urgent", "level": "community"},
     lambda row: (row["urgency"], row["level"]) == ("urgent", "community")),
    ({"hold": "listed"}, lambda row: row["hold"] == "listed"),
    ({"overdue": True}, TABS["overdue"]),
    ({"due_soon": True, "category": "env.cooking_fumes"},
     lambda row: TABS["due_soon"](row) and row["category"] == "env.cooking_fumes"),
    ({"stalled": True}, TABS["stalled"]),
    ({"text": "油烟"}, lambda row: "油烟" in plain(row["words"])),
    ({"text": "水", "tab": "closed"}, lambda row: "水" in plain(row["words"]) and row["state"] == "closed"),
    ({"text": "井盖，abc"}, lambda row: "abc" in plain(row["words"])),
    ({"text": "的 100"}, lambda row: "100" in plain(row["words"])),
    ({"text": "烟油"}, lambda row: False),
    *(({"tab": tab}, condition) for tab, condition in TABS.items()),
]  # fmt: skip


@pytest.mark.parametrize("sort", ["newest", "oldest", "due"])
@pytest.mark.parametrize("scope", SCOPES)
def test_a_list_sorted_across_pages_is_what_was_asked_and_nothing_else(
    world: Any, crowd: list[Row], scope: str, sort: str
) -> None:
    staff = world.api.client(roles=["supervisor"], areas=SCOPES[scope])
    seen = [row for row in crowd if row["area"].startswith(tuple(SCOPES[scope]))]

    for query, condition in FILTERS:
        expected = sorted_as([row for row in seen if condition(row)], sort)

        assert pages(staff, sort=sort, **query) == expected, query


def test_words_are_found_wherever_they_stand_in_a_long_list(
    world: Any, crowd: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frequent words are met on the way, rare ones are looked up: the answer is the same."""
    from services.cases.store import lists, selection
    from shared import auth

    staff = auth.Actor(person_id=ids.new(), roles=frozenset({auth.Role.SUPERVISOR}), areas=(DISTRICT,))
    found = []
    for looked_through in (1, 50, 3_000):
        monkeypatch.setattr(lists, "_MOST_LOOKED_THROUGH", looked_through)
        selected = selection.select(staff, {"text": "路灯"})
        with world.database.transaction(read_only=True) as tx:
            page = lists.page(tx, selected, sort="newest", after=None, most=20)
        found.append([str(row["case_id"]) for row in page])

    seen = [row for row in crowd if row["area"].startswith(DISTRICT) and "路灯" in row["words"]]
    assert found == [sorted_as(seen, "newest")[:20]] * 3


@pytest.mark.parametrize("scope", SCOPES)
def test_a_tab_counts_what_its_list_shows(world: Any, crowd: list[Row], scope: str) -> None:
    staff = world.api.client(roles=["supervisor"], areas=SCOPES[scope])

    for query in (
        {},
        {"category": "env.cooking_fumes"},
        {"text": "油烟"},
        {"channel": "patrol", "text": "水"},
    ):
        counted = tabs(staff, **query)

        assert counted == {tab: len(pages(staff, limit=200, tab=tab, **query)) for tab in TABS}, query


def test_a_list_counts_itself(world: Any, crowd: list[Row]) -> None:
    staff = world.api.client(roles=["supervisor"], areas=[DISTRICT])

    for query, condition in FILTERS:
        answer = staff.get("/cases", params={"limit": 1, "count": True, **query}).json()
        expected = sum(condition(row) for row in crowd if row["area"].startswith(DISTRICT))

        assert (answer["total"], answer["total_is_capped"]) == (expected, False), query
    assert staff.get("/cases", params={"limit": 1}).json().get("total") is None


def test_a_count_stops_at_its_cap(world: Any, crowd: list[Row]) -> None:
    from services.cases.store import lists, selection
    from shared import auth

    staff = auth.Actor(person_id=ids.new(), roles=frozenset({auth.Role.SUPERVISOR}), areas=(CITY,))
    with world.database.transaction(read_only=True) as tx:
        selected = selection.select(staff, {})

        assert lists.count(tx, selected, most=COUNT) == COUNT
        assert lists.count(tx, selected, most=COUNT - 1) == COUNT
        assert lists.count(tx, selected, most=10) == 11


def test_times_without_a_zone_are_beijing_times(world: Any, crowd: list[Row]) -> None:
    staff = world.api.client(roles=["supervisor"], areas=[CITY])
    moments = sorted(row["reported_at"] for row in crowd)
    since, until = moments[COUNT // 4], moments[COUNT // 2]
    expected = sorted_as([row for row in crowd if since <= row["reported_at"] < until], "newest")

    def local(moment: datetime) -> str:
        return moment.astimezone(clock.BEIJING).replace(tzinfo=None).isoformat()

    assert pages(staff, reported_from=since.isoformat(), reported_to=until.isoformat()) == expected
    assert pages(staff, reported_from=local(since), reported_to=local(until)) == expected


def test_handlers_and_numbers_are_found(world: Any, crowd: list[Row]) -> None:
    staff = world.api.client(roles=["supervisor"], areas=[CITY])
    one = next(row for row in crowd if row["first_handler_by"])
    of_handler = [row for row in crowd if row["first_handler_by"] == one["first_handler_by"]]

    assert pages(staff, handler=str(one["first_handler_by"])) == sorted_as(of_handler, "newest")
    assert pages(staff, number=one["number"]) == [str(one["case_id"])]
    elsewhere = world.api.client(roles=["supervisor"], areas=["3703"])
    assert pages(elsewhere, number=one["number"]) == []


def test_departments_and_reporters_narrow_their_own_lists(world: Any, crowd: list[Row]) -> None:
    department = "370102-ecology"
    responder = world.api.client(roles=["responder"], areas=["3701"], department=department)
    called = [row for row in crowd if department in row["departments"]]
    by_reporter = sorted(crowd, key=lambda row: str(row["reporter_id"]))
    me = next(row["reporter_id"] for row in by_reporter if row["reporter_id"])
    reporter = world.api.client(roles=["resident"], person_id=str(me))
    mine = [row for row in crowd if row["reporter_id"] == me]

    for query, condition in FILTERS:
        expected = sorted_as([row for row in called if condition(row)], "newest")
        assert pages(responder, area=CITY, **query) == expected, query
        assert pages(reporter, **query) == sorted_as([row for row in mine if condition(row)], "newest")
    assert tabs(reporter)["closed"] == sum(row["state"] == "closed" for row in mine)


@pytest.mark.parametrize(
    "cursor",
    ["AAAA", "WzAsImEiLCJiIl0", "WzEsIjIwMjYtMDEtMDFUMDA6MDA6MDBaIiwiYSJd", "W251bGwsbnVsbCxudWxsXQ"],
)
def test_a_made_up_cursor_is_refused(world: Any, cursor: str) -> None:
    for sort in ("newest", "due"):
        answer = world.supervisor.get("/cases", params={"cursor": cursor, "sort": sort})

        assert answer.status_code == 422, answer.text


def test_a_matter_is_found_by_its_words_as_soon_as_it_is_filed(world: Any) -> None:
    word = "".join(chr(0x4E00 + (uuid_digit * 631) % 20_000) for uuid_digit in ids.new().encode()[-6:])
    case = world.report(words=f"楼道里{word}没人管", address="文化东路 30 号")

    assert pages(world.supervisor, text=word) == [case["case_id"]]
    assert pages(world.supervisor, text=f"文化东路 {word[1:3]}")[:1] == [case["case_id"]]
    assert pages(world.elsewhere, text=word) == []


def test_text_of_nothing_but_punctuation_finds_nothing(world: Any) -> None:
    assert pages(world.supervisor, text="，。") == []
    assert set(tabs(world.supervisor, text="，。").values()) == {0}


def test_a_filter_that_is_not_one_is_refused(world: Any) -> None:
    for query in (
        {"tab": "mine"},
        {"sort": "best"},
        {"handler": "me"},
        {"text": ""},
        {"reported_from": "now"},
    ):
        answer = world.supervisor.get("/cases", params=query)

        assert answer.status_code == 422, query


def test_every_pair_of_filters_is_answered(world: Any) -> None:
    """No combination makes a statement the database cannot read."""
    values: dict[str, Any] = {
        "area": DISTRICT, "state": "closed", "tab": "overdue", "category": "env.noise", "channel": "patrol",
        "urgency": "urgent", "level": "grid", "hold": "listed", "handler": ids.new(), "number": "1", "text": "油烟",
        "reported_from": "2026-01-01T00:00:00+08:00", "reported_to": "2026-01-01T00:00:00", "overdue": True,
        "due_soon": True, "stalled": True, "mine": True,
    }  # fmt: skip
    for one, other in itertools.combinations(values, 2):
        query = {one: values[one], other: values[other]}
        answer = world.supervisor.get("/cases", params={**query, "sort": "due", "count": True})
        assert answer.status_code == 200, (query, answer.text)
