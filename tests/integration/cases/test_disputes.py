"""Mediation through the API: sealed parties, sessions, agreement, failure that climbs and whistles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.cases.worker import people
from shared import clock, ids
from tests.support import district

NAME, PHONE = "赵钱孙", "13812345678"


def mediator(world: Any, person_id: str | None = None) -> Any:
    return world.api.client(roles=["mediator"], areas=["370102007003"], person_id=person_id or ids.new())


def opened(world: Any, client: Any, case_id: str | None = None, **changes: Any) -> dict[str, Any]:
    answer = client.post(
        f"/cases/{case_id or world.report()['case_id']}/disputes",
        json={
            "parties": [
                {"side": "applicant", "name": NAME, "phone": PHONE},
                {"side": "respondent", "name": "周吴"},
            ],
            "mediators": [world.staff("mediator")],
            **changes,
        },
    )
    assert answer.status_code == 201, answer.text
    dispute: dict[str, Any] = answer.json()
    return dispute


def do(client: Any, dispute_id: str, step: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/cases/disputes/{dispute_id}/{step}", json=body or None)
    assert answer.status_code in (200, 201), answer.text
    done: dict[str, Any] = answer.json()
    return done


def heard(client: Any, dispute_id: str, *, online: bool = True) -> None:
    """A session that took place."""
    starts = clock.rfc3339(clock.now() - timedelta(hours=1))
    arranged = do(client, dispute_id, "sessions", starts_at=starts, is_online=online)
    session = arranged["sessions"][-1]["session_id"]
    do(client, dispute_id, f"sessions/{session}/hold", words="双方各执一词")


def names(world: Any, dispute_id: str) -> list[str]:
    rows = world.rows("SELECT type FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=dispute_id)
    return [row["type"].split(".")[2] for row in rows]


def test_parties_are_sealed_masked_and_opened_with_a_reason(world: Any) -> None:
    client = mediator(world)
    dispute_id = opened(world, client)["dispute_id"]
    heard(client, dispute_id)

    view = client.get(f"/cases/disputes/{dispute_id}").json()
    plain = do(client, dispute_id, "unmask", reason="通知开庭时间")["items"]

    assert [(p["name_masked"], p["phone_masked"]) for p in view["parties"]] == [
        ("赵**", "138****5678"),
        ("周*", None),
    ]
    assert [(p["name"], p["phone"]) for p in plain] == [(NAME, PHONE), ("周吴", None)]
    rows = world.rows("SELECT * FROM dispute_parties WHERE dispute_id = %(d)s", d=dispute_id)
    assert not any(NAME.encode() in bytes(row["name"]) for row in rows)
    (session,) = world.rows("SELECT record FROM mediation_sessions WHERE dispute_id = %(d)s", d=dispute_id)
    assert "双方".encode() not in bytes(session["record"])
    assert world.rows("SELECT reason FROM unmaskings WHERE subject_id = %(d)s", d=dispute_id) == [
        {"reason": "通知开庭时间"}
    ]
    events = world.rows("SELECT data::text AS data FROM outbox WHERE subject = %(d)s", d=dispute_id)
    assert not any(NAME in row["data"] or PHONE in row["data"] for row in events)


def test_an_agreement_ends_the_mediation_and_the_matter_is_handled_on(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    dispute_id = opened(world, client, case_id)["dispute_id"]
    body = {"words": "三日内清理", "perform_by": (clock.now() + timedelta(days=3)).date().isoformat()}

    early = client.post(f"/cases/disputes/{dispute_id}/agree", json=body)
    heard(client, dispute_id)
    agreed = do(client, dispute_id, "agree", **body)
    again = client.post(f"/cases/disputes/{dispute_id}/withdraw")

    assert (early.status_code, early.json()["code"]) == (409, "no_session_held")
    assert (agreed["state"], agreed["agreement"]) == ("agreed", "三日内清理")
    assert again.json()["code"] == "dispute_over"
    assert names(world, dispute_id) == ["dispute_opened", "mediation_held", "dispute_settled"]
    assert world.actions(case_id)[-2:] == ["mediation_opened", "mediation_agreed"]
    assert world.read(case_id)["state"] == "received"


def test_a_failure_climbs_and_whistles(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    dispute_id = opened(world, client, case_id)["dispute_id"]
    heard(client, dispute_id, online=False)

    failed = do(client, dispute_id, "fail", reason="调解不成", departments=[district.URBAN])

    case = world.read(case_id)
    assert (failed["state"], case["level"], case["state"]) == ("failed", "community", "handling")
    assert [order["departments"] for order in case["orders"]] == [[district.URBAN]]
    assert world.events(case_id)[-3:] == ["case_triaged", "case_escalated", "case_whistled"]
    assert names(world, dispute_id)[-1] == "dispute_failed"


def test_nothing_of_a_failure_is_kept_when_a_department_does_not_exist(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    dispute_id = opened(world, client, case_id)["dispute_id"]
    heard(client, dispute_id)

    answer = client.post(
        f"/cases/disputes/{dispute_id}/fail", json={"reason": "x", "departments": ["370102-none"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_department")
    assert client.get(f"/cases/disputes/{dispute_id}").json()["state"] == "open"
    assert world.read(case_id)["level"] == "grid"


def test_a_matter_has_one_dispute_at_the_desk_at_a_time(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    first = opened(world, client, case_id)["dispute_id"]
    body = {
        "parties": [{"side": "applicant", "name": "甲"}, {"side": "respondent", "name": "乙"}],
        "mediators": [world.staff("mediator")],
    }

    twice = client.post(f"/cases/{case_id}/disputes", json=body)
    do(client, first, "withdraw")
    again = client.post(f"/cases/{case_id}/disputes", json=body)

    assert (twice.status_code, twice.json()["code"], again.status_code) == (409, "dispute_open", 201)


def test_who_sits_at_the_desk_reads_it_and_only_mediators_read_what_was_said(world: Any) -> None:
    me = world.staff("mediator", areas=[district.ELSEWHERE])
    client = mediator(world)
    dispute_id = opened(world, client, mediators=[me], departments=[district.URBAN])["dispute_id"]
    heard(client, dispute_id)
    path = f"/cases/disputes/{dispute_id}"
    elsewhere = world.api.client(roles=["mediator"], areas=[district.ELSEWHERE], person_id=me)
    stranger = world.api.client(roles=["mediator"], areas=[district.ELSEWHERE], person_id=ids.new())

    seen = world.responder(district.URBAN).get(path).json()
    mine = elsewhere.get(path).json()

    assert (seen["sessions"][0]["record"], mine["sessions"][0]["record"]) == (None, "双方各执一词")
    assert world.responder(district.HEALTH).get(path).status_code == 404
    assert stranger.get(path).status_code == 404
    assert do(elsewhere, dispute_id, "fail", reason="调解不成")["state"] == "failed"
    listed = world.responder(district.URBAN).get("/cases/disputes", params={"limit": 200}).json()["items"]
    assert dispute_id in [one["dispute_id"] for one in listed]


def test_mediators_are_people_who_mediate_in_the_district(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    good, elsewhere = (
        world.staff("mediator", areas=[district.ELSEWHERE]),
        world.staff("mediator", areas=["370103"]),
    )
    body = {
        "parties": [{"side": "applicant", "name": "甲"}, {"side": "respondent", "name": "乙"}],
        "mediators": [good, elsewhere, world.staff("grid_worker"), ids.new()],
    }

    refused = client.post(f"/cases/{case_id}/disputes", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_people")
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/mediators/{n}" for n in (1, 2, 3)]
    assert opened(world, client, case_id, mediators=[good])["mediators"] == [good]


@pytest.mark.usefixtures("vault")
def test_parties_are_forgotten_some_time_after_but_not_before_an_agreement_is_performed(world: Any) -> None:
    client = mediator(world)
    done, owing = (opened(world, client)["dispute_id"] for _ in range(2))
    for one, days in ((done, 3), (owing, 3000)):
        heard(client, one)
        due = (clock.now() + timedelta(days=days)).date().isoformat()
        do(client, one, "agree", words="赔偿", perform_by=due)
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE disputes SET ended_at = now() - interval '1100 days', perform_by = perform_by - 1100"
            " WHERE dispute_id = ANY(%s::uuid[])",
            [[done, owing]],
        )
        people.erase_old(tx)

    forgotten, known = (client.get(f"/cases/disputes/{one}").json() for one in (done, owing))

    assert {(p["name_masked"], p["phone_masked"]) for p in forgotten["parties"]} == {("", None)}
    assert (forgotten["agreement"], forgotten["sessions"][0]["record"]) == (None, None)
    assert (known["agreement"], known["parties"][0]["name_masked"]) == ("赔偿", "赵**")
    assert forgotten["state"] == "agreed"


def test_an_area_narrows_also_what_one_mediates_or_sits_at(world: Any) -> None:
    me = world.staff("mediator")
    outsider = world.api.client(roles=["mediator"], areas=[district.ELSEWHERE], person_id=me)
    dispute_id = opened(world, mediator(world), mediators=[me], departments=[district.HEALTH])["dispute_id"]

    def found(client: Any, **query: Any) -> set[str]:
        return {one["dispute_id"] for one in client.get("/cases/disputes", params=query).json()["items"]}

    for client in (outsider, world.responder(district.HEALTH)):
        assert dispute_id in found(client)
        assert dispute_id in found(client, area=district.GRID, state="open")
        assert dispute_id not in found(client, area=district.ELSEWHERE)
    assert dispute_id not in found(world.responder(district.ECOLOGY))


def test_others_come_to_the_desk_and_who_left_it_reads_no_more(world: Any) -> None:
    client = mediator(world)
    case_id = world.report()["case_id"]
    old, new = (world.staff("mediator", areas=[district.ELSEWHERE]) for _ in range(2))
    dispute = opened(world, client, case_id, mediators=[old], departments=[district.URBAN])
    path = f"/cases/disputes/{dispute['dispute_id']}"
    elsewhere = {
        who: world.api.client(roles=["mediator"], areas=[district.ELSEWHERE], person_id=who)
        for who in (old, new)
    }
    wanted = {"mediators": [old, new], "departments": [district.HEALTH]}

    def seat(version: str = "*", **body: Any) -> Any:
        return client.put(f"{path}/desk", json={**wanted, **body}, headers={"If-Match": version})

    stranger = seat(mediators=[old, ids.new()])
    nobody = seat(departments=["370102-none"])
    both = seat()
    stale = seat('"1"')
    again = seat()
    with world.database.transaction() as tx:
        tx.execute("UPDATE staff SET is_active = false WHERE person_id = %s", [new])
    alone = seat(mediators=[new])

    assert [(a.status_code, a.json().get("code")) for a in (stranger, nobody, both, stale, again, alone)] == [
        (422, "unknown_people"),
        (422, "unknown_department"),
        (200, None),
        (412, "stale"),
        (409, "nothing_to_seat"),
        (200, None),
    ]
    assert [elsewhere[who].get(path).status_code for who in (old, new)] == [404, 200]
    assert world.responder(district.URBAN).get(path).status_code == 404
    assert world.responder(district.HEALTH).get(path).status_code == 200
    assert names(world, dispute["dispute_id"]) == [
        "dispute_opened",
        "dispute_desk_changed",
        "dispute_desk_changed",
    ]
    assert world.actions(case_id)[-2:] == ["mediation_desk_changed"] * 2
    left = elsewhere[new].put(
        f"{path}/desk", json={"mediators": [world.staff("mediator")]}, headers={"If-Match": "*"}
    )
    assert (left.status_code, elsewhere[new].get(path).status_code) == (200, 404)
    do(client, dispute["dispute_id"], "withdraw")
    assert seat(mediators=[old]).json()["code"] == "dispute_over"
