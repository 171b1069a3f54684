"""What may be reported, as clients of the standard find it."""

from __future__ import annotations

from typing import Any

from shared import ids
from tests.support.georeport import GeoReport


def test_the_service_is_discovered(world: Any, public: GeoReport) -> None:
    for root in (f"{world.api.url}/open311", f"{world.api.url}/open311/v2"):
        found = GeoReport(root, public.form).get("discovery")

        (endpoint,) = found["endpoints"]
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert endpoint["url"].endswith("/open311/v2")
        assert endpoint["formats"] == ["text/xml", "application/json"]
        assert endpoint["type"] == "production"
        assert found["contact"]
        assert found["key_service"].startswith("http")
        assert found["changeset"].endswith("+08:00")


def test_services_are_the_catalogue(public: GeoReport) -> None:
    services = {service["service_code"]: service for service in public.services()}

    road = services["city.damaged_road"]
    assert (road["service_name"], road["type"], road["group"]) == ("道路破损", "realtime", "城市管理")
    assert str(road["metadata"]).lower() == "false"
    assert road["description"]
    assert str(services["livelihood.water_power_heat"]["metadata"]).lower() == "true"


def test_a_definition_lists_what_is_asked(public: GeoReport) -> None:
    found = public.definition("livelihood.water_power_heat")

    assert found["service_code"] == "livelihood.water_power_heat"
    supply, since = found["attributes"]
    assert (supply["code"], supply["datatype"], str(supply["order"])) == ("SUPPLY", "singlevaluelist", "1")
    assert str(supply["required"]).lower() == "true"
    assert {"key": "water", "name": "水"} in supply["values"]
    assert (since["datatype"], since["values"] or []) == ("datetime", [])


def test_what_does_not_exist_is_told_in_the_standards_form(public: GeoReport) -> None:
    assert public.errors(public.ask("services/city.flying_carpet"))[0] == 404
    assert public.errors(public.ask("services", jurisdiction_id="nowhere.example"))[0] == 404
    assert public.errors(public.ask("requests/000000000000"))[0] == 404
    assert public.errors(public.ask("tokens/12345"))[0] == 404
    assert public.errors(public.ask(f"tokens/{ids.new()}"))[0] == 404
    assert public.errors(public.ask("requests", api_key="wrong"))[0] == 403


def test_pages_of_other_sites_may_read_every_answer(public: GeoReport) -> None:
    for answer in (public.ask("services"), public.ask("requests"), public.ask("services/city.flying_carpet")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
