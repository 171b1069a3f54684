"""The notice board through the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import district

COMMUNITY = "370102007003"
WORDS = "社区已会同市场监管所检查沿街餐饮，净化设施正在更换。"


def written(world: Any, **changes: Any) -> dict[str, Any]:
    answer = world.officer.post(
        "/cases/notices", json={"area": COMMUNITY, "title": "餐饮油烟整治", "words": WORDS, **changes}
    )
    assert answer.status_code == 201, answer.text
    notice: dict[str, Any] = answer.json()
    return notice


def published(world: Any, **changes: Any) -> str:
    notice_id: str = written(world, **changes)["notice_id"]
    assert world.officer.post(f"/cases/notices/{notice_id}/publish").status_code == 200
    return notice_id


def board(world: Any, area: str, **query: Any) -> dict[str, dict[str, Any]]:
    answer = world.api.stranger().get("/cases/notices", params={"area": area, "limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return {item["notice_id"]: item for item in answer.json()["items"]}


def test_everybody_reads_the_board_of_their_area_and_nobody_a_draft(world: Any) -> None:
    draft, shown = written(world)["notice_id"], published(world)
    stranger = world.api.stranger()

    for area in (district.GRID, COMMUNITY, district.DISTRICT):
        assert shown in board(world, area)
        assert draft not in board(world, area)
    assert shown not in board(world, district.GRID_ELSEWHERE)
    assert stranger.get(f"/cases/notices/{draft}").status_code == 404
    assert stranger.get(f"/cases/notices/{shown}").status_code == 200
    assert world.officer.get(f"/cases/notices/{draft}").status_code == 200


def test_a_notice_shows_its_progress_and_of_its_matter_only_the_state(world: Any) -> None:
    case_id = world.report()["case_id"]
    shown = published(world, case_id=case_id)
    world.officer.post(f"/cases/notices/{shown}/progress", json={"words": "已更换八成"})
    world.step(world.worker, case_id, "triage")

    notice = board(world, COMMUNITY)[shown]

    assert (notice["case_state"], [one["words"] for one in notice["progress"]]) == ("triaged", ["已更换八成"])
    assert case_id not in str(notice)
    assert "written_by" not in notice


@pytest.mark.parametrize("step", ["write", "edit", "progress"])
def test_neither_personal_data_nor_the_reporters_words_get_there(world: Any, step: str) -> None:
    case = world.report(words="楼下饭店油烟直排，孩子一直咳嗽不停")
    bad = {"personal_data": "请找张女士", "reporters_words": "有人说楼下饭店油烟直排，孩子一直咳嗽"}
    for code, words in bad.items():
        body = {"title": "油烟", "words": words}
        if step == "write":
            answer = world.officer.post(
                "/cases/notices", json={**body, "area": COMMUNITY, "case_id": case["case_id"]}
            )
        elif step == "edit":
            notice = written(world, case_id=case["case_id"])
            answer = world.officer.put(
                f"/cases/notices/{notice['notice_id']}", json=body, headers={"If-Match": '"1"'}
            )
        else:
            shown = published(world, case_id=case["case_id"])
            answer = world.officer.post(f"/cases/notices/{shown}/progress", json={"words": words})

        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_notice_taken_down_is_read_among_those_that_ended(world: Any) -> None:
    shown = published(world)
    world.officer.post(f"/cases/notices/{shown}/end")

    again = world.officer.post(f"/cases/notices/{shown}/end")

    assert shown not in board(world, COMMUNITY)
    assert shown in board(world, COMMUNITY, ended=True)
    assert again.json()["code"] == "notice_over"
    rows = world.rows("SELECT type FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=shown)
    assert [row["type"].split(".")[2] for row in rows] == ["notice_published", "notice_ended"]


def test_officers_write_in_their_own_areas_only(world: Any) -> None:
    body = {"area": district.ELSEWHERE, "title": "通知", "words": WORDS}
    notice_id = written(world)["notice_id"]
    other = world.api.client(roles=["community_officer"], areas=[district.ELSEWHERE])

    assert world.officer.post("/cases/notices", json=body).status_code == 404
    assert other.post(f"/cases/notices/{notice_id}/publish").status_code == 404
    assert world.worker.post("/cases/notices", json={**body, "area": district.GRID}).status_code == 403
    mine = world.officer.get("/cases/notices/own", params={"state": "draft", "limit": 200}).json()["items"]
    assert notice_id in [item["notice_id"] for item in mine]


def test_what_slipped_through_is_taken_from_everybodys_sight(world: Any) -> None:
    shown = published(world)
    stranger = world.api.stranger()

    ended = world.officer.post(f"/cases/notices/{shown}/end")
    assert shown in board(world, COMMUNITY, ended=True)
    hidden = world.officer.post(f"/cases/notices/{shown}/end", json={"hide": True})

    assert (ended.json()["is_hidden"], hidden.json()["is_hidden"]) == (False, True)
    assert shown not in board(world, COMMUNITY, ended=True)
    assert stranger.get(f"/cases/notices/{shown}").status_code == 404
    assert world.officer.get(f"/cases/notices/{shown}").status_code == 200


def test_a_refusal_says_what_seems_to_be_in_the_words(world: Any) -> None:
    answer = world.officer.post(
        "/cases/notices", json={"area": COMMUNITY, "title": "通知", "words": "请致电 １３８ 1234 5678"}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "personal_data")
    assert "a mobile number" in answer.json()["detail"]
