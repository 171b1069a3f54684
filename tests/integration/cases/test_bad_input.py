"""Whatever is wrong with a request, its answer is the problem document that says so, and nothing is changed."""

from __future__ import annotations

import json
import socket
import urllib.parse
from typing import Any

import pytest

from shared import auth, ids
from tests.support import district
from tests.support.identities import ISSUER

MEDIA_TYPE = "application/problem+json"


def told(answer: Any) -> tuple[int, str]:
    """Status and code of a problem document, after checking that it is one."""
    assert answer.headers["Content-Type"] == MEDIA_TYPE, answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:yiwang:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    return answer.status_code, problem["code"]


def pointers(answer: Any) -> list[tuple[str, str]]:
    return [(wrong["pointer"], wrong["code"]) for wrong in answer.json()["errors"]]


def report(**changes: Any) -> dict[str, Any]:
    return {"words": "油烟直排", "place": district.IN_GRID, "category": "env.cooking_fumes", **changes}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"colour": "red"}, [("/colour", "unknown")]),
        ({"place": {**district.IN_GRID, "altitude": 3}}, [("/place/altitude", "unknown")]),
        ({"words": 7}, [("/words", "invalid")]),
        ({"words": ""}, [("/words", "invalid")]),
        ({"words": "x" * 4001}, [("/words", "invalid")]),
        ({"words": None}, [("/words", "invalid")]),
        ({"place": "here"}, [("/place", "invalid")]),
        ({"place": {"longitude": "117.0", "latitude": 36.6}}, [("/place/longitude", "invalid")]),
        ({"place": {"longitude": 181, "latitude": 36.6}}, [("/place/longitude", "invalid")]),
        ({"is_confidential": "no"}, [("/is_confidential", "invalid")]),
        ({"channel": "telegraph"}, [("/channel", "invalid")]),
        ({"urgency": ["urgent"]}, [("/urgency", "invalid")]),
        ({"case_id": "7"}, [("/case_id", "invalid")]),
    ],
)
def test_each_wrong_field_is_named(world: Any, changes: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    answer = world.resident.post("/cases", json=report(**changes))

    assert told(answer) == (422, "invalid")
    assert pointers(answer) == wrong


def test_every_missing_field_is_named_at_once(world: Any) -> None:
    answer = world.resident.post("/cases", json={})

    assert told(answer) == (422, "invalid")
    assert pointers(answer) == [("/words", "missing"), ("/place", "missing"), ("/category", "missing")]


def test_a_point_outside_every_grid_is_refused(world: Any) -> None:
    answer = world.resident.post("/cases", json=report(place=district.NOWHERE))

    assert told(answer) == (422, "outside_every_grid")
    assert answer.json()["arguments"] == district.NOWHERE


def test_a_category_the_catalogue_does_not_have_is_refused(world: Any) -> None:
    assert told(world.resident.post("/cases", json=report(category="env.ghosts"))) == (
        422,
        "unknown_category",
    )


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[]", b'"words"', b'{"words": "\xed\xa0\x80"}', b"\xff\xfe{\x00"]
)
def test_broken_json_is_malformed(world: Any, body: bytes) -> None:
    answer = world.resident.post("/cases", data=body, headers={"Content-Type": "application/json"})

    assert told(answer)[0] == (422 if not body else 400)


def test_text_the_database_cannot_store_is_invalid(world: Any) -> None:
    body = json.dumps(report(words="\x00"))

    answer = world.resident.post("/cases", data=body, headers={"Content-Type": "application/json"})

    assert told(answer) == (422, "bad_text")


def test_another_media_type_is_unsupported(world: Any) -> None:
    assert told(world.resident.post("/cases", data={"words": "x"})) == (415, "unsupported")


def test_a_body_over_the_limit_is_refused_before_it_is_read(world: Any) -> None:
    limit = 1_048_576
    headers = {"Content-Type": "application/json"}

    over = world.resident.post("/cases", data=b" " * (limit + 1), headers=headers)
    at_limit = world.resident.post("/cases", data=b" " * limit, headers=headers)

    assert told(over) == (413, "too_large")
    assert told(at_limit)[0] == 400


def test_a_body_sent_in_chunks_is_read_up_to_the_limit_too(world: Any) -> None:
    def chunks(of: bytes, times: int) -> Any:
        yield from (of for _ in range(times))

    headers = {"Content-Type": "application/json"}
    good = world.resident.post("/cases", data=chunks(json.dumps(report()).encode(), 1), headers=headers)
    over = world.resident.post("/cases", data=chunks(b" " * 65536, 17), headers=headers)

    assert good.status_code == 201, good.text
    assert told(over) == (413, "too_large")


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_trace(world: Any) -> None:
    url = urllib.parse.urlsplit(world.api.url)
    before = world.rows("SELECT count(*) AS n FROM cases")
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(
            b"POST /cases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
            + f"Authorization: Bearer {world.api.token()}\r\n\r\n{{".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 400")
    assert world.rows("SELECT count(*) AS n FROM cases") == before


# --- who asks


def test_no_token_an_expired_one_and_a_forged_one_are_told_apart(world: Any) -> None:
    described = {"sub": ids.new(), "roles": ["resident"]}
    forged = auth.mint(auth.SigningKey.generate(), described, issuer=ISSUER)
    tokens = {
        "expired": world.api.token(life_seconds=-60),
        "forged": forged,
        "foreign": world.api.token(iss="https://elsewhere.test"),
        "other audience": world.api.token(aud="elsewhere"),
        "unreadable": "abc",
    }

    codes = {
        name: told(world.api.stranger().get("/cases", headers={"Authorization": f"Bearer {token}"}))
        for name, token in tokens.items()
    }

    assert codes == {
        "expired": (401, "token_expired"),
        "forged": (401, "token_forged"),
        "foreign": (401, "token_foreign"),
        "other audience": (401, "token_foreign"),
        "unreadable": (401, "token_malformed"),
    }
    without = world.api.stranger().get("/cases")
    assert told(without) == (401, "token_missing")
    assert without.headers["WWW-Authenticate"] == "Bearer"


# --- what is asked of a matter


def test_a_state_that_does_not_allow_the_step_is_a_conflict_and_says_what_would(world: Any) -> None:
    case_id = world.report()["case_id"]

    answer = world.worker.post(f"/cases/{case_id}/check", json={"passed": True})

    assert told(answer) == (409, "not_in_this_state")
    assert answer.json()["arguments"] == {"state": "received", "allowed": ["resolved"]}
    assert world.events(case_id) == ["case_reported"]


def test_a_stale_version_changes_nothing(world: Any) -> None:
    case_id = world.report()["case_id"]
    read = world.worker.get(f"/cases/{case_id}")
    world.step(world.lead, case_id, "take")

    stale = world.worker.post(f"/cases/{case_id}/take", headers={"If-Match": read.headers["ETag"]})
    fresh = world.worker.post(f"/cases/{case_id}/take", headers={"If-Match": 'W/"2"'})

    assert told(stale) == (412, "stale")
    assert stale.json()["arguments"] == {"version": 2}
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"3"')


def test_an_if_match_that_is_no_etag_is_malformed(world: Any) -> None:
    case_id = world.report()["case_id"]

    answer = world.worker.post(f"/cases/{case_id}/take", headers={"If-Match": "2"})

    assert told(answer) == (400, "malformed")


@pytest.mark.parametrize(
    ("departments", "expected"),
    [
        (["370102-circus"], (422, "unknown_department")),
        (["370103-health"], (422, "unknown_department")),
        ([district.MARKET, district.MARKET], (422, "invalid")),
        ([], (422, "invalid")),
        ([district.MARKET] * 21, (422, "invalid")),
    ],
)
def test_only_departments_that_serve_the_area_are_whistled(
    world: Any, departments: list[str], expected: tuple[int, str]
) -> None:
    case_id = world.report()["case_id"]

    answer = world.worker.post(
        f"/cases/{case_id}/whistle", json={"kind": "grid_calls_offices", "departments": departments}
    )

    assert told(answer) == expected
    assert world.events(case_id) == ["case_reported"]


@pytest.mark.parametrize(
    "answers",
    [
        {"reached": True},
        {"reached": True, "settled": True},
        {"reached": True, "satisfaction": "satisfied"},
        {"reached": False, "met": False},
        {"reached": False, "settled": True, "satisfaction": "satisfied"},
        {"settled": True, "satisfaction": "satisfied"},
    ],
)
def test_a_call_back_says_all_of_it_or_that_nobody_was_reached(world: Any, answers: dict[str, Any]) -> None:
    case_id = world.report()["case_id"]

    assert told(world.operator.post(f"/cases/{case_id}/call-back", json=answers)) == (422, "invalid")


def test_reporters_do_not_record_that_they_were_not_reached(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    world.step(world.officer, case_id, "resolve", words="已处理")
    world.step(world.worker, case_id, "check", passed=True)

    answer = world.resident.post(f"/cases/{case_id}/call-back", json={"reached": False})

    assert told(answer) == (422, "answered_in_person")


def test_merging_into_what_one_may_not_see_is_merging_into_nothing(world: Any) -> None:
    here = world.report()["case_id"]
    elsewhere = world.report(place=district.IN_GRID_ELSEWHERE)["case_id"]

    for into in (elsewhere, ids.new()):
        assert told(world.lead.post(f"/cases/{here}/merge", json={"into_case_id": into})) == (
            404,
            "not_found",
        )
    assert told(world.lead.post(f"/cases/{here}/merge", json={"into_case_id": here})) == (409, "cannot_merge")


# --- addresses and queries


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", (404, "no_such_route")),
        ("GET", "/cases/not-a-uuid", (404, "no_such_route")),
        ("GET", f"/cases/{ids.new()}", (404, "not_found")),
        ("DELETE", f"/cases/{ids.new()}", (405, "method_not_allowed")),
        ("GET", "/cases?page=2", (422, "invalid")),
        ("GET", "/cases?limit=201", (422, "invalid")),
        ("GET", "/cases?area=37010", (422, "invalid")),
        ("GET", "/cases?state=lost", (422, "invalid")),
        ("GET", "/cases?cursor=junk", (422, "invalid")),
        # A cursor of our form that names no moment and no id.
        ("GET", "/cases?cursor=WzAsImEiLCJiIl0", (422, "out_of_bounds")),
        ("GET", f"/cases/{ids.new()}?x=1", (422, "invalid")),
    ],
)
def test_addresses_and_queries_nobody_documented_are_refused(
    world: Any, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert told(world.supervisor.request(method, path)) == expected


def test_a_problem_can_be_found_in_the_logs_by_its_trace(world: Any) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = world.resident.get(
        f"/cases/{ids.new()}", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    )

    assert answer.headers["X-Trace-Id"] == answer.json()["trace"] == trace


def test_a_step_without_a_body_takes_no_fields(world: Any) -> None:
    case_id = world.report()["case_id"]

    answer = world.worker.post(f"/cases/{case_id}/take", json={"words": "我来"})

    assert told(answer) == (422, "invalid")
    assert pointers(answer) == [("/words", "unknown")]
