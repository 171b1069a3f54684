"""The same request sent again: one matter, one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared import ids
from tests.support import district


def report(**changes: Any) -> dict[str, Any]:
    return {"words": "油烟直排", "place": district.IN_GRID, "category": "env.cooking_fumes", **changes}


def count(world: Any, words: str) -> int:
    (row,) = world.rows("SELECT count(*) AS n FROM cases WHERE words = %(w)s", w=words)
    number: int = row["n"]
    return number


def test_fifty_parallel_posts_with_one_key_file_one_matter(world: Any) -> None:
    words, key = f"同一件事 {ids.new()}", ids.new()
    token = world.api.token()
    headers = {"Idempotency-Key": key, "Authorization": f"Bearer {token}"}

    def post(_: int) -> Any:
        return world.api.stranger().post("/cases", json=report(words=words), headers=headers)

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(post, range(50)))

    statuses = {answer.status_code for answer in answers}
    filed = {answer.json()["case_id"] for answer in answers if answer.status_code == 201}
    in_flight = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert statuses <= {201, 409}
    assert len(filed) == 1
    assert in_flight <= {"request_in_flight"}
    assert count(world, words) == 1


def test_a_replayed_answer_is_the_first_one_with_its_headers(world: Any) -> None:
    headers = {"Idempotency-Key": ids.new()}

    first = world.resident.post("/cases", json=report(), headers=headers)
    again = world.resident.post("/cases", json=report(), headers=headers)

    assert (again.status_code, again.content) == (201, first.content)
    assert {name: again.headers[name] for name in ("ETag", "Location", "Content-Type")} == {
        name: first.headers[name] for name in ("ETag", "Location", "Content-Type")
    }
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_a_key_used_for_another_body_is_refused(world: Any) -> None:
    headers = {"Idempotency-Key": ids.new()}
    world.resident.post("/cases", json=report(), headers=headers)

    other = world.resident.post("/cases", json=report(words="另一件事"), headers=headers)

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_key_is_its_owners_and_its_routes(world: Any) -> None:
    headers = {"Idempotency-Key": ids.new()}
    mine = world.resident.post("/cases", json=report(), headers=headers).json()["case_id"]

    others = world.api.client(roles=["resident"]).post("/cases", json=report(), headers=headers)
    elsewhere = world.resident.post(f"/cases/{mine}/withdraw", json={"words": "好了"}, headers=headers)

    assert others.status_code == 201
    assert others.json()["case_id"] != mine
    assert elsewhere.status_code == 200


def test_a_step_retried_with_its_key_and_etag_is_replayed_and_not_stale(world: Any) -> None:
    case = world.report()
    headers = {"Idempotency-Key": ids.new(), "If-Match": '"1"'}

    first = world.worker.post(f"/cases/{case['case_id']}/take", headers=headers)
    again = world.worker.post(f"/cases/{case['case_id']}/take", headers=headers)
    based_on_later = world.worker.post(
        f"/cases/{case['case_id']}/take", headers={**headers, "If-Match": '"2"'}
    )

    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert based_on_later.json()["code"] == "key_reused"
    assert world.actions(case["case_id"]) == ["reported", "taken"]


def test_a_refused_request_leaves_its_key_free(world: Any) -> None:
    headers = {"Idempotency-Key": ids.new()}

    refused = world.resident.post("/cases", json=report(category="env.ghosts"), headers=headers)
    mended = world.resident.post("/cases", json=report(), headers=headers)

    assert (refused.status_code, mended.status_code) == (422, 201)


def test_a_key_that_is_no_key_is_malformed(world: Any) -> None:
    answer = world.resident.post("/cases", json=report(), headers={"Idempotency-Key": "k" * 201})

    assert answer.status_code == 400


def test_a_report_retried_with_its_own_id_is_one_matter(world: Any) -> None:
    words, case_id = f"离线上报 {ids.new()}", ids.new()

    first = world.resident.post("/cases", json=report(words=words, case_id=case_id))
    again = world.resident.post("/cases", json=report(words=words, case_id=case_id))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["case_id"] == again.json()["case_id"] == case_id
    assert again.headers["Location"] == first.headers["Location"]
    assert count(world, words) == 1
    assert world.events(case_id) == ["case_reported"]


def test_reports_with_one_id_at_once_are_one_matter(world: Any) -> None:
    words, case_id = f"离线上报 {ids.new()}", ids.new()
    authorization = {"Authorization": f"Bearer {world.api.token()}"}

    def post(_: int) -> Any:
        return world.api.stranger().post(
            "/cases", json=report(words=words, case_id=case_id), headers=authorization
        )

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({(answer.headers["Location"], answer.headers["ETag"]) for answer in answers}) == 1
    assert count(world, words) == 1
    assert world.events(case_id) == ["case_reported"]


def test_staff_who_retry_a_report_for_another_area_get_its_matter(world: Any) -> None:
    body = report(case_id=ids.new(), place=district.IN_GRID_ELSEWHERE)

    answers = [world.worker.post("/cases", json=body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_an_id_somebody_else_used_is_taken(world: Any) -> None:
    case_id = world.report()["case_id"]

    answer = world.api.client(roles=["resident"]).post("/cases", json=report(case_id=case_id))

    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


def test_whoever_lost_their_rights_is_not_shown_the_kept_answer(world: Any) -> None:
    case = world.report()
    headers = {"Idempotency-Key": ids.new()}
    moved = ids.new()
    here = world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=moved)
    elsewhere = world.api.client(roles=["grid_worker"], areas=["370102008"], person_id=moved)

    first = here.post(f"/cases/{case['case_id']}/take", headers=headers)
    same_rights = here.post(f"/cases/{case['case_id']}/take", headers=headers)
    other_rights = elsewhere.post(f"/cases/{case['case_id']}/take", headers=headers)

    assert (first.status_code, same_rights.content) == (200, first.content)
    assert (other_rights.status_code, other_rights.json()["code"]) == (422, "key_reused")
