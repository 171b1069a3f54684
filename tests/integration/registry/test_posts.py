"""Posts over HTTP: who may hold what, who sees what, and what is announced."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from tests.integration.registry.conftest import Town


@pytest.fixture
def settled(town: Town) -> Town:
    return town.settled()


def open_post(town: Town, area: str, kind: str, **fields: Any) -> dict[str, Any]:
    body = {"area": area, "kind": kind, "duty_name": "值班员", "duty_phone": "0531-00000001"} | fields
    made = town.admin.post("/registry/posts", json=body)
    assert made.status_code == 201, made.text
    post: dict[str, Any] = made.json()
    return post


def assign(town: Town, post: dict[str, Any], person: dict[str, Any], **fields: Any) -> requests.Response:
    return town.admin.post(
        f"/registry/posts/{post['id']}/assign",
        json={"person_id": person["id"]} | fields,
        headers={"If-Match": f'"{post["version"]}"'},
    )


def department(town: Town) -> str:
    made = town.admin.post(
        "/registry/departments", json={"area": town.district, "kind": "ecology", "name": "生态环境分局"}
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_assigning_a_post_publishes_its_duty_contact(settled: Town) -> None:
    grid = f"{settled.communities[0]}001"
    post, person = open_post(settled, grid, "lead"), settled.person()

    taken = assign(settled, post, person, duty_name="王五")

    assert taken.status_code == 200, taken.text
    assert taken.json()["label"] == "网格长"
    (event,) = settled.events("post_assigned")
    assert event["person_id"] == person["id"]
    assert (event["area"], event["kind"]) == (grid, "lead")
    assert (event["duty_name"], event["duty_phone"]) == ("王五", "0531-00000001")
    asked = settled.api.stranger().get("/registry/where", params=settled.place(0.25, 0.75)).json()
    assert [contact["duty_name"] for contact in asked["contacts"]] == ["王五"]
    assert person["id"] not in str(asked)


def test_base_force_holds_one_grid_each(settled: Town) -> None:
    person = settled.person()
    north = settled.communities[0]
    first = assign(settled, open_post(settled, f"{north}001", "full_time_worker"), person)
    assert first.status_code == 200

    refused = assign(settled, open_post(settled, f"{north}002", "lead"), person)

    assert refused.status_code == 409
    assert refused.json()["code"] == "one_grid_each"
    same_grid = assign(settled, open_post(settled, f"{north}001", "lead"), person)
    assert same_grid.status_code == 200


def test_a_professional_holds_several_grids(settled: Town) -> None:
    person, called = settled.person(), department(settled)
    for grid in ("001", "002"):
        area = f"{settled.communities[0]}{grid}"
        post = open_post(settled, area, "department_worker", department_id=called)
        assert assign(settled, post, person).status_code == 200

    held = settled.admin.get(f"/registry/people/{person['id']}/posts").json()["items"]

    assert len(held) == 2
    assert {event["department_id"] for event in settled.events("post_assigned")} == {called}


def test_of_somebodys_posts_staff_see_those_of_their_own_area(settled: Town) -> None:
    north, south = settled.communities
    person, called = settled.person(area=f"{north}001"), department(settled)
    posts = {}
    for area in (f"{north}001", f"{south}001"):
        posts[area] = open_post(settled, area, "department_worker", department_id=called)
        assert assign(settled, posts[area], person).status_code == 200
    path = f"/registry/people/{person['id']}/posts"

    neighbour = settled.client("grid_lead", inside=north).get(path).json()["items"]
    own = settled.client("grid_worker", inside=north, person_id=person["id"]).get(path).json()["items"]

    assert [post["area"] for post in neighbour] == [f"{north}001"]
    assert {post["area"] for post in own} == set(posts)


def test_many_neighbours_share_a_grid_and_are_not_published(settled: Town) -> None:
    grid = f"{settled.communities[0]}001"
    for _ in range(3):
        post = open_post(settled, grid, "part_time_worker", duty_name="楼长")
        assert assign(settled, post, settled.person()).status_code == 200

    asked = settled.api.stranger().get("/registry/where", params=settled.place(0.25, 0.75)).json()

    assert asked["contacts"] == []


def test_a_grid_has_one_lead_and_at_most_two_full_time_workers(settled: Town) -> None:
    grid = f"{settled.communities[0]}001"
    open_post(settled, grid, "lead")
    assert [open_post(settled, grid, "full_time_worker")["seat"] for _ in range(2)] == [1, 2]
    body = {"area": grid, "duty_name": "值班员", "duty_phone": "0531-00000001"}

    for kind in ("lead", "full_time_worker"):
        refused = settled.admin.post("/registry/posts", json=body | {"kind": kind})
        assert refused.status_code == 409
        assert refused.json()["code"] == "seats_taken"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "lead", "area": "community"}, "/area"),
        ({"kind": "department_worker"}, "/department_id"),
        ({"kind": "professional"}, "/profession"),
        ({"kind": "lead", "profession": "counselling"}, "/profession"),
    ],
)
def test_a_post_is_what_its_kind_asks_for(settled: Town, fields: dict[str, str], pointer: str) -> None:
    north = settled.communities[0]
    area = north if fields.get("area") == "community" else f"{north}001"
    body = {"duty_name": "值班员", "duty_phone": "0531-00000001"} | fields | {"area": area}

    refused = settled.admin.post("/registry/posts", json=body)

    assert refused.status_code == 422
    assert refused.json()["code"] == "post_misplaced"
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_a_held_post_is_vacated_before_another_takes_it(settled: Town) -> None:
    post = open_post(settled, f"{settled.communities[0]}001", "lead")
    first, second = settled.person(), settled.person()
    taken = assign(settled, post, first).json()

    assert assign(settled, taken, second).json()["code"] == "post_held"
    left = settled.admin.post(
        f"/registry/posts/{post['id']}/vacate",
        json={"reason": "调任"},
        headers={"If-Match": f'"{taken["version"]}"'},
    )
    assert left.status_code == 200
    assert assign(settled, left.json(), second).status_code == 200

    tenures = settled.admin.get(f"/registry/posts/{post['id']}/tenures").json()["items"]
    assert [tenure["person_id"] for tenure in tenures] == [second["id"], first["id"]]
    assert tenures[1]["reason"] == "调任"
    assert [event["person_id"] for event in settled.events("post_vacated")] == [first["id"]]


def test_two_posts_given_to_one_person_at_once_leave_one_grid_each(settled: Town) -> None:
    person = settled.person()
    north = settled.communities[0]
    vacant = [open_post(settled, f"{north}{number}", "lead") for number in ("001", "002")]
    answers: list[int] = []
    start = threading.Barrier(2)

    def take(post: dict[str, Any]) -> None:
        caller = settled.client("admin")
        start.wait()
        answer = caller.post(
            f"/registry/posts/{post['id']}/assign",
            json={"person_id": person["id"]},
            headers={"If-Match": '"1"'},
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=take, args=[post]) for post in vacant]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409]
    assert len(settled.events("post_assigned")) == 1


def test_posts_are_seen_and_changed_inside_the_callers_area_only(settled: Town) -> None:
    post = open_post(settled, f"{settled.communities[0]}001", "lead")
    south = settled.client("grid_worker", inside=settled.communities[1])
    foreign_admin = settled.client("admin", inside=settled.communities[1])

    assert south.get(f"/registry/posts/{post['id']}").status_code == 404
    assert south.get("/registry/posts").json()["items"] == []
    assert settled.client("resident").get("/registry/posts").status_code == 403
    refused = foreign_admin.post(
        f"/registry/posts/{post['id']}/close", headers={"If-Match": f'"{post["version"]}"'}
    )
    assert refused.status_code == 404
    elsewhere = foreign_admin.post(
        "/registry/posts",
        json={
            "area": f"{settled.communities[0]}001",
            "kind": "lead",
            "duty_name": "甲",
            "duty_phone": "0531-00000001",
        },
    )
    assert elsewhere.status_code == 404


def test_posts_are_paged_by_area_without_loss_or_repetition(settled: Town) -> None:
    made = {
        open_post(settled, f"{settled.communities[n % 2]}001", "part_time_worker")["id"] for n in range(7)
    }
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(10):
        parameters: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = settled.admin.get("/registry/posts", params=parameters).json()
        seen += [post["id"] for post in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == 7
    assert set(seen) == made


def test_a_department_and_its_responders(settled: Town) -> None:
    called, person = department(settled), settled.person()
    path = f"/registry/departments/{called}"

    assert settled.admin.put(f"{path}/responders/{person['id']}").status_code == 204
    listed = settled.client("responder").get(f"{path}/responders").json()["items"]
    assert [one["person_id"] for one in listed] == [person["id"]]
    closed = settled.admin.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    assert closed.json()["active"] is False
    refused = settled.admin.patch(path, json={"name": "又名"}, headers={"If-Match": '"2"'})
    assert refused.json()["code"] == "department_closed"
    assert [event["active"] for event in settled.events("department_changed")] == [True, False]
    assert (
        settled.api.client(roles=["admin"], areas=["370102"])
        .patch(path, json={"name": "外人"}, headers={"If-Match": '"2"'})
        .status_code
        == 404
    )
