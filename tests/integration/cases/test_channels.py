"""Every channel files into the one list: the hotline desk, patrols, outside systems; and who may know the caller."""

from __future__ import annotations

import typing
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.cases.worker import anonymising
from shared import ids
from shared.contracts import cases as contracts
from shared.contracts import dispatch as said
from tests.integration.cases.conftest import report
from tests.support import district
from tests.support.clients import Client

ZHANG = {"name": "张小明", "phone": "138 0000 5678"}


def phone() -> str:
    return f"13{ids.new().replace('-', '')[-12:].translate(str.maketrans('abcdef', '012345'))[:9]}"


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def unmask(client: Client, case_id: str, *fields: str, reason: str = "回访") -> Any:
    return client.post(
        f"/cases/{case_id}/caller/unmask", json={"fields": fields or ("name", "phone"), "reason": reason}
    )


# --- the desk


@pytest.mark.parametrize("channel", ["hotline_12345", "hotline_12319", "community_desk"])
def test_the_desk_files_for_a_caller_whose_name_and_phone_are_masked(world: Any, channel: str) -> None:
    me = ids.new()
    operator = world.api.client(roles=["operator"], areas=[district.DISTRICT], person_id=me)

    case = world.report(operator, channel=channel, caller=ZHANG)

    assert case["channel"] == channel
    assert case["caller"] == {"name_masked": "张**", "phone_masked": "138****5678"}
    assert (case["reporter_id"], case["first_inquiry_by"]) == (None, me)
    assert {**world.read(case["case_id"], operator), "due_at": None} == case


def test_a_callers_name_and_phone_are_in_the_clear_nowhere(world: Any) -> None:
    caller = {"name": "欧阳不寻常", "phone": phone()}
    case_id = world.report(world.operator, channel="hotline_12345", caller=caller)["case_id"]
    world.step(world.worker, case_id, "triage")

    (row,) = world.rows("SELECT * FROM callers WHERE case_id = %(c)s", c=case_id)
    kept = world.rows(
        "SELECT (SELECT string_agg(data::text, '') FROM outbox WHERE subject = %(c)s) || "
        "(SELECT string_agg(detail::text, '') FROM timeline WHERE case_id::text = %(c)s) || "
        "(SELECT c::text FROM cases c WHERE case_id::text = %(c)s) AS text",
        c=case_id,
    )[0]["text"]

    for secret in caller.values():
        assert secret not in kept
        assert secret.encode() not in bytes(row["name"]) + bytes(row["phone"]) + bytes(row["phone_index"])
        assert secret not in world.supervisor.get(f"/cases/{case_id}").text


def test_a_caller_is_shown_to_whoever_says_why_and_that_is_kept(world: Any) -> None:
    me = ids.new()
    case_id = world.report(world.operator, channel="hotline_12345", caller=ZHANG)["case_id"]
    worker = world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=me)

    shown = unmask(worker, case_id, "phone", reason="上门前联系")
    silent = unmask(worker, case_id, reason=" x")

    assert (shown.status_code, shown.json()) == (200, {"phone": "138 0000 5678"})
    assert told(silent) == (422, "invalid")
    (note,) = world.supervisor.get(f"/cases/{case_id}/caller/unmaskings").json()["items"]
    assert (note["person_id"], note["role"], note["fields"], note["reason"]) == (
        me,
        "grid_worker",
        ["phone"],
        "上门前联系",
    )


def test_an_unmasked_answer_is_not_kept_under_a_key(world: Any) -> None:
    case_id = world.report(world.operator, channel="hotline_12345", caller=ZHANG)["case_id"]
    body = {"fields": ["name"], "reason": "回访"}
    key = {"Idempotency-Key": ids.new()}

    for _ in range(2):
        world.operator.post(f"/cases/{case_id}/caller/unmask", json=body, headers=key)

    assert world.rows("SELECT 1 FROM idempotency_keys WHERE key = %(k)s", k=key["Idempotency-Key"]) == []
    assert len(world.rows("SELECT 1 FROM caller_unmaskings WHERE case_id = %(c)s", c=case_id)) == 2


def test_a_department_that_was_called_knows_a_caller_unless_they_asked_to_stay_unknown(world: Any) -> None:
    open_, confidential = (
        world.report(world.operator, channel="hotline_12345", caller=ZHANG, is_confidential=hidden)["case_id"]
        for hidden in (False, True)
    )
    responder = world.responder(district.MARKET)
    before = unmask(responder, open_).status_code
    for case_id in (open_, confidential):
        world.whistle(case_id, district.MARKET)

    assert before == 404
    assert world.read(open_, responder)["caller"] == {"name_masked": "张**", "phone_masked": "138****5678"}
    assert unmask(responder, open_).status_code == 200
    assert world.read(confidential, responder)["caller"] is None
    assert told(unmask(responder, confidential)) == (404, "not_found")


def test_a_confidential_caller_is_shown_to_the_hotline_office_and_to_who_took_the_call(world: Any) -> None:
    officer = world.api.client(roles=["community_officer"], areas=["370102007003"], person_id=ids.new())
    case_id = world.report(officer, channel="community_desk", caller=ZHANG, is_confidential=True)["case_id"]

    answers = {
        "office": unmask(world.operator, case_id).status_code,
        "who took it": unmask(officer, case_id).status_code,
        "other officer": unmask(world.officer, case_id).status_code,
        "worker": unmask(world.worker, case_id).status_code,
    }

    assert answers == {"office": 200, "who took it": 200, "other officer": 403, "worker": 403}
    assert world.read(case_id, world.worker)["caller"]["name_masked"] == "张**"


def test_a_matter_without_a_caller_has_none_to_show(world: Any) -> None:
    case = world.report()

    assert case["caller"] is None
    assert told(unmask(world.operator, case["case_id"])) == (404, "not_found")


def test_earlier_matters_of_a_number_are_found_while_its_owner_is_on_the_line(world: Any) -> None:
    number = phone()
    first = world.report(world.operator, channel="hotline_12345", caller={"phone": number})["case_id"]
    second = world.report(world.operator, channel="hotline_12345", caller={"name": "张", "phone": number})[
        "case_id"
    ]
    hidden = world.report(
        world.operator, channel="hotline_12345", caller={"phone": number}, is_confidential=True
    )["case_id"]

    def found(client: Client, typed: str) -> list[str]:
        answer = client.post("/cases/callers/search", json={"phone": typed})
        assert answer.status_code == 200, answer.text
        return [item["case_id"] for item in answer.json()["items"]]

    spaced = f"+86 {number[:3]}-{number[3:7]} {number[7:]}"
    assert found(world.operator, spaced) == [hidden, second, first]
    assert found(world.officer, number) == [second, first]
    assert found(world.operator, number[:-1] + str((int(number[-1]) + 1) % 10)) == []
    elsewhere = world.api.client(roles=["operator"], areas=[district.ELSEWHERE])
    assert found(elsewhere, number) == []
    assert told(world.worker.post("/cases/callers/search", json={"phone": number})) == (403, "forbidden")


def test_callers_are_forgotten_when_reporters_are(world: Any) -> None:
    number = phone()
    ended, still_open, recent = (
        world.report(world.operator, channel="hotline_12345", caller={"name": "张", "phone": number})[
            "case_id"
        ]
        for _ in range(3)
    )
    long_ago = timedelta(days=anonymising.after_days(), minutes=1)
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE callers SET filed_at = filed_at - %s WHERE case_id = ANY(%s::uuid[])",
            [long_ago, [ended, still_open, recent]],
        )
        tx.execute(
            "UPDATE cases SET state = 'closed', closed_at = now() - %s WHERE case_id = %s", [long_ago, ended]
        )
        tx.execute(
            "UPDATE cases SET state = 'closed', closed_at = now() - %s WHERE case_id = %s",
            [long_ago - timedelta(minutes=2), recent],
        )
    with world.feed.session.transaction():
        while world.feed.worker.erase_callers(world.feed.session):
            pass

    (row,) = world.rows("SELECT name, phone, phone_index FROM callers WHERE case_id = %(c)s", c=ended)
    assert (row["name"], row["phone"], row["phone_index"]) == (None, None, None)
    assert world.read(ended)["caller"] is None
    for kept in (still_open, recent):
        assert world.read(kept)["caller"]["name_masked"] == "张"
    assert told(unmask(world.operator, ended)) == (404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"caller": {}},
        {"caller": {"name": "", "phone": None}},
        {"caller": {"phone": "打给我"}},
        {"caller": {"phone": "1" * 30}},
        {"caller": {"name": "张" * 41}},
        {"origin": {"kind": "walk", "id": ids.new()}},
        {"origin": {"kind": "visit", "id": "x"}},
        {"origin": {"kind": "visit", "id": ids.new()}, "channel": "patrol"},
        {"outside_number": "有话要说"},
        {"outside_number": "a b"},
        {"settled": {}},
    ],
)
def test_what_makes_no_sense_of_how_it_came_in_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    assert told(world.officer.post("/cases", json=report(**wrong))) == (422, "invalid")


@pytest.mark.parametrize(
    "more",
    [
        {"caller": ZHANG},
        {"origin": {"kind": "visit", "id": ids.new()}},
        {"outside_number": "A1"},
        {"settled": {"words": "已处理"}},
    ],
)
@pytest.mark.parametrize("role", ["resident", "property", "volunteer"])
def test_residents_speak_for_themselves(world: Any, role: str, more: dict[str, Any]) -> None:
    client = world.api.client(roles=[role], areas=[district.GRID] if role == "property" else [])

    assert told(client.post("/cases", json=report(**more))) == (422, "not_for_residents")


def test_reporting_is_open_to_every_channel_in_one_list(world: Any) -> None:
    words = f"各渠道 {ids.new()}"
    for channel in typing.get_args(contracts.Channel):
        world.report(world.officer, channel=channel, words=words)

    rows = world.rows("SELECT channel FROM cases WHERE words = %(w)s", w=words)
    assert {row["channel"] for row in rows} == set(typing.get_args(contracts.Channel))


# --- found on a visit, a patrol


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("visit", "visit"),
        ("patrol", "patrol"),
        ("round", "department_round"),
        ("meeting", "residents_meeting"),
        ("message", "wechat_group"),
    ],
)
def test_a_matter_keeps_the_record_it_was_found_on(world: Any, kind: str, channel: str) -> None:
    origin = {"kind": kind, "id": ids.new()}

    case = world.report(world.worker, origin=origin)

    assert (case["channel"], case["origin"]) == (channel, origin)
    assert world.read(case["case_id"])["origin"] == origin


# --- outside systems


@pytest.fixture
def outside(world: Any) -> Client:
    client: Client = world.api.client(
        roles=["integrator"], areas=[district.SUBDISTRICT], person_id=ids.new(), client="hotline"
    )
    return client


def number() -> str:
    return f"12345-{ids.new()}"


def test_an_outside_system_files_with_its_number_and_follows_what_it_filed(
    world: Any, outside: Client
) -> None:
    own = number()
    case = world.report(outside, outside_number=own, channel="hotline_12345", caller=ZHANG)
    world.report(outside, outside_number=number())
    opened = world.order_opened(world.whistle(case["case_id"], district.MARKET))
    world.feed.give(opened)
    task = opened.tasks[0]
    world.feed.give(
        said.TaskReturned(
            order_id=opened.order_id,
            task_id=task.task_id,
            case_id=opened.case_id,
            area=opened.area,
            department_id=task.department_id,
            ground="not_our_duty",
        )
    )

    read = world.read(case["case_id"], outside)
    listed = outside.get("/cases/filed", params={"outside_number": own}).json()["items"]

    assert (case["channel"], case["outside_number"], case["reporter_id"]) == ("hotline_12345", own, None)
    assert [order["tasks"][0]["state"] for order in read["orders"]] == ["returned"]
    assert read["caller"] == {"name_masked": "张**", "phone_masked": "138****5678"}
    assert [(one["case_id"], one["outside_number"], one["state"]) for one in listed] == [
        (case["case_id"], own, "handling")
    ]
    assert [(one["department_id"], one["state"]) for one in listed[0]["tasks"]] == [
        (district.MARKET, "returned")
    ]


def test_the_same_number_again_is_the_same_matter_also_at_the_same_moment(
    world: Any, outside: Client
) -> None:
    body = report(outside_number=number(), words=f"对接 {ids.new()}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: outside.post("/cases", json=body), range(12)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(world.rows("SELECT 1 FROM cases WHERE words = %(w)s", w=body["words"])) == 1


def test_a_number_is_its_systems_own(world: Any, outside: Client) -> None:
    own = number()
    other = world.api.client(roles=["integrator"], areas=[district.SUBDISTRICT], client="other")

    mine = world.report(outside, outside_number=own)["case_id"]
    theirs = world.report(other, outside_number=own)["case_id"]

    assert mine != theirs
    assert [one["case_id"] for one in other.get("/cases/filed").json()["items"]] == [theirs]
    assert other.get(f"/cases/{mine}").status_code == 404


def test_what_an_outside_system_filed_is_listed_page_by_page(world: Any, outside: Client) -> None:
    filed = [world.report(outside, outside_number=number())["case_id"] for _ in range(5)]

    shown, cursor = [], None
    while True:
        page = outside.get("/cases/filed", params={"limit": 2, "cursor": cursor}).json()
        shown += [one["case_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert shown == filed[::-1]
    assert outside.get("/cases/filed", params={"state": "closed"}).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "not_your_channel"),
        ({"outside_number": "A1", "channel": "patrol"}, "not_your_channel"),
        ({"outside_number": "A1", "settled": {"words": "x"}}, "not_for_residents"),
        ({"outside_number": "A1", "place": district.IN_GRID_ELSEWHERE}, "outside_your_areas"),
        ({"outside_number": "A1", "place": district.NOWHERE}, "outside_every_grid"),
    ],
)
def test_an_outside_system_files_its_own_in_its_own_areas(
    world: Any, outside: Client, changes: dict[str, Any], code: str
) -> None:
    assert told(outside.post("/cases", json=report(**changes))) == (422, code)


def test_a_hotlines_order_is_typed_in_once_whoever_brought_it(world: Any, outside: Client) -> None:
    own = number()
    filed = world.report(outside, outside_number=own, channel="hotline_12345")
    body = report(channel="hotline_12345", outside_number=own)
    elsewhere = world.api.client(roles=["community_officer"], areas=[district.ELSEWHERE])

    known = world.operator.post("/cases", json=body)
    hidden = elsewhere.post("/cases", json=body)
    other_hotline = world.operator.post("/cases", json={**body, "channel": "hotline_12319"})
    typed = report(channel="hotline_12345", outside_number=number(), case_id=ids.new())
    first, retried = (world.operator.post("/cases", json=typed) for _ in range(2))

    assert told(known) == told(hidden) == (409, "order_known")
    assert known.json()["arguments"] == {"case_id": filed["case_id"], "number": filed["number"]}
    assert "arguments" not in hidden.json()
    assert other_hotline.status_code == 201
    assert first.json()["case_id"] == retried.json()["case_id"] == typed["case_id"]


def test_two_desks_that_type_in_one_order_at_once_make_one_matter(world: Any) -> None:
    own = number()
    bodies = [report(channel="hotline_12345", outside_number=own)] * 6

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda body: world.operator.post("/cases", json=body), bodies))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(world.rows("SELECT 1 FROM filings WHERE outside_number = %(n)s", n=own)) == 1
