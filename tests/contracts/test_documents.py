"""The documents integrators read are fresh and valid. Write them anew with `make docs`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from shared import contracts, docs


def test_the_generated_documents_are_what_the_code_declares_now() -> None:
    made = docs.documents()
    kept = {path: path.read_text(encoding="utf-8") for path in made if path.exists()}

    stale = [path.name for path, text in made.items() if kept.get(path) != text]

    assert stale == [], "run make docs"
    assert set((docs.ROOT / "docs" / "openapi").glob("*")) <= set(made)


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_the_openapi_document_is_one_clients_can_be_made_from(service: str) -> None:
    document = docs.openapi(service)

    operations = [made.ok() for made in schemathesis.openapi.from_dict(document).get_all_operations()]

    assert document["openapi"].startswith("3.1.")
    assert len(operations) == sum(len(methods) for methods in document["paths"].values())
    for operation in operations:
        in_path = set(re.findall(r"{(\w+)}", operation.path))
        declared = {parameter.name for parameter in operation.path_parameters}
        assert in_path == declared, operation.label


@pytest.mark.parametrize("name", [*contracts.SERVICES, "events"])
def test_every_schema_is_json_schema_and_every_reference_leads_somewhere(name: str) -> None:
    document = docs.asyncapi() if name == "events" else docs.openapi(name)
    root = Resource.from_contents(document, default_specification=DRAFT202012)
    resolver = Registry().with_resource("", root).resolver()

    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        resolver.lookup(reference)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "$ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)
