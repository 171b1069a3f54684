"""The generated documents: what a route declares stands in OpenAPI, what an event declares in AsyncAPI."""

from __future__ import annotations

from typing import Any

import pytest

from shared import contracts, docs

PLACEHOLDER = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    return docs.openapi("cases")


def test_a_write_documents_its_body_its_headers_and_each_of_its_answers(cases: dict[str, Any]) -> None:
    operation = cases["paths"]["/cases/{case_id}/whistle"]["post"]

    assert operation["requestBody"]["required"]
    assert {parameter["name"] for parameter in operation["parameters"]} == {
        "case_id",
        "Idempotency-Key",
        "If-Match",
    }
    assert operation["x-roles"] == ["caller", "community_officer", "grid_lead", "grid_worker"]
    assert set(operation["responses"]) == {
        "200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503",
    }  # fmt: skip
    assert "`already_called`" in operation["responses"]["409"]["description"]
    assert operation["responses"]["409"]["content"] == PLACEHOLDER


def test_a_read_documents_neither_body_nor_what_only_writes_answer(cases: dict[str, Any]) -> None:
    operation = cases["paths"]["/cases/{case_id}"]["get"]

    assert "requestBody" not in operation
    assert not {"409", "412", "413", "415"} & set(operation["responses"])
    assert [parameter["schema"] for parameter in operation["parameters"]] == [
        {"type": "string", "format": "uuid"}
    ]


def test_a_public_route_needs_no_token_and_every_other_does(cases: dict[str, Any]) -> None:
    security = {
        (path, method): operation["security"]
        for path, methods in cases["paths"].items()
        for method, operation in methods.items()
    }

    assert security.pop(("/cases/catalogue", "get")) == []
    assert security.pop(("/cases/catalogue/{code}", "get")) == []
    for path in ("/cases/notices", "/cases/notices/{notice_id}"):
        assert security.pop((path, "get")) == []
    # A standard that knows api_keys and no tokens.
    open311 = [security.pop(key) for key in list(security) if key[0].startswith("/open311/")]
    assert open311
    assert not any(open311)
    assert set(map(str, security.values())) == {"[{'token': []}]"}


def test_a_list_documents_its_page_and_how_to_get_the_next(cases: dict[str, Any]) -> None:
    operation = cases["paths"]["/cases"]["get"]

    assert {p["name"] for p in operation["parameters"]} >= {"cursor", "limit", "area", "state", "mine"}
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/CaseSummaryPage"}
    assert set(cases["components"]["schemas"]["CaseSummaryPage"]["properties"]) == {
        "items", "next_cursor", "total", "total_is_capped",
    }  # fmt: skip


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_every_operation_has_a_name_of_its_own_and_a_summary(service: str) -> None:
    operations = [o for methods in docs.openapi(service)["paths"].values() for o in methods.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_every_path_begins_with_its_service(service: str) -> None:
    described = docs.openapi(service)["paths"]
    # What standards fix lies beside the interface, and says so.
    fixed = {path for path in described if path.startswith(("/.well-known/", "/open311/"))}
    paths = set(described) - fixed

    assert all(
        operation["servers"] == [{"url": "/"}] for path in fixed for operation in described[path].values()
    )
    assert [path for path in paths if path != f"/{service}" and not path.startswith(f"/{service}/")] == []


def test_every_event_has_its_channel_its_message_and_its_consumers() -> None:
    document = docs.asyncapi()

    for event in contracts.all_events():
        name = event.type.removeprefix("yiwang.")
        assert document["channels"][name]["address"] == f"{event.topic()}.{{area}}"
        assert document["channels"][name]["x-consumers"] == list(event.consumers)
        payload = document["components"]["messages"][name]["payload"]
        assert payload["properties"]["data"] == {"$ref": f"#/components/schemas/{event.__name__}"}
        assert event.__name__ in document["components"]["schemas"]


def test_errors_in_the_form_of_a_standard_are_described_in_it(cases: dict[str, Any]) -> None:
    operation = cases["paths"]["/open311/v2/requests.{form}"]["post"]

    assert set(operation["requestBody"]["content"]) == {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
    assert operation["parameters"][0]["schema"] == {"type": "string", "enum": ["json", "xml"]}
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["type"] == "array"
    assert set(operation["responses"]) == {"200", "400", "401", "403", "404", "429", "503"}
    refusal = operation["responses"]["400"]["content"]
    assert refusal["application/json"]["schema"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/ErrorView"},
    }
    assert "text/xml" in refusal


def test_a_body_that_is_a_file_says_what_it_may_be(cases: dict[str, Any]) -> None:
    body = cases["paths"]["/cases/{case_id}/attachments"]["post"]["requestBody"]

    assert body["required"]
    assert {"image/jpeg", "application/pdf", "multipart/form-data"} <= set(body["content"])
    form = cases["components"]["schemas"]["AttachmentForm"]
    assert form["properties"]["file"] == {"type": "string", "format": "binary"}
