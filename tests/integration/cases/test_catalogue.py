"""The catalogue edited by its admins: versions, the table, and what a release brings."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.cases import seed
from shared import db, ids
from tests.support import district
from tests.support.clients import Client


@pytest.fixture
def admin(world: Any) -> Client:
    client: Client = world.api.client(roles=["admin"], areas=[district.DISTRICT])
    return client


def matter(**changes: Any) -> dict[str, Any]:
    described = {
        "code": f"test.m{ids.new().replace('-', '')[-12:]}",
        "name": "井盖异响",
        "theme": "city_management",
        "mechanism": "general",
        "scope_class": "general",
        "sla_class": "two_days",
        "main_department_kind": "urban_management",
        "supporting_department_kinds": ["utilities"],
        "filing_standard": "车辆碾压井盖异响",
        "closing_standard": "无异响",
    }
    return {**described, **changes}


def add(admin: Client, **changes: Any) -> dict[str, Any]:
    answer = admin.post("/cases/catalogue", json=matter(**changes))
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def edit_of(shown: dict[str, Any], **changes: Any) -> dict[str, Any]:
    kept = {name: value for name, value in shown.items() if name not in ("code", "version", "is_active")}
    return {**kept, **changes}


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def announced(world: Any, code: str) -> list[dict[str, Any]]:
    rows = world.rows("SELECT data FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=code)
    return [row["data"] for row in rows]


def test_an_added_matter_may_be_reported_at_once(world: Any, admin: Client) -> None:
    answer = admin.post("/cases/catalogue", json=matter())

    shown = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert answer.headers["Location"] == f"/api/cases/catalogue/{shown['code']}"
    assert (shown["level"], shown["urgency"], shown["required_documents"]) == ("grid", "ordinary", [])
    assert world.report(category=shown["code"])["category_name"] == "井盖异响"
    assert announced(world, shown["code"]) == [
        {
            "category": shown["code"],
            "area": district.DISTRICT,
            "catalogue_version": 1,
            "sla_class": "two_days",
            "main_department_kind": "urban_management",
            "active": True,
        }
    ]


def test_a_change_is_a_new_version_and_matters_keep_the_one_they_were_filed_under(
    world: Any, admin: Client
) -> None:
    shown = add(admin)
    before = world.report(category=shown["code"])["case_id"]

    answer = admin.put(
        f"/cases/catalogue/{shown['code']}",
        json=edit_of(shown, sla_class="four_hours", level="community", name="新叫法"),
        headers={"If-Match": '"1"'},
    )

    after = world.report(category=shown["code"])
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert (after["sla_class"], after["level"]) == ("four_hours", "community")
    old = world.read(before)
    assert (old["sla_class"], old["category_name"]) == ("two_days", shown["name"])
    assert after["category_name"] == "新叫法"
    rows = world.rows(
        "SELECT category_version FROM cases WHERE category = %(c)s ORDER BY reported_at", c=shown["code"]
    )
    assert [row["category_version"] for row in rows] == [1, 2]
    versions = admin.get(f"/cases/catalogue/{shown['code']}/versions").json()["items"]
    assert [(one["version"], one["sla_class"], one["is_newest"]) for one in versions] == [
        (2, "four_hours", True),
        (1, "two_days", False),
    ]
    assert all(one["changed_by"] and one["changed_at"] for one in versions)
    assert [one["catalogue_version"] for one in announced(world, shown["code"])] == [1, 2]


def test_two_admins_do_not_overwrite_each_other(admin: Client) -> None:
    shown = add(admin)
    path, headers = f"/cases/catalogue/{shown['code']}", {"If-Match": '"1"'}
    admin.put(path, json=edit_of(shown, name="一"), headers=headers)

    late = admin.put(path, json=edit_of(shown, name="二"), headers=headers)
    blind = admin.put(path, json=edit_of(shown, name="二"))
    same = admin.put(path, json=edit_of(shown, name="一"), headers={"If-Match": '"2"'})

    assert [told(late), told(blind), told(same)] == [
        (412, "stale"),
        (428, "precondition_required"),
        (409, "nothing_changed"),
    ]


def test_a_retired_matter_is_reported_no_more_and_can_come_back(world: Any, admin: Client) -> None:
    shown = add(admin)
    path = f"/cases/catalogue/{shown['code']}"

    retired = admin.post(f"{path}/retire")
    again = admin.post(f"{path}/retire")

    assert (retired.json()["is_active"], retired.json()["version"]) == (False, 2)
    assert told(again) == (409, "nothing_changed")
    assert world.resident.post("/cases", json=_report(shown["code"])).json()["code"] == "unknown_category"
    assert shown["code"] not in codes(admin, words=shown["code"])
    assert codes(admin, words=shown["code"], is_active="false") == [shown["code"]]
    back = admin.put(path, json=edit_of(shown), headers={"If-Match": '"2"'}).json()
    assert (back["is_active"], back["version"]) == (True, 3)
    assert world.resident.post("/cases", json=_report(shown["code"])).status_code == 201


def _report(category: str) -> dict[str, Any]:
    return {"words": "井盖响", "place": district.IN_GRID, "category": category}


def codes(client: Client, **filters: str) -> list[str]:
    answer = client.get("/cases/catalogue", params={"limit": "200", **filters})
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["items"]]


def test_the_catalogue_is_narrowed_by_what_matters_are(world: Any, admin: Client) -> None:
    everybody = world.api.stranger()

    assert len(codes(everybody)) >= 60
    fumes = "env.cooking_fumes"
    assert fumes in codes(everybody, theme="environment", mechanism="coordination", scope_class="regional")
    assert fumes in codes(everybody, department_kind="ecology", sla_class="five_days", urgency="ordinary")
    assert fumes not in codes(everybody, theme="safety")
    assert fumes not in codes(everybody, department_kind="education")
    assert codes(everybody, words="油烟扰民") == [fumes]
    assert codes(everybody, level="district") == []
    assert codes(everybody, words="100%") == []


def test_a_code_is_added_once_also_by_many_at_once(admin: Client) -> None:
    body = matter()

    def post(_: int) -> int:
        return admin.post("/cases/catalogue", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(post, range(6)))

    assert statuses == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "nodot"},
        {"code": "Env.x"},
        {"code": "env.x\n"},
        {"name": " "},
        {"mechanism": "magic"},
        {"level": "city"},
        {"main_department_kind": "城管"},
        {"supporting_department_kinds": ["urban_management"]},
        {"supporting_department_kinds": ["health", "health"]},
        {"required_documents": ["a", "a"]},
        {"required_documents": ["身份证、户口簿"]},
        {"filing_standard": ""},
        {"unknown": 1},
    ],
)
def test_a_matter_that_makes_no_sense_is_refused(admin: Client, wrong: dict[str, Any]) -> None:
    assert told(admin.post("/cases/catalogue", json=matter(**wrong))) == (422, "invalid")


def test_only_admins_with_an_area_edit_the_catalogue(world: Any) -> None:
    nowhere = world.api.client(roles=["admin"])

    assert told(nowhere.post("/cases/catalogue", json=matter())) == (403, "outside_every_area")
    assert told(world.supervisor.post("/cases/catalogue", json=matter())) == (403, "forbidden")


def test_what_nobody_has_is_not_found(admin: Client) -> None:
    assert told(admin.get("/cases/catalogue/no.such")) == (404, "not_found")
    assert admin.get("/cases/catalogue/no.such/versions").json()["items"] == []
    assert told(admin.post("/cases/catalogue/no.such/retire")) == (404, "not_found")


# --- the table


def upload(admin: Client, text: str | bytes, **query: str) -> Any:
    body = text.encode() if isinstance(text, str) else text
    headers = {"Content-Type": "text/csv"}
    return admin.post("/cases/catalogue/import", data=body, params=query, headers=headers)


def exported(admin: Client) -> str:
    answer = admin.get("/cases/catalogue/export")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.content.decode("utf-8-sig")


def test_what_is_exported_is_imported_without_a_change(admin: Client) -> None:
    add(admin, name="=1+1", required_documents=["身份证", "户口簿"])

    answer = upload(admin, exported(admin))

    assert answer.status_code == 200, answer.text
    counted = answer.json()
    assert (counted["added"], counted["changed"], counted["retired"]) == ([], [], [])
    assert counted["unchanged"] >= 60


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_adds_changes_and_retires_in_one_go(world: Any, admin: Client, encoding: str) -> None:
    changed, retired, new = add(admin)["code"], add(admin)["code"], matter()["code"]
    titles, *lines = exported(admin).splitlines()
    (first,) = [line for line in lines if line.startswith(changed)]
    (second,) = [line for line in lines if line.startswith(retired)]
    rows = [
        first.replace("井盖异响", "井盖松动", 1),
        second[: -len("是")] + "否",
        first.replace(changed, new),
    ]
    text = "\r\n".join([titles, *rows]).encode(encoding)

    tried = upload(admin, text, dry_run="true").json()
    before = admin.get(f"/cases/catalogue/{changed}").json()["version"]
    done = upload(admin, text).json()

    assert tried == done == {"added": [new], "changed": [changed], "retired": [retired], "unchanged": 0}
    assert before == 1
    assert admin.get(f"/cases/catalogue/{changed}").json()["name"] == "井盖松动"
    assert admin.get(f"/cases/catalogue/{retired}").json()["is_active"] is False
    assert admin.get(f"/cases/catalogue/{new}").json()["version"] == 1
    assert [len(announced(world, code)) for code in (changed, retired, new)] == [2, 2, 1]


def test_a_trial_and_the_import_itself_are_two_requests_under_one_key(admin: Client) -> None:
    key = {"Idempotency-Key": ids.new(), "Content-Type": "text/csv"}
    body = exported(admin).encode()

    trial = admin.post("/cases/catalogue/import", data=body, params={"dry_run": "true"}, headers=key)
    done = admin.post("/cases/catalogue/import", data=body, headers=key)

    assert trial.status_code == 200
    assert told(done) == (422, "key_reused")


def test_one_wrong_row_keeps_the_whole_table_out_and_every_wrong_cell_is_named(admin: Client) -> None:
    good = add(admin)
    titles, *lines = exported(admin).splitlines()
    (line,) = [line for line in lines if line.startswith(good["code"])]
    rows = [
        line.replace("井盖异响", "改名", 1),
        line.replace(good["code"], "坏编码").replace("一般性", "魔法", 1),
        line,
        line.replace(good["code"], "test.flag")[: -len("是")] + "也许",
        "",
        "一,二,三",
    ]

    answer = upload(admin, "\r\n".join([titles, *rows]))

    assert told(answer) == (422, "wrong_rows")
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/rows/3/事项编码",
        "/rows/3/处置机制",
        "/rows/4/事项编码",
        "/rows/5/在用",
        "/rows/7",
    }
    assert admin.get(f"/cases/catalogue/{good['code']}").json()["name"] == "井盖异响"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "not_a_catalogue"), (b"a,b\n1,2", "not_a_catalogue"), (b"\xff\xfe\x00", "not_a_catalogue")],
)
def test_a_file_that_is_no_table_is_refused(admin: Client, body: bytes, code: str) -> None:
    assert told(upload(admin, body)) == (422, code)


def test_a_file_broken_off_inside_quotes_names_the_line_and_changes_nothing(
    world: Any, admin: Client
) -> None:
    before = world.rows("SELECT max(changed_at) AS at, count(*) AS n FROM matters")
    titles, *lines = exported(admin).splitlines()
    cut = "\r\n".join([titles, lines[0].replace("一般性", "改", 1), lines[1], '"env.noise","噪声'])

    answer = upload(admin, cut)

    assert told(answer) == (422, "not_a_catalogue")
    assert answer.json()["arguments"]["line"] == 4
    assert "line 4" in answer.json()["detail"]
    assert world.rows("SELECT max(changed_at) AS at, count(*) AS n FROM matters") == before


# --- what a release brings


def newest(database: db.Database) -> dict[str, dict[str, Any]]:
    with database.transaction(read_only=True) as tx:
        rows = tx.execute("SELECT * FROM matters WHERE is_newest").fetchall()
    return {row["code"]: row for row in rows}


def test_a_release_brings_what_is_new_and_touches_no_edit(database: Callable[[str], db.Database]) -> None:
    deployed = database("cases")
    with deployed.transaction() as tx:
        tx.execute("DELETE FROM matters WHERE code = 'env.odour'")
        tx.execute("UPDATE matters SET name = '我们的叫法' WHERE code = 'env.noise'")
        tx.execute("UPDATE matters SET is_active = false WHERE code = 'env.pests'")
        # As the release before left it.
        tx.execute(
            "UPDATE matters SET level = NULL, required_documents = NULL WHERE code = 'service.elderly_help'"
        )
        tx.execute("INSERT INTO departments VALUES ('370102-ecology', '370102', 'ecology', '生态', true, 1)")

    for _ in range(2):
        seed.load(deployed)

    matters = newest(deployed)
    assert matters["env.odour"]["version"] == 1
    assert (matters["env.noise"]["name"], matters["env.noise"]["version"]) == ("我们的叫法", 1)
    assert matters["env.pests"]["is_active"] is False
    assert matters["service.elderly_help"]["level"] == "grid"
    assert matters["service.elderly_help"]["required_documents"] == ["老年人身份证", "代办委托书"]
    with deployed.transaction(read_only=True) as tx:
        said = tx.execute("SELECT subject, area FROM outbox").fetchall()
    assert said == [{"subject": "env.odour", "area": "370102"}]
