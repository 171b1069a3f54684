"""The area and relation axes of orders and tasks, generated: what lies outside does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.dispatch import tabling, worker
from services.dispatch.domain.notices import Facts, Kind, Notice
from services.dispatch.store import notices, responsibility
from shared import clock, ids
from shared.contracts.cases import CaseReported, CaseWhistled, Place
from tests.support import authority, clients, district, feeding


def authority_of_the_deployment() -> dict[str, str]:
    """Limits and the calendar serve the whole deployment and lie in no area."""
    return {
        authority.label(route): "serves the whole deployment"
        for route in authority.routes("dispatch")
        if route.path.startswith(("/dispatch/presets", "/dispatch/calendar", "/dispatch/limit-acts"))
    }


def test_what_lies_outside_area_and_relation_does_not_exist(api: Callable[[str], clients.Api]) -> None:
    dispatch = api("dispatch")
    case_id, order_id, appeal_id, at = ids.new(), ids.new(), ids.new(), clock.now()
    with feeding.feeding(dispatch.database.url, worker.Worker) as feed:
        feed.give(*district.departments())
        feed.give(
            CaseReported(
                case_id=case_id,
                area=district.GRID,
                number="37010220261120000001",
                category="env.cooking_fumes",
                channel="resident",
                urgency="ordinary",
                sla_class="ordinary",
                place=Place(**district.IN_GRID),
                reported_at=at,
            )
        )
        feed.give(
            CaseWhistled(
                case_id=case_id,
                area=district.GRID,
                order_id=order_id,
                kind="grid_calls_offices",
                departments=(district.MARKET, district.ECOLOGY),
                category="env.cooking_fumes",
                sla_class="ordinary",
                urgency="ordinary",
                place=Place(**district.IN_GRID),
                caller_id=ids.new(),
                whistled_at=at,
            )
        )
    with dispatch.database.transaction() as tx:
        # Next month is over: this one's tables are drafted.
        while tabling.keep(tx, at=at + timedelta(days=32)):
            pass
        (row,) = tx.execute(
            "SELECT ranking_id FROM rankings WHERE kind = 'departments' ORDER BY month DESC LIMIT 1"
        ).fetchall()
    supervisor = {"roles": ["supervisor"], "areas": [district.DISTRICT]}
    tasks = dispatch.client(**supervisor).get("/dispatch/tasks").json()["items"]
    task_id = next(
        task["task_id"]
        for task in tasks
        if (task["order_id"], task["department_id"]) == (order_id, district.MARKET)
    )
    responder = {"roles": ["responder"], "areas": [district.DISTRICT], "department": district.MARKET}
    insiders = (supervisor, responder)
    asked = dispatch.client(**responder).post(
        f"/dispatch/tasks/{task_id}/extensions", json={"words": "案情复杂"}
    )
    supervision_id = ids.new()
    with dispatch.database.transaction() as tx:
        tx.execute(
            "INSERT INTO supervisions (supervision_id, clock_id, run, repetition, owner_id, task_id, case_id, area,"
            " department_id, clock, due_at, ordered_at, rectify_by)"
            " SELECT %s, clock_id, run, 1, owner_id, task_id, case_id, area, department_id, name,"
            " due_at, due_at, due_at FROM clocks WHERE task_id = %s AND name = 'finish'",
            [supervision_id, task_id],
        )
    ladder = ladder_of(dispatch, str(row["ranking_id"]), task_id)
    with dispatch.database.transaction() as tx:
        tx.execute(
            "INSERT INTO ranking_appeals (appeal_id, ranking_id, area, kind, month, organisation_id, indicator,"
            " subject, points, ground, words, asked_by, asked_at) VALUES (%s, %s, %s, 'departments', '2026-11', %s,"
            " 'on_time', %s, 0, 'wrong_record', '', %s, now())",
            [appeal_id, row["ranking_id"], district.DISTRICT, district.MARKET, task_id, ids.new()],
        )
    sample = authority.Sample(
        paths={
            "case_id": case_id,
            "order_id": order_id,
            "task_id": task_id,
            "extension_id": asked.json()["extension_id"],
            "supervision_id": supervision_id,
            "ranking_id": str(row["ranking_id"]),
            "appeal_id": appeal_id,
            **ladder,
        },
        insiders=insiders,
        open_to_all=authority_of_the_deployment(),
        bodies={"POST /dispatch/recomputations": {"area": district.GRID, "reason": "r"}},
    )

    samples = [
        sample,
        _recomputation(dispatch),
        *_responsibility(dispatch, order_id, task_id),
        *_people(dispatch, case_id),
    ]
    authority.check(dispatch, "dispatch", samples, area=district.GRID)


def _recomputation(dispatch: clients.Api) -> authority.Sample:
    """Clocks put under the limits in force: the admins' of that area."""
    admin = {"roles": ["admin"], "areas": [district.DISTRICT]}
    asked = dispatch.client(**admin).post(
        "/dispatch/recomputations", json={"area": district.GRID, "reason": "统一时限"}
    )
    return authority.Sample(
        paths={"recomputation_id": asked.json()["recomputation_id"]},
        insiders=(admin,),
        open_to_all=authority_of_the_deployment(),
    )


def _responsibility(dispatch: clients.Api, order_id: str, task_id: str) -> list[authority.Sample]:
    """A draft of the list and a proposal for it: both belong to the admins of their area."""
    admin = {"roles": ["admin"], "areas": [district.DISTRICT]}
    client = dispatch.client(**admin)
    drafted = client.post("/dispatch/responsibility/lists", json={"area": district.DISTRICT})
    lists = client.get("/dispatch/responsibility/lists", params={"area": district.DISTRICT}).json()["items"]
    list_id = drafted.json().get("list_id") or next(
        one["list_id"] for one in lists if one["state"] == "draft"
    )
    amendment_id = ids.new()
    with dispatch.database.transaction() as tx:
        responsibility.propose_amendment(
            tx,
            amendment_id=amendment_id,
            area=district.GRID,
            category="city.unheard_of",
            reason="not_covered",
            order_id=order_id,
            task_id=task_id,
            item_code=None,
            from_department_id=district.MARKET,
            to_department_id=district.HEALTH,
            to_unit="health",
            proposed_at=clock.now(),
        )
    return [
        authority.Sample(paths={"list_id": list_id, "code": "HJ01"}, insiders=(admin,)),
        authority.Sample(paths={"amendment_id": amendment_id}, insiders=(admin,)),
    ]


def _people(dispatch: clients.Api, case_id: str) -> list[authority.Sample]:
    """A shift of a subdistrict's desk, and a notice of somebody."""
    admin = {"roles": ["admin"], "areas": [district.DISTRICT]}
    begin = clock.now() + timedelta(days=500)
    shift = {
        "starts_at": clock.rfc3339(begin),
        "ends_at": clock.rfc3339(begin + timedelta(hours=8)),
        "first": {"person_id": ids.new(), "duty_name": "值班员"},
    }
    made = dispatch.client(**admin).post(
        "/dispatch/duty/shifts", json={"unit": district.SUBDISTRICT, "shifts": [shift]}
    )
    person, at = ids.new(), clock.now()
    facts = Facts(case_id=case_id, area=district.GRID, urgency="ordinary", category="env.cooking_fumes")
    told = Notice(
        person_id=person, kind=Kind.RED_CARD, cause="x", facts=facts, title="x", words="x", due_at=at
    )
    with dispatch.database.transaction() as tx:
        notice_id = notices.add(tx, [told], at=at)[0][0]
    return [
        authority.Sample(
            paths={"shift_id": made.json()["items"][0]["shift_id"]},
            insiders=(admin,),
            bodies={"PUT /dispatch/duty/shifts/<uuid:shift_id>": shift},
        ),
        authority.Sample(
            paths={"notice_id": notice_id}, insiders=({"roles": ["responder"], "person_id": person},)
        ),
    ]


def ladder_of(dispatch: clients.Api, ranking_id: str, task_id: str) -> dict[str, str]:
    """An assessment of the task, and what became of a month's table."""
    made = {name: ids.new() for name in ("proposal_id", "joint_id", "referral_id")}
    values = {**made, "ranking_id": ranking_id, "task_id": task_id, "area": district.DISTRICT}
    values |= {"department": district.MARKET, "person": ids.new()}
    with dispatch.database.transaction() as tx:
        tx.execute(
            "INSERT INTO assessments (task_id, order_id, case_id, area, department_id, points, score, is_negative,"
            " words, by_person, assessed_at, changed_at, state, version)"
            " SELECT task_id, order_id, case_id, area, department_id, '{}', 90, false, '', %(person)s, sent_at,"
            " sent_at, 'standing', 1 FROM task_facts WHERE task_id = %(task_id)s",
            values,
        )
        tx.execute(
            "INSERT INTO supervision_proposals (proposal_id, ranking_id, area, month, kind, organisation_id, grounds,"
            " proposed_at) VALUES (%(proposal_id)s, %(ranking_id)s, %(area)s, '2026-11', 'departments', %(department)s,"
            " ARRAY['long_run_low_rank'], now())",
            values,
        )
        tx.execute(
            "INSERT INTO joint_supervisions (supervision_id, proposal_id, ranking_id, area, organisation_id, words,"
            " rectify_on, state, opened_by, opened_at, version) VALUES (%(joint_id)s, %(proposal_id)s,"
            " %(ranking_id)s, %(area)s, %(department)s, '', now(), 'open', %(person)s, now(), 1)",
            values,
        )
        tx.execute(
            "INSERT INTO referrals (referral_id, proposal_id, area, organisation_id, passed_to, words, passed_by,"
            " passed_at, version) VALUES (%(referral_id)s, %(proposal_id)s, %(area)s, %(department)s, 'discipline',"
            " '', %(person)s, now(), 1)",
            values,
        )
    return made
