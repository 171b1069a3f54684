"""What admins decide about Open311 in their areas."""

from __future__ import annotations

from typing import Any

from tests.integration.cases.open311.conftest import USUAL
from tests.support import district
from tests.support.georeport import GeoReport


def test_an_admin_decides_in_their_own_areas_only(world: Any, admin: Any, jurisdiction: Any) -> None:
    name = jurisdiction()
    other = world.api.client(roles=["admin"], areas=["370103"])
    described = {"area": district.DISTRICT, "name": "x"}

    assert other.put(f"/cases/open311/jurisdictions/{name}", json=described).status_code == 404
    assert (
        other.post(
            "/cases/open311/jurisdictions", json={**described, "jurisdiction_id": "x.example"}
        ).status_code
        == 403
    )
    assert (
        admin.put(f"/cases/open311/jurisdictions/{name}", json={**described, "area": "370103"}).status_code
        == 403
    )
    wanted = {"name": "x", "areas": [district.DISTRICT, "370103"]}
    assert admin.post("/cases/open311/keys", json=wanted).status_code == 403
    assert name not in other.get("/cases/open311/jurisdictions").text
    assert (
        admin.post("/cases/open311/jurisdictions", json={**described, "jurisdiction_id": name}).status_code
        == 409
    )


def test_questions_are_the_deployments_to_change(world: Any, admin: Any, public: GeoReport) -> None:
    asked = {
        "code": "DEPTH",
        "datatype": "number",
        "description": "坑深（厘米）",
        "required": True,
    }
    path = "/cases/open311/questions/city.road_cleaning"

    changed = admin.put(path, json={"questions": [asked]})

    assert changed.status_code == 200, changed.text
    assert public.definition("city.road_cleaning")["attributes"][0]["code"] == "DEPTH"
    assert admin.get(path).json()["questions"][0]["code"] == "DEPTH"
    assert admin.put(path, json={"questions": [asked, asked]}).status_code == 422
    assert admin.put(path, json={"questions": [{**asked, "datatype": "singlevaluelist"}]}).status_code == 422
    assert admin.put("/cases/open311/questions/no.such", json={"questions": []}).status_code == 404
    assert admin.put(path, json={"questions": []}).json() == {"questions": []}


def test_of_several_jurisdictions_one_must_be_named_unless_one_is_the_default(
    admin: Any, public: GeoReport, default_jurisdiction: str, jurisdiction: Any
) -> None:
    name = jurisdiction()
    path = f"/cases/open311/jurisdictions/{default_jurisdiction}"
    assert admin.put(path, json={**USUAL, "is_default": False}).status_code == 200

    unnamed = public.ask("services")
    named = public.ask("services", jurisdiction_id=name)
    found = public.ask("discovery")
    assert admin.put(path, json={**USUAL, "is_default": True}).status_code == 200

    status, told = public.errors(unnamed)
    assert (status, "jurisdiction_id" in told[0]) == (400, True)
    assert (named.status_code, found.status_code) == (200, 200)
    assert public.services()
