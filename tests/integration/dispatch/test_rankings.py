"""Monthly tables through the API: read, opened to their rows, downloaded, corrected; the rules they are made by."""

from __future__ import annotations

import csv
import io

import openpyxl

from services.dispatch.domain import indicators
from shared import clock
from tests.integration.dispatch.conftest import Running
from tests.integration.dispatch.months import Past, office, published, rows_of, table_of
from tests.support import district

__all__ = ["office", "published"]


def test_every_figure_opens_to_the_rows_it_was_counted_from(published: Past, office: Running) -> None:
    for kind in indicators.KINDS:
        table = table_of(office.supervisor, kind)
        figures = [(line, figure) for line in table["lines"] for figure in line["figures"]]
        assert figures
        for line, figure in figures:
            rows = rows_of(
                office.supervisor, table["ranking_id"], line["organisation_id"], figure["indicator"]
            )
            assert len(rows) == figure["denominator"]
            assert sum(row["points"] for row in rows) == figure["numerator"]
            assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
            assert all(row["case_id"] for row in rows)
        check = office.supervisor.get(f"/dispatch/rankings/{table['ranking_id']}/verification").json()
        assert check["holds"] is True
        assert check["recomputed"] == table["fingerprint"]


def test_a_department_sees_the_published_table_and_opens_its_own_rows(
    published: Past, office: Running
) -> None:
    market = office.responder(district.MARKET)
    table = table_of(market)

    assert [line["organisation_id"] for line in table["lines"]][:2] == [district.MARKET, district.URBAN]
    assert len(rows_of(market, table["ranking_id"], district.MARKET, "sign")) == 4
    assert rows_of(market, table["ranking_id"], district.URBAN, "sign") == 404


def test_a_subdistrict_opens_its_own_rows_and_not_those_of_others(published: Past, office: Running) -> None:
    table = table_of(office.caller, "subdistricts")

    assert len(rows_of(office.caller, table["ranking_id"], district.SUBDISTRICT, "on_time")) == 6
    assert rows_of(office.caller, table["ranking_id"], district.ELSEWHERE, "on_time") == 404
    departments = table_of(office.caller)
    assert rows_of(office.caller, departments["ranking_id"], district.MARKET, "sign") == 404


def test_the_table_is_a_file_for_spreadsheets(published: Past, office: Running) -> None:
    path = f"/dispatch/rankings/{table_of(office.supervisor)['ranking_id']}/table"

    # Nobody assessed anything here: 67.5 of 90.
    text = office.supervisor.get(path).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(office.supervisor.get(path, params={"format": "xlsx"}).content))

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:5] == ["名次", "单位", "得分", "计入事项", "签收及时率（%，权重10）"]
    assert [row[:5] for row in rows[1:3]] == [
        ["1", "market_supervision", "75.00", "4", "75.00"],
        ["2", "urban_management", "70.00", "2", "100.00"],
    ]
    assert rows[3][:2] == ["不参与排名", "ecology"]
    (sheet,) = book.worksheets
    assert [cell.value for cell in sheet[2]][:3] == [1, "market_supervision", 75]


def test_rules_are_versioned_and_begin_with_a_month_that_has_no_table(
    published: Past, office: Running
) -> None:
    admin = office.api.client(roles=["admin"], areas=[district.DISTRICT])
    body = {"area": district.DISTRICT, "kind": "departments", "from_month": "2026-10", "appeal_days": 3}

    late = admin.post("/dispatch/ranking-rules", json=body)
    made = admin.post("/dispatch/ranking-rules", json={**body, "from_month": "2031-01"})
    wrong = admin.post("/dispatch/ranking-rules", json={**body, "from_month": "2031-01", "weights": {"x": 1}})
    street = admin.post("/dispatch/ranking-rules", json={**body, "area": district.SUBDISTRICT})

    assert (late.status_code, late.json()["code"]) == (409, "month_drafted")
    assert (made.status_code, made.json()["appeal_days"]) == (201, 3)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "weights_wrong")
    assert (street.status_code, street.json()["code"]) == (422, "not_a_district")
    listed = admin.get("/dispatch/ranking-rules", params={"area": district.DISTRICT, "kind": "departments"})
    versions = listed.json()["items"]
    assert [one["version"] for one in versions] == [made.json()["version"], 1, 0]


def test_a_correction_needs_a_reason_and_the_newest_frozen_table(published: Past, office: Running) -> None:
    table = table_of(office.supervisor, "subdistricts")
    path = f"/dispatch/rankings/{table['ranking_id']}/corrections"

    bare = office.supervisor.post(path, json={})
    done = office.supervisor.post(path, json={"reason": "补录"})
    again = office.supervisor.post(path, json={"reason": "补录"})

    assert bare.status_code == 422
    assert (done.status_code, done.json()["version"], done.json()["state"]) == (201, 2, "frozen")
    assert (again.status_code, again.json()["code"]) == (409, "not_the_newest")


def test_what_the_api_does_to_a_task_is_what_rankings_count(running: Running) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    running.finish(whistle.order_id, district.MARKET)
    urban = running.tasks(whistle.order_id)[district.URBAN]
    responder = running.responder(district.URBAN)
    running.step(responder, urban, "return", ground="not_our_duty", words="非我职责")
    running.step(running.supervisor, urban, "ruling", upheld=True, to_department_id=district.HEALTH)

    facts_kept = running.rows(
        "SELECT department_id, run, is_sign_late, is_finish_late, sign_due_at, finished_at, upheld_at,"
        " NULLIF(ended_at, 'infinity') AS ended_at FROM task_facts WHERE order_id = %(o)s ORDER BY department_id",
        o=whistle.order_id,
    )

    health, market, gone = facts_kept
    assert (market["department_id"], market["is_sign_late"], market["is_finish_late"]) == (
        district.MARKET,
        False,
        False,
    )
    assert market["ended_at"] == market["finished_at"]
    assert (gone["department_id"], gone["run"], gone["upheld_at"] is not None) == (district.URBAN, 1, True)
    assert (health["department_id"], health["run"], health["upheld_at"]) == (district.HEALTH, 2, None)
    assert health["sign_due_at"] > clock.now()
