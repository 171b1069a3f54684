"""Appeals against rows of a table: by whom, decided by whom, and what becomes of the table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock, ids
from tests.integration.dispatch.conftest import Running
from tests.integration.dispatch.months import Past, assess, october, office, rows_of, table_of
from tests.support import clients, district

__all__ = ["office"]


class Hearing:
    """October's tables, just drafted, so that their windows are open."""

    def __init__(self, office: Running) -> None:
        self.office = office
        self.past = Past(office.database, office.feed)
        with office.database.transaction() as tx:
            tx.execute("TRUNCATE task_facts, handlings, answers, rankings, assessments CASCADE")
        self.past.set_rules()
        self.made = october(self.past)
        assess(self.past, self.made["t1"], 90, "10-16 10:00")
        self.past.keep(clock.now())
        self.market = office.responder(district.MARKET)
        self.supervisor = office.supervisor

    def ranking_id(self, kind: Any = "departments") -> str:
        return str(self.past.tables(kind)[-1]["ranking_id"])

    def against(self, organisation: str, indicator: str, kind: Any = "departments") -> list[str]:
        """The subjects that count against an organisation."""
        rows = rows_of(self.supervisor, self.ranking_id(kind), organisation, indicator)
        return [row["task_id"] or row["case_id"] for row in rows if row["points"] == 0]

    def appeal(
        self,
        client: clients.Client,
        organisation: str,
        indicator: str,
        subject: str,
        kind: Any = "departments",
    ) -> Any:
        body = {"organisation_id": organisation, "indicator": indicator, "subject": subject}
        return client.post(
            f"/dispatch/rankings/{self.ranking_id(kind)}/appeals",
            json={**body, "ground": "wrong_record", "words": "系统登记有误"},
        )

    def rule(self, appeal_id: str, *, upheld: bool, client: clients.Client | None = None) -> Any:
        return (client or self.supervisor).post(
            f"/dispatch/ranking-appeals/{appeal_id}/ruling", json={"upheld": upheld, "words": "已核"}
        )

    def asked(self) -> tuple[str, str]:
        """Market supervision's appeal against its one late task: (appeal, task)."""
        (late,) = self.against(district.MARKET, "on_time")
        answer = self.appeal(self.market, district.MARKET, "on_time", late)
        assert answer.status_code == 201, answer.text
        return answer.json()["appeal_id"], late


@pytest.fixture
def hearing(office: Running) -> Hearing:
    return Hearing(office)


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", answer.json().get("state", ""))


def test_an_organisation_appeals_against_its_own_rows_once(hearing: Hearing) -> None:
    (late,) = hearing.against(district.MARKET, "on_time")
    (late_street, *_) = hearing.against(district.SUBDISTRICT, "on_time", "subdistricts")
    in_time = next(
        row["task_id"]
        for row in rows_of(hearing.supervisor, hearing.ranking_id(), district.MARKET, "on_time")
        if row["points"] == 1
    )
    urban, caller = hearing.office.responder(district.URBAN), hearing.office.caller

    others = hearing.appeal(urban, district.MARKET, "on_time", late)
    street = hearing.appeal(caller, district.MARKET, "on_time", late)
    strange = hearing.appeal(hearing.market, district.MARKET, "on_time", ids.new())
    favour = hearing.appeal(hearing.market, district.MARKET, "on_time", in_time)
    assessed = hearing.appeal(hearing.market, district.MARKET, "assessed", hearing.made["t1"])
    first = hearing.appeal(hearing.market, district.MARKET, "on_time", late)
    again = hearing.appeal(hearing.market, district.MARKET, "on_time", late)
    own_street = hearing.appeal(caller, district.SUBDISTRICT, "on_time", late_street, "subdistricts")

    assert [others.status_code, street.status_code, strange.status_code] == [404] * 3
    assert told(favour) == (409, "row_in_favour")
    assert told(assessed) == (409, "assessment_by_itself")
    assert told(first) == (201, "asked")
    assert told(again) == (409, "row_appealed_already")
    assert told(own_street) == (201, "asked")
    assert hearing.past.events(hearing.ranking_id())[-1] == "ranking_appealed"

    def listed(client: clients.Client) -> set[str]:
        items = client.get("/dispatch/ranking-appeals", params={"state": "asked"}).json()["items"]
        return {one["appeal_id"] for one in items}

    mine, streets = first.json()["appeal_id"], own_street.json()["appeal_id"]
    assert listed(hearing.market) == {mine}
    assert listed(caller) == {streets}
    assert listed(hearing.supervisor) == {mine, streets}
    assert listed(urban) == set()
    assert urban.get(f"/dispatch/ranking-appeals/{mine}").status_code == 404


def test_an_appeal_that_is_upheld_takes_its_row_out_of_that_figure_of_the_draft(hearing: Hearing) -> None:
    appeal_id, late = hearing.asked()
    before = hearing.past.counts(district.MARKET)
    own = hearing.office.api.client(
        roles=["supervisor", "responder"], areas=[district.DISTRICT], department=district.MARKET
    )

    partial = hearing.rule(appeal_id, upheld=True, client=own)
    ruled = hearing.rule(appeal_id, upheld=True)
    again = hearing.rule(appeal_id, upheld=False)
    computed = hearing.past.keep(clock.now())

    assert told(partial) == (409, "own_appeal")
    assert told(ruled) == (200, "upheld")
    assert told(again) == (409, "appeal_decided")
    assert computed == 1
    after = hearing.past.counts(district.MARKET)
    assert (before["on_time"], after["on_time"]) == ((3, 4), (3, 3))
    assert {**after, "on_time": None} == {**before, "on_time": None}
    rows = rows_of(hearing.supervisor, hearing.ranking_id(), district.MARKET, "on_time")
    assert late not in {row["task_id"] for row in rows}
    assert late in {
        row["task_id"] for row in rows_of(hearing.market, hearing.ranking_id(), district.MARKET, "sign")
    }
    check = hearing.supervisor.get(f"/dispatch/rankings/{hearing.ranking_id()}/verification").json()
    assert check["holds"] is True
    assert table_of(hearing.supervisor)["state"] == "draft"
    assert hearing.past.keep(clock.now()) == 0


def test_an_appeal_that_is_rejected_leaves_the_table_as_it_was(hearing: Hearing) -> None:
    appeal_id, late = hearing.asked()
    before = hearing.past.tables()

    ruled = hearing.rule(appeal_id, upheld=False)

    assert told(ruled) == (200, "rejected")
    assert hearing.past.keep(clock.now()) == 0
    assert hearing.past.tables() == before
    again = hearing.appeal(hearing.market, district.MARKET, "on_time", late)
    assert told(again) == (409, "row_appealed_already")


def test_a_ruling_after_the_freeze_makes_the_next_version_once(hearing: Hearing) -> None:
    appeal_id, late = hearing.asked()
    hearing.past.keep(clock.now() + timedelta(days=7))
    (frozen,) = (one for one in hearing.past.tables() if one["month"] == "2026-10")
    other = hearing.against(district.MARKET, "sign")[0]

    closed = hearing.appeal(hearing.market, district.MARKET, "sign", other)
    ruled = hearing.rule(appeal_id, upheld=True)
    done = hearing.past.keep(clock.now())

    assert frozen["state"] == "frozen"
    assert told(closed) == (409, "window_closed")
    assert told(ruled) == (200, "upheld")
    assert done == 1
    assert hearing.past.keep(clock.now()) == 0
    kept, new = (one for one in hearing.past.tables() if one["month"] == "2026-10")
    assert kept == frozen
    assert (new["version"], new["state"], new["reason"]) == (2, "frozen", "申诉成立，1 条记录不再计入")
    assert hearing.past.counts(district.MARKET)["on_time"] == (3, 3)
    shown = hearing.market.get(f"/dispatch/ranking-appeals/{appeal_id}").json()
    assert shown["left_out_of"] == str(new["ranking_id"])
    assert late in hearing.past.rows("SELECT subject::text FROM ranking_appeals")[0]["subject"]
