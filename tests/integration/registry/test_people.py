"""People, households and kinship over HTTP: what is shown to whom, and what is announced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from stdnum.cn import ric

from shared import ids
from tests.integration.registry.conftest import Town


@pytest.fixture
def settled(town: Town) -> Town:
    return town.settled()


def identity_number(town: Town) -> str:
    """One of its own for each town."""
    first = f"37010219000202{town.number:03d}"
    return first + str(ric.calc_check_digit(first + "0"))


def household(town: Town, head: dict[str, Any], **fields: Any) -> requests.Response:
    body = {
        "area": f"{town.communities[0]}001",
        "book_number": f"B-{ids.new()[-12:]}",
        "address": "试验路1号",
        "head_id": head["id"],
    }
    return town.admin.post("/registry/households", json=body | fields)


def matching(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def test_numbers_are_sealed_in_the_table_and_masked_in_answers(town: Town) -> None:
    number = identity_number(town)

    person = town.person(phone="138 0000 5678", identity_number=number)

    assert person["phone_masked"] == "138****5678"
    assert person["identity_number_masked"].endswith(number[-4:])
    assert number not in str(person)
    with town.api.database.transaction(read_only=True) as tx:
        row = tx.execute("SELECT * FROM people WHERE id = %s", [person["id"]]).fetchone()
    assert row is not None
    stored = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes | memoryview))
    assert b"13800005678" not in stored
    assert number.encode() not in stored


def test_a_person_is_found_by_the_exact_number_however_it_is_typed(town: Town) -> None:
    phone = f"139{town.number:08d}"
    person = town.person(phone=phone)

    typed = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    found = town.admin.post("/registry/people/search", json={"phone": typed}).json()["items"]
    nearly = town.admin.post("/registry/people/search", json={"phone": f"138{town.number:08d}"}).json()

    assert [one["id"] for one in found] == [person["id"]]
    assert nearly["items"] == []


def test_unmasking_needs_a_reason_and_is_on_record(town: Town) -> None:
    person = town.person(phone="13800005678")
    worker = town.client("grid_worker", person_id=ids.new())
    path = f"/registry/people/{person['id']}/unmask"

    assert worker.post(path, json={"fields": ["phone"]}).status_code == 422
    assert worker.post(path, json={"fields": ["phone"], "reason": "   x   "}).status_code == 422
    plain = worker.post(path, json={"fields": ["phone"], "reason": "独居老人未应门，电话联系"})

    assert plain.json() == {"phone": "13800005678", "identity_number": None}
    record = town.client("supervisor").get(f"/registry/people/{person['id']}/unmaskings").json()["items"]
    assert [(one["fields"], one["reason"]) for one in record] == [(["phone"], "独居老人未应门，电话联系")]
    assert worker.get(f"/registry/people/{person['id']}/unmaskings").status_code == 403


def test_a_plain_number_is_not_kept_under_an_idempotency_key(town: Town) -> None:
    person = town.person(phone="13800005678")
    key = ids.new()

    shown = town.admin.post(
        f"/registry/people/{person['id']}/unmask",
        json={"fields": ["phone"], "reason": "电话核实"},
        headers={"Idempotency-Key": key},
    )

    assert shown.status_code == 200
    with town.api.database.transaction(read_only=True) as tx:
        kept = tx.execute("SELECT 1 FROM idempotency_keys WHERE key = %s", [key]).fetchone()
    assert kept is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"phone": "12"}, "/phone"),
        ({"identity_number": "370102190001010010"}, "/identity_number"),
        ({"identity_number": "370102190013010011"}, "/identity_number"),
        ({"name": ""}, "/name"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_wrong_particulars_are_named_without_repeating_them(
    town: Town, fields: dict[str, Any], pointer: str
) -> None:
    refused = town.admin.post("/registry/people", json={"area": town.subdistrict, "name": "张三"} | fields)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert not any(str(value) in refused.text for value in fields.values() if len(str(value)) > 10)


def test_an_identity_number_is_registered_once(town: Town) -> None:
    number = identity_number(town)
    town.person(identity_number=number)

    again = town.admin.post(
        "/registry/people", json={"area": town.subdistrict, "name": "李四", "identity_number": number}
    )

    assert again.status_code == 409
    assert again.json()["code"] == "person_registered"


def test_a_number_of_somebody_elsewhere_tells_nothing_and_is_shown_to_who_answers_for_both(
    town: Town,
) -> None:
    number = identity_number(town)
    north, south = (town.client("grid_worker", inside=community) for community in town.communities)
    body = {"name": "张三", "identity_number": number}

    first = north.post("/registry/people", json=body | {"area": town.communities[0]})
    second = south.post("/registry/people", json=body | {"area": town.communities[1]})
    again = south.post("/registry/people", json=body | {"area": town.communities[1]})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json().keys() == first.json().keys()
    assert (again.status_code, again.json()["code"]) == (409, "person_registered")
    found = south.post("/registry/people/search", json={"identity_number": number}).json()["items"]
    assert [one["id"] for one in found] == [second.json()["id"]]
    for inside in (*town.communities, None):
        admin = town.client("admin", inside=inside)
        groups = admin.get("/registry/people/shared-numbers").json()["items"]
        shown = [{one["id"] for one in group["people"]} for group in groups]
        assert shown == ([] if inside else [{first.json()["id"], second.json()["id"]}])


def test_a_number_is_one_persons_again_when_the_other_loses_it(town: Town) -> None:
    number = identity_number(town)
    north, south = (town.client("grid_worker", inside=community) for community in town.communities)
    body = {"name": "张三", "identity_number": number}
    first = north.post("/registry/people", json=body | {"area": town.communities[0]}).json()
    south.post("/registry/people", json=body | {"area": town.communities[1]})

    cleared = town.admin.patch(
        f"/registry/people/{first['id']}", json={"identity_number": None}, headers=matching(first["version"])
    )
    third = town.admin.post("/registry/people", json=body | {"area": town.subdistrict})

    assert cleared.json()["identity_number_masked"] is None
    assert third.status_code == 409
    assert town.admin.get("/registry/people/shared-numbers").json()["items"] == []
    with town.api.database.transaction(read_only=True) as tx:
        marked = tx.execute(
            "SELECT count(*) AS n FROM people WHERE shares_number AND area ^@ %s", [town.district]
        ).fetchone()
    assert marked == {"n": 0}


def test_a_correction_to_a_number_of_somebody_elsewhere_tells_nothing_either(town: Town) -> None:
    number = identity_number(town)
    town.person(area=town.communities[0], identity_number=number)
    south = town.client("grid_worker", inside=town.communities[1])
    mine = south.post("/registry/people", json={"name": "李四", "area": town.communities[1]}).json()

    changed = south.patch(
        f"/registry/people/{mine['id']}", json={"identity_number": number}, headers=matching(mine["version"])
    )

    assert changed.status_code == 200
    assert len(town.admin.get("/registry/people/shared-numbers").json()["items"]) == 1


def test_a_number_registered_by_many_at_once_is_unmarked_once(town: Town) -> None:
    number = identity_number(town)
    body = {"name": "张三", "identity_number": number}
    crowd = [(town.client("grid_worker", inside=one), one) for one in town.communities for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda one: one[0].post("/registry/people", json=body | {"area": one[1]}), crowd)
        )

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    (group,) = town.admin.get("/registry/people/shared-numbers").json()["items"]
    assert len(group["people"]) == 2


def test_people_are_seen_in_the_callers_area_and_by_themselves_only(town: Town) -> None:
    person = town.person(area=town.communities[0])
    path = f"/registry/people/{person['id']}"
    neighbour = town.client("grid_worker", inside=town.communities[1])

    assert neighbour.get(path).status_code == 404
    assert (
        neighbour.post(f"{path}/unmask", json={"fields": ["phone"], "reason": "电话核实"}).status_code == 404
    )
    assert neighbour.get("/registry/people").json()["items"] == []
    assert neighbour.patch(path, json={"name": "改名"}, headers=matching(1)).status_code == 404
    assert town.client("resident").get(path).status_code == 404
    assert town.client("responder").get(path).status_code == 404
    assert town.client("resident", person_id=person["id"]).get(path).status_code == 200
    outside = neighbour.post("/registry/people", json={"area": town.communities[0], "name": "张三"})
    assert outside.status_code == 404


def test_a_correction_needs_the_version_that_was_read(town: Town) -> None:
    person = town.person()
    path = f"/registry/people/{person['id']}"

    assert town.admin.patch(path, json={"name": "新名"}).status_code == 428
    changed = town.admin.patch(path, json={"name": "新名"}, headers=matching(person["version"]))
    assert changed.json()["name"] == "新名"
    assert town.admin.patch(path, json={"name": "旧名"}, headers=matching(1)).status_code == 412


def test_a_household_is_announced_with_its_members_ids_only(settled: Town) -> None:
    head, spouse = settled.person(name="王秀兰"), settled.person(name="张文博")

    made = household(
        settled, head, members=[{"person_id": spouse["id"], "relation": "spouse"}], address="秘密路9号"
    )

    assert made.status_code == 201, made.text
    assert [member["relation"] for member in made.json()["members"]] == ["head", "spouse"]
    (event,) = settled.events("household_changed")
    assert event == {
        "household_id": made.json()["id"],
        "area": f"{settled.communities[0]}001",
        "members": [head["id"], spouse["id"]],
        "active": True,
    }


def test_members_join_leave_and_the_head_changes(settled: Town) -> None:
    head, child = settled.person(), settled.person()
    made = household(settled, head).json()
    path = f"/registry/households/{made['id']}"

    joined = settled.admin.post(
        f"{path}/members", json={"person_id": child["id"], "relation": "child"}, headers=matching(1)
    )
    assert joined.status_code == 200, joined.text
    stays = settled.admin.delete(f"{path}/members/{head['id']}", headers=matching(2))
    assert stays.json()["code"] == "head_stays"
    led = settled.admin.patch(path, json={"head_id": child["id"]}, headers=matching(2))
    assert [member["person_id"] for member in led.json()["members"]] == [child["id"], head["id"]]
    left = settled.admin.delete(f"{path}/members/{head['id']}", headers=matching(3))
    assert [member["person_id"] for member in left.json()["members"]] == [child["id"]]
    ended = settled.admin.post(f"{path}/dissolve", headers=matching(4))

    assert ended.json()["active"] is False
    members = [event["members"] for event in settled.events("household_changed")]
    assert members == [
        [head["id"]],
        [head["id"], child["id"]],
        [child["id"], head["id"]],
        [child["id"]],
        [],
    ]
    assert household(settled, child).status_code == 201


def test_a_person_belongs_to_one_household_and_a_book_number_to_one_book(settled: Town) -> None:
    head = settled.person()
    first = household(settled, head, book_number="T-7")
    assert first.status_code == 201

    assert household(settled, head).json()["code"] == "member_elsewhere"
    assert household(settled, settled.person(), book_number="T-7").json()["code"] == "book_number_taken"
    assert household(settled, {"id": ids.new()}).json()["code"] == "person_unknown"
    found = settled.admin.get("/registry/households", params={"book_number": "T-7"}).json()["items"]
    assert [one["id"] for one in found] == [first.json()["id"]]


def test_a_household_is_seen_by_its_members_and_its_areas_staff(settled: Town) -> None:
    head = settled.person()
    made = household(settled, head).json()
    path = f"/registry/households/{made['id']}"

    assert settled.client("resident", person_id=head["id"]).get(path).status_code == 200
    assert settled.client("resident").get(path).status_code == 404
    assert settled.client("grid_worker", inside=settled.communities[1]).get(path).status_code == 404
    assert settled.client("grid_worker", inside=settled.communities[0]).get(path).status_code == 200


def test_a_kinship_counts_once_an_officer_confirmed_it(settled: Town) -> None:
    person, relative = settled.person(), settled.person()
    resident = settled.client("resident", person_id=person["id"])
    stated = resident.post(
        "/registry/kinships",
        json={"person_id": person["id"], "relative_id": relative["id"], "relation": "child"},
    )
    assert stated.status_code == 201, stated.text
    path = f"/registry/kinships/{stated.json()['id']}"
    assert settled.events("kinship_confirmed") == []

    own = settled.client("community_officer", person_id=relative["id"])
    assert own.post(f"{path}/confirm", headers=matching(1)).json()["code"] == "own_kinship"
    assert resident.post(f"{path}/confirm", headers=matching(1)).status_code == 403
    officer = settled.client("community_officer")
    confirmed = officer.post(f"{path}/confirm", headers=matching(1))

    assert confirmed.json()["state"] == "confirmed"
    (event,) = settled.events("kinship_confirmed")
    assert (event["person_id"], event["relative_id"]) == (person["id"], relative["id"])
    assert event["relation"] == "child"
    assert officer.post(f"{path}/decline", headers=matching(2)).json()["code"] == "kinship_decided"
    again = resident.post(
        "/registry/kinships",
        json={"person_id": person["id"], "relative_id": relative["id"], "relation": "child"},
    )
    assert again.json()["code"] == "kinship_registered"


def test_a_resident_states_no_kinship_of_others(settled: Town) -> None:
    person, relative = settled.person(), settled.person()

    refused = settled.client("resident").post(
        "/registry/kinships",
        json={"person_id": person["id"], "relative_id": relative["id"], "relation": "child"},
    )

    assert refused.status_code == 404


def test_pages_over_several_scopes_show_everybody_inside_once(town: Town) -> None:
    north, south = town.communities
    inside = [north, f"{north}001", f"{north}002", south, f"{south}001"]
    expected = {town.person(area=area)["id"] for area in inside for _ in range(2)}
    town.person(area=town.subdistrict)
    town.person(area=f"{south}002")
    caller = town.api.client(roles=["grid_worker"], areas=[north, f"{south}001", south + "003"])
    expected -= {person["id"] for person in _all(town.client("grid_worker", inside=south), own=south)}
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(20):
        page = caller.get("/registry/people", params={"limit": "3"} | ({"cursor": cursor} if cursor else {}))
        seen += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break

    assert [person["area"] for person in seen] == sorted(person["area"] for person in seen)
    assert len(seen) == 8
    assert {person["id"] for person in seen} == expected


def _all(client: Any, *, own: str) -> list[dict[str, Any]]:
    """The people registered in exactly this area."""
    listed: list[dict[str, Any]] = client.get("/registry/people").json()["items"]
    return [person for person in listed if person["area"] == own]
