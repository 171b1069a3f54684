"""Whoever posted sees all of it, everybody else what is public, and nothing of residents leaks."""

from __future__ import annotations

from typing import Any

import pytest

from services.cases.schemas.catalogue import MatterEdit
from shared import ids
from tests.integration.cases.open311.conftest import LAT, LONG, ROAD, case_of, make_key
from tests.support import district
from tests.support.georeport import GeoReport


def test_everybody_sees_category_state_and_grid_of_public_matters_and_no_more(
    world: Any, public: GeoReport
) -> None:
    filed = world.report(category="city.damaged_road", words="王小明家门口有坑", address="文化东路 30 号")

    shown = public.request(filed["number"])

    assert (shown["service_code"], shown["status"]) == ("city.damaged_road", "open")
    assert shown["description"] is None
    assert shown["media_url"] is None
    assert shown["address"] == "第1网格, 和平路第三社区, 文东街道"
    assert (float(shown["lat"]), float(shown["long"])) == (36.605, 117.005)
    assert "王小明" not in str(shown)
    assert "30 号" not in str(shown)


def test_the_place_shown_to_everybody_says_nothing_of_where_in_the_grid(
    world: Any, public: GeoReport
) -> None:
    filed = world.report(category="env.noise", place={"longitude": 117.0012, "latitude": 36.6087})

    shown = public.request(filed["number"])

    assert (float(shown["lat"]), float(shown["long"])) == (36.605, 117.005)


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "dispute.neighbours"},
        {"category": "livelihood.low_income"},
        {"category": "env.noise", "is_confidential": True},
    ],
)
def test_peoples_own_business_is_shown_to_nobody(
    world: Any, public: GeoReport, client: GeoReport, changes: dict[str, Any]
) -> None:
    filed = world.report(**changes)

    for asking in (public, client):
        assert asking.errors(asking.ask(f"requests/{filed['number']}"))[0] == 404
        assert asking.errors(asking.ask(f"tokens/{filed['case_id']}"))[0] == 404
        assert asking.requests(service_request_id=filed["number"]) == []
        numbers = [one["service_request_id"] for one in asking.requests()]
        assert filed["number"] not in numbers


def test_what_is_published_is_the_jurisdictions_choice(
    world: Any, public: GeoReport, jurisdiction: Any
) -> None:
    filed = world.report(category="city.damaged_road", words="有坑", address="文化东路 30 号")
    quarrel = world.report(category="dispute.neighbours", words="吵")
    public.usual["jurisdiction_id"] = jurisdiction(published_themes=["disputes"])
    assert public.errors(public.ask(f"requests/{filed['number']}"))[0] == 404
    assert public.request(quarrel["number"])["description"] is None

    jurisdiction(shows_details=True)
    shown = public.request(filed["number"])

    assert (shown["description"], shown["address"]) == ("有坑", "文化东路 30 号")


def test_a_jurisdiction_shows_its_own_area_only(world: Any, admin: Any, public: GeoReport) -> None:
    filed = world.report(category="city.damaged_road")
    name = f"{ids.new()[-12:]}.example"
    made = admin.post(
        "/cases/open311/jurisdictions",
        json={"jurisdiction_id": name, "area": district.ELSEWHERE, "name": "东关街道"},
    )
    assert made.status_code == 201, made.text

    public.usual["jurisdiction_id"] = name

    assert public.errors(public.ask(f"requests/{filed['number']}"))[0] == 404


def test_one_key_does_not_open_what_was_posted_with_another(
    world: Any, admin: Any, client: GeoReport
) -> None:
    number = client.posted(service_code="dispute.neighbours", lat=LAT, long=LONG, description="楼上漏水")
    other = GeoReport(client.endpoint, client.form, api_key=make_key(admin))

    assert client.request(number)["description"] == "楼上漏水"
    assert other.errors(other.ask(f"requests/{number}"))[0] == 404


def test_a_token_of_events_gives_the_number(world: Any, client: GeoReport) -> None:
    number = client.posted(**ROAD)
    case_id = str(case_of(world, number)["case_id"])

    assert client.token(case_id) == [{"service_request_id": number, "token": case_id}]


def test_a_request_is_told_by_the_catalogue_it_was_filed_under(
    world: Any, admin: Any, public: GeoReport
) -> None:
    code, standard = "city.hanging_clothes", f"另一标准 {public.form}"
    filed = world.report(category=code)
    matter = admin.get(f"/cases/catalogue/{code}").json()
    edit = {name: matter[name] for name in MatterEdit().fields} | {
        "name": f"别的 {public.form}",
        "closing_standard": standard,
    }
    changed = admin.put(f"/cases/catalogue/{code}", json=edit, headers={"If-Match": "*"})
    assert changed.status_code == 200, changed.text

    before, after = public.request(filed["number"]), public.request(world.report(category=code)["number"])

    assert (before["service_name"], standard in before["service_notice"]) == (matter["name"], False)
    assert (after["service_name"], standard in after["service_notice"]) == (f"别的 {public.form}", True)
