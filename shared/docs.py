"""Writes the documents integrators read: OpenAPI per service and AsyncAPI for the events.

`python -m shared.docs` writes `docs/openapi/<service>.yaml` and `docs/asyncapi.yaml`; a test compares
them with what the code declares.
"""

import importlib
import json
import re
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from shared import auth, contracts, errors
from shared.http import File, Route, forms, page_of, routes_of, schemas
from shared.http.routes import JSON

ROOT = Path(__file__).resolve().parents[1]
_PARAMETER = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<options>[^)]*)\))?:)?(?P<name>\w+)>")
_BY_CONVERTER: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0},
}
# What any route may answer, whatever it does.
_COMMON: tuple[type[errors.Error], ...] = (
    errors.Malformed,
    errors.NotFound,
    errors.TooMany,
    errors.Invalid,
    errors.Unavailable,
)
_FOR_WRITES: tuple[type[errors.Error], ...] = (
    errors.Conflict,
    errors.Stale,
    errors.TooLarge,
    errors.Unsupported,
)
_DESCRIBED_ONCE: tuple[type[errors.Error], ...] = (
    *_COMMON,
    *_FOR_WRITES,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.PreconditionRequired,
)


def documents() -> dict[Path, str]:
    """Every generated document by its path."""
    made = {ROOT / "docs" / "asyncapi.yaml": _yaml(asyncapi())}
    for service in contracts.SERVICES:
        made[ROOT / "docs" / "openapi" / f"{service}.yaml"] = _yaml(openapi(service))
    return made


def openapi(service: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service's API."""
    api = importlib.import_module(f"services.{service}.api").Api
    about = importlib.import_module(f"services.{service}").__doc__ or service
    marshmallow = MarshmallowPlugin()
    spec = APISpec(
        title=f"Yiwang {service}",
        version="1",
        openapi_version="3.1.0",
        info={"description": about.strip()},
        servers=[{"url": "/api", "description": "Behind the front door"}],
        plugins=[marshmallow],
    )
    assert marshmallow.converter is not None
    marshmallow.converter.add_attribute_function(_file_properties)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.schema("Problem", schema=schemas.Problem)
    for kind in _DESCRIBED_ONCE:
        spec.components.response(str(kind.status), _problem(kind))
    for route in routes_of(api):
        spec.path(path=_path(route), operations={route.method.lower(): _operation(route, service)})
    document: dict[str, Any] = spec.to_dict()
    return document


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all events."""
    spec = APISpec(title="events", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for event in contracts.all_events():
        name = event.type.removeprefix("yiwang.")
        spec.components.schema(event.__name__, schema=contracts.schema_of(event))
        messages[name] = {
            "name": event.type,
            "summary": " ".join((event.__doc__ or "").split()),
            "contentType": "application/cloudevents+json",
            "payload": _envelope(event),
        }
        channels[name] = {
            "address": f"{event.topic()}.{{area}}",
            "parameters": {
                "area": {
                    "description": "The area code, dotted: 37.01.02.007.003.001",
                    "examples": ["37.01.02"],
                }
            },
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "x-consumers": list(event.consumers),
        }
        operations[name] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Yiwang events",
            "version": "1",
            "description": "Every state change another system may care about. Envelopes are CloudEvents 1.0 in JSON "
            "structured mode on the topic exchange `yiwang.events`; see docs/integrators.md.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": spec.to_dict().get("components", {}).get("schemas", {}),
        },
    }


def _envelope(event: type[contracts.Event]) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "area", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"const": f"/yiwang/{event.publisher}"},
            "type": {"const": event.type},
            "subject": text,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": text,
            "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
            "area": {"type": "string", "pattern": "^[0-9]{4,17}$"},
            "traceparent": text,
            "data": {"$ref": f"#/components/schemas/{event.__name__}"},
        },
    }


def _path(route: Route) -> str:
    return _PARAMETER.sub(lambda match: f"{{{match['name']}}}", route.path)


def _operation(route: Route, service: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [service],
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if not route.path.startswith(f"/{service}"):
        # Addresses that standards fix lie beside the interface, not under it.
        operation["servers"] = [{"url": "/"}]
    if route.description:
        operation["description"] = "\n".join(line.strip() for line in route.description.splitlines())
    if route.roles is not auth.PUBLIC:
        operation["security"] = [{"token": []}]
        operation["x-roles"] = sorted(route.roles) if route.roles != auth.ANYONE else ["any role"]
    else:
        operation["security"] = []
    content: dict[str, Any] = {}
    if route.body is not None:
        content[JSON] = {"schema": route.body}
    for media_type in route.raw_body:
        is_text = media_type.startswith("text/")
        content[media_type] = {"schema": {} if is_text else {"type": "string", "format": "binary"}}
    if route.form is not None:
        content |= {media_type: {"schema": route.form} for media_type in _form_types(route.form)}
    if content:
        fields = [field for schema in (route.body, route.form) if schema for field in schema.fields.values()]
        required = bool(route.raw_body) or any(field.required for field in fields)
        operation["requestBody"] = {"required": required, "content": content}
    return operation


def _form_types(form: Schema) -> tuple[str, ...]:
    """A file travels in a multipart form only."""
    has_file = any(isinstance(field, File) and field.required for field in form.fields.values())
    return (forms.MULTIPART,) if has_file else forms.MEDIA_TYPES


def _file_properties(_: Any, field: Any, **__: Any) -> dict[str, Any]:
    return {"type": "string", "format": "binary"} if isinstance(field, File) else {}


def _path_schema(match: re.Match[str]) -> dict[str, Any]:
    if match["converter"] == "any":
        return {"type": "string", "enum": [option.strip() for option in match["options"].split(",")]}
    return _BY_CONVERTER.get(match["converter"] or "", {"type": "string"})


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {
            "name": match["name"],
            "in": "path",
            "required": True,
            "schema": _path_schema(match),
        }
        for match in _PARAMETER.finditer(route.path)
    ]
    if route.query is not None:
        parameters.append({"in": "query", "schema": route.query})
    if route.writes and route.method != "GET" and route.roles is not auth.PUBLIC:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Sent again with the same request within 48 hours, the first answer is replayed.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
            }
        )
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": route.if_match,
                "description": "The ETag of the answer this change is based on.",
                "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,18}"$'},
            }
        )
    return parameters


def _responses(route: Route) -> dict[str, Any]:
    common: list[type[errors.Error]] = [*_COMMON, errors.Unauthenticated]
    if route.roles is not auth.PUBLIC:
        common.append(errors.Forbidden)
    if route.method != "GET":
        common += _FOR_WRITES
    if route.if_match:
        common.append(errors.PreconditionRequired)
    answers: dict[str, Any] = {_success(route): _success_answer(route)}
    if route.refusals is not None:
        return answers | _refusals(route, [*common, *route.errors])
    for status in sorted({error.status for error in [*common, *route.errors]}):
        own = [error for error in route.errors if error.status == status]
        general = [error for error in common if error.status == status]
        # What any route may answer is described once, in the components.
        answers[str(status)] = (
            _problem(*general, *own) if own else {"$ref": f"#/components/responses/{status}"}
        )
    return answers


def _refusals(route: Route, kinds: list[type[errors.Error]]) -> dict[str, Any]:
    """Errors in the form a standard fixes; what never reaches the service is told as everywhere."""
    assert route.refusals is not None
    told: dict[int, set[type[errors.Error]]] = {}
    for kind in kinds:
        told.setdefault(route.refusals.status(kind), set()).add(kind)
    answers: dict[str, Any] = {}
    for status, several in sorted(told.items()):
        answer = _problem(*several)
        own = {"type": "array", "items": route.refusals.schema}
        content = {kind: {"schema": own if kind == JSON else {}} for kind in route.refusals.media_types}
        answers[str(status)] = answer | {"content": content | answer["content"]}
    return answers


def _problem(*kinds: type[errors.Error]) -> dict[str, Any]:
    said = sorted({(kind.code, " ".join((kind.__doc__ or "").split())) for kind in kinds})
    return {
        "description": "\n".join(f"`{code}`: {sentence}" for code, sentence in said),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _success(route: Route) -> str:
    no_content = route.answers is None and route.media_types == (JSON,)
    return str(204 if no_content else route.status)


def _success_answer(route: Route) -> dict[str, Any]:
    status = int(_success(route))
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if route.answers is not None:
        schema: Any = page_of(type(route.answers)) if route.page else route.answers
        if route.many:
            schema = {"type": "array", "items": schema}
        answer["content"] = {kind: {"schema": schema if kind == JSON else {}} for kind in route.media_types}
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    elif status != 204:
        answer["content"] = {kind: {"schema": {}} for kind in route.media_types}
    return answer


def _yaml(document: dict[str, Any]) -> str:
    # Through JSON, so that enums become plain text and nothing is written as an alias of something else.
    text: str = yaml.safe_dump(
        json.loads(json.dumps(document)), allow_unicode=True, sort_keys=False, width=110
    )
    return text


def main() -> int:
    """Writes all documents and removes those of services that are no more."""
    made = documents()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (ROOT / "docs" / "openapi").glob("*.yaml"):
        if path not in made:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
