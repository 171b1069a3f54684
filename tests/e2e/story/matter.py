"""The acts of the matter: reported, whistled, handled, checked, called back, rated."""

from __future__ import annotations

import uuid
from typing import Any

from tests.e2e.story.stage import DEPARTMENTS, DISTRICT, ELSEWHERE, RESPONDERS, Stage
from tests.e2e.story.telling import Differs


def one_net(stage: Stage) -> None:
    stage.title("1 一张网: the district, its grids and its people")
    anyone = stage.anyone()
    levels = {
        level: stage.count(anyone, "/registry/areas", inside=DISTRICT, level=level)
        for level in ("subdistrict", "community")
    }
    kinds = {
        kind: stage.count(anyone, "/registry/grids", inside=DISTRICT, kind=kind)
        for kind in ("basic", "dedicated")
    }
    departments = stage.count(anyone, "/registry/departments")
    stage.same("subdistricts", levels["subdistrict"], 13)
    stage.same("communities", levels["community"], 139)
    stage.same("basic grids", kinds["basic"], 860)
    stage.same("dedicated grids", kinds["dedicated"], 354)
    stage.same("departments, and a group of party members", departments, 14)
    stage.line(
        "registry",
        f"13 subdistricts, 139 communities, {kinds['basic']} basic + {kinds['dedicated']} dedicated grids, "
        f"{departments - 1} departments and a group of party members",
    )


def report(stage: Stage) -> dict[str, Any]:
    stage.title("3 上报: a resident reports cooking fumes in 文化东路")
    resident = stage.as_("resident")
    home = stage.get(resident, "/registry/me")["home"]
    place = stage.get(stage.anyone(), f"/registry/grids/{home}")["centre"]
    case = stage.post(
        resident,
        "/cases",
        {
            "words": "楼下饭店油烟直排，呛得开不了窗。",
            "place": place,
            "address": "文化东路",
            "category": "env.cooking_fumes",
        },
        **{"Idempotency-Key": uuid.uuid4().hex},
    )
    stage.same("the grid the case fell into", case["area"], home)
    if not case["number"] or not case["responsible"]:
        raise Differs("the answer to the report lacks its number or who answers for the grid")
    who = "、".join(f"{person['duty_name']} {person['duty_phone']}" for person in case["responsible"])
    stage.line("resident", f"filed {case['number']} in {case['grid_name']} ({case['community_name']}): {who}")
    stage.moved("case_reported", case_id=case["case_id"])
    return case


def report_elsewhere(stage: Stage) -> dict[str, Any]:
    """A matter in another subdistrict, which the integrator must never see."""
    grids = stage.get(stage.anyone(), f"/registry/grids?inside={ELSEWHERE}&limit=1")["items"]
    elsewhere: dict[str, Any] = stage.post(
        stage.as_("resident"),
        "/cases",
        {"words": "路面有个坑。", "place": grids[0]["centre"], "category": "city.damaged_road"},
    )
    stage.line("resident", f"also filed {elsewhere['number']} in another subdistrict")
    return elsewhere


def whistle(stage: Stage, case: dict[str, Any]) -> None:
    stage.title("4 吹哨: the grid worker takes it, triages it and whistles three departments")
    worker = stage.as_("worker")
    path = f"/cases/{case['case_id']}"
    stage.line(
        "worker", f"took it: first handler is {stage.post(worker, f'{path}/take')['first_handler_by']}"
    )
    triaged = stage.post(worker, f"{path}/triage", {"urgency": "urgent"})
    stage.same("state after triage", triaged["state"], "triaged")
    stage.line("worker", "triaged it as valid and urgent")
    stage.moved("case_triaged", case_id=case["case_id"])
    whistled = stage.post(
        worker,
        f"{path}/whistle",
        {"kind": "grid_calls_offices", "departments": [f"{DISTRICT}-{kind}" for kind in DEPARTMENTS]},
    )
    stage.same("state after the whistle", whistled["state"], "handling")
    stage.line("worker", "whistled: market supervision, urban management and ecology must come")
    stage.moved("case_whistled", case_id=case["case_id"])
    opened = stage.moved("order_opened", case_id=case["case_id"])
    stage.same("tasks of the order", len(opened["data"]["tasks"]), 3)


def departments_come(stage: Stage, case: dict[str, Any]) -> None:
    stage.title("5 报到: each department signs, assigns, arrives, replies and finishes")
    for kind in DEPARTMENTS:
        responder = stage.as_(RESPONDERS[kind])
        task = stage.task(responder, case)
        path = f"/dispatch/tasks/{task['task_id']}"
        clocks = {clock["name"]: clock for clock in stage.get(responder, path)["clocks"]}
        stage.same("clocks of a task", sorted(clocks), ["arrive", "finish", "sign"])
        handler = stage.get(responder, "/registry/me")["person_id"]
        stage.post(responder, f"{path}/sign")
        stage.post(responder, f"{path}/assign", {"handler_id": handler})
        arrived = stage.post(responder, f"{path}/arrive", {"place": case["place"]})
        stage.same("distance to the place, metres", arrived["arrived_metres"], 0)
        stage.post(responder, f"{path}/reply", {"words": "已现场检查，净化设施恢复运行。"})
        finished = stage.post(responder, f"{path}/finish")
        stage.same("state of the task", finished["state"], "finished")
        stage.line(RESPONDERS[kind], f"signed, assigned, arrived, replied, finished ({kind})")
        for event in ("task_signed", "task_arrived", "task_replied", "task_finished"):
            stage.moved(event, task_id=task["task_id"])
    stage.moved("order_finished", case_id=case["case_id"])
    resolved = stage.moved("case_resolved", case_id=case["case_id"])
    stage.same("what resolved the case", resolved["data"]["resolved_by"], "orders")


def check_and_call_back(stage: Stage, case: dict[str, Any]) -> None:
    stage.title("6 核查回访: checked on site, called back, closed")
    worker = stage.as_("worker")
    path = f"/cases/{case['case_id']}"
    checked = stage.post(worker, f"{path}/check", {"passed": True, "words": "现场无异味。"})
    stage.same("state after the check", checked["state"], "checked")
    stage.line("worker", "checked on site: passed")
    stage.moved("case_checked", case_id=case["case_id"])
    closed = stage.post(
        stage.as_("operator"),
        f"{path}/call-back",
        {"reached": True, "met": True, "settled": True, "satisfaction": "very_satisfied"},
    )
    stage.same("state after the call-back", closed["state"], "closed")
    stage.line("operator", "called back: met, settled, very satisfied")
    stage.moved("case_called_back", case_id=case["case_id"])
    stage.moved("case_closed", case_id=case["case_id"])


def rate(stage: Stage, case: dict[str, Any]) -> None:
    caller = stage.as_("caller")
    for kind in DEPARTMENTS:
        responder = stage.as_(RESPONDERS[kind])
        task = stage.task(responder, case)
        path = f"/dispatch/tasks/{task['task_id']}/rating"
        stage.post(caller, path, {"score": 5})
        stage.post(responder, path, {"score": 5})
        for rater in ("caller", "responder"):
            stage.moved("rating_given", task_id=task["task_id"], rater=rater)
    stage.line("caller", "and the three responders rated each other")
