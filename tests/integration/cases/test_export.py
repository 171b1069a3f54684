"""A file holds exactly the list, and nothing of anybody else's."""

from __future__ import annotations

import csv
import io
import threading
from typing import Any

import openpyxl
import pytest

from shared import ids, tables
from tests.support import district
from tests.support.clients import Client

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(client: Client, **query: Any) -> list[dict[str, str]]:
    answer = client.get("/cases/export", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def listed(client: Client, **query: Any) -> list[str]:
    numbers: list[str] = []
    cursor = None
    while True:
        page = client.get("/cases", params={"limit": 200, "cursor": cursor, **query}).json()
        numbers += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return numbers


@pytest.fixture(scope="module")
def mark(world: Any) -> str:
    """A word no other matter holds, of matters in the grid, the next one and elsewhere."""
    mark = f"标记{ids.new()[-8:]}"
    for number, place in enumerate((district.IN_GRID, district.IN_NEXT_GRID, district.IN_GRID_ELSEWHERE) * 2):
        world.report(words=f"第 {number} 件 {mark}", place=place)
    return mark


def test_a_file_holds_exactly_the_list_in_its_order(world: Any, mark: str) -> None:
    callers = {
        "district": world.supervisor,
        "subdistrict": world.caller,
        "grid": world.worker,
        "elsewhere": world.elsewhere,
    }

    held = {name: [row["编号"] for row in exported(one, text=mark)] for name, one in callers.items()}

    assert held == {name: listed(one, text=mark) for name, one in callers.items()}
    assert {name: len(numbers) for name, numbers in held.items()} == {
        "district": 6, "subdistrict": 4, "grid": 2, "elsewhere": 2,
    }  # fmt: skip
    assert not set(held["subdistrict"]) & set(held["elsewhere"])


@pytest.mark.parametrize("sort", ["newest", "oldest", "due"])
def test_without_any_filter_too_and_sorted_alike(world: Any, mark: str, sort: str) -> None:
    for client in (world.worker, world.elsewhere):
        assert [row["编号"] for row in exported(client, sort=sort)] == listed(client, sort=sort)


def test_a_neighbours_area_gives_an_empty_file(world: Any, mark: str) -> None:
    assert exported(world.elsewhere, area=district.GRID) == []
    assert exported(world.worker, area=district.NEXT_GRID, text=mark) == []


def test_departments_take_what_they_were_called_to(world: Any) -> None:
    mine = world.report()
    world.whistle(mine["case_id"], district.HEALTH)
    world.report()
    department = world.responder(district.HEALTH)

    rows = exported(department)

    assert [row["编号"] for row in rows] == listed(department)
    assert mine["number"] in [row["编号"] for row in rows]


def test_people_read_names_and_beijing_times_and_no_reporter(world: Any) -> None:
    me = ids.new()
    reporter = world.api.client(roles=["resident"], person_id=me)
    case = world.report(reporter, is_confidential=True, words='=HYPERLINK("http://x")')
    world.whistle(case["case_id"], district.MARKET)

    answer = world.supervisor.get("/cases/export", params={"number": case["number"]})
    row = exported(world.supervisor, number=case["number"])[0]

    assert me not in answer.content.decode()
    assert row["内容"] == '\'=HYPERLINK("http://x")'
    assert (row["状态"], row["渠道"], row["紧急程度"]) == ("办理中", "居民上报", "一般")
    assert row["网格编码"] == district.GRID
    assert row["网格"] == case["grid_name"]
    assert row["事项"] == case["category_name"]
    assert (
        row["上报时间"][:10]
        == case["number"][6:10] + "-" + case["number"][10:12] + "-" + case["number"][12:14]
    )


def test_a_workbook_holds_the_same_rows(world: Any, mark: str) -> None:
    answer = world.supervisor.get("/cases/export", params={"text": mark, "format": "xlsx"})
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]

    assert answer.headers["Content-Type"] == XLSX
    assert "filename*=UTF-8''%E4%BA%8B%E9%A1%B9-" in answer.headers["Content-Disposition"]
    assert rows[0] == list(exported(world.supervisor, text=mark)[0])
    assert [row[0] for row in rows[1:]] == listed(world.supervisor, text=mark)


def test_a_list_too_long_for_a_file_is_refused_before_it_is_read(
    world: Any, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from services.cases.api import Api
    from shared import auth

    monkeypatch.setattr(tables, "MOST_ROWS", 5)
    staff = auth.Actor(
        person_id=ids.new(), roles=frozenset({auth.Role.SUPERVISOR}), areas=(district.DISTRICT,)
    )
    query = {"text": mark, "format": "csv", "sort": "newest"}
    with world.database.transaction(read_only=True) as tx, pytest.raises(tables.TooManyRows):
        Api.export_cases.__wrapped__(Api(), tx, SimpleNamespace(actor=staff, query=query))


def test_residents_take_no_files(world: Any) -> None:
    assert world.resident.get("/cases/export").status_code == 403


def test_many_files_at_once_leave_the_service_answering(world: Any, mark: str) -> None:
    """More readers than connections to the database; none of them holds one while it reads."""
    answers: list[Any] = []

    def begin() -> None:
        caller = world.api.client(roles=["supervisor"], areas=[district.DISTRICT])
        answers.append(caller.get("/cases/export", stream=True))

    threads = [threading.Thread(target=begin) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Not one of them has been read, and others are answered.
    assert world.supervisor.get("/cases", params={"limit": 1}).status_code == 200
    assert {answer.status_code for answer in answers} == {200}
    assert len({len(answer.content) for answer in answers}) == 1
