"""Walking every declared route of a service as every kind of caller (design: authority has three axes)."""

from __future__ import annotations

import functools
import importlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from marshmallow import Schema, fields, validate

from shared import auth, clock, http, ids
from shared.http.routes import Route
from tests.support import clients

# Whoever has a scope there has no business with any sample: no test makes areas under it.
ELSEWHERE = "980199"
_PARAMETER = re.compile(r"<(\w+)(?:\(([^)]*)\))?:(\w+)>")


def routes(service: str) -> list[Route]:
    """What a service declares, by path and method."""
    return http.routes_of(importlib.import_module(f"services.{service}.api").Api)


def is_operation(route: Route) -> bool:
    """True for the routes of parked events, which integration/shared/test_operations.py walks by area."""
    return "/parked" in route.path


def label(route: Route) -> str:
    return f"{route.method} {route.path}"


def parameters(route: Route) -> dict[str, str]:
    """The path's parameters: name → converter."""
    found = _PARAMETER.findall(route.path)
    # What form an answer is asked in names nothing.
    return {name: converter for converter, _, name in found if converter != "any"}


def address(route: Route, values: Mapping[str, str]) -> str:
    """The path with values for its parameters; what is not given becomes something that does not exist."""

    def value(match: re.Match[str]) -> str:
        converter, options, name = match.groups()
        if converter == "any":
            return str(options).partition(",")[0]
        return values.get(name) or unknown(converter)

    return _PARAMETER.sub(value, route.path)


def unknown(converter: str) -> str:
    """A well-formed id of nothing."""
    if converter == "uuid":
        return ids.new()
    return str(secrets.randbelow(10**6) + 10**9) if converter == "int" else f"980{secrets.randbelow(1000):03}"


def call(
    client: clients.Client, route: Route, path: str, *, body: Mapping[str, Any] | None = None
) -> requests.Response:
    """Calls a route with a body its schema takes, so that nothing but authority can refuse it early."""
    return client.request(
        route.method,
        path,
        json=dict(body) if body is not None else example(route.body) if route.body else None,
        params=example(route.query) if route.query else None,
        headers={"If-Match": "*"},
    )


def outcome(answer: requests.Response) -> tuple[int, str | None]:
    """What an answer says, without the words: status and problem code."""
    is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    return answer.status_code, answer.json()["code"] if is_problem else None


# --- The three axes ---


@functools.cache
def outsider(api: clients.Api, role: auth.Role) -> clients.Client:
    """A caller with the role who has to do with nothing: other areas, department, household, shops."""
    return api.client(
        roles=[role],
        areas=[ELSEWHERE],
        department=f"{ELSEWHERE}-ecology",
        household=ids.new(),
        shops=[ids.new()],
        home=f"{ELSEWHERE}001001001",
        client="elsewhere" if role is auth.Role.INTEGRATOR else None,
    )


@dataclass(frozen=True)
class Sample:
    """Things that exist in a service, by the names of path parameters, and who has to do with them."""

    # case_id → an id
    paths: Mapping[str, str]
    # Claims of those who may read it; tried one after the other.
    insiders: tuple[Mapping[str, Any], ...]
    # Routes anybody with the role may use, and why: `GET /points/schemes/<uuid:scheme_id>/rules`.
    open_to_all: Mapping[str, str] = field(default_factory=dict)
    # Field name → value, where a body or query needs something that exists.
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def covers(self, route: Route) -> bool:
        return bool(parameters(route)) and parameters(route).keys() <= self.paths.keys()


def leaks(api: clients.Api, service: str, samples: Iterable[Sample]) -> list[str]:
    """Where an outsider is told something: any answer about a sample that differs from that about nothing.

    Also lists what was not walked at all: routes with parameters that no sample covers.
    """
    found: list[str] = []
    walked: set[str] = set()
    for sample in samples:
        for route in routes(service):
            name = label(route)
            if not sample.covers(route) or route.roles is auth.PUBLIC or name in sample.open_to_all:
                continue
            walked.add(name)
            body = sample.bodies.get(name)
            for role in sorted(route.roles):
                caller = outsider(api, role)
                there = call(caller, route, address(route, sample.paths), body=body)
                nowhere = call(caller, route, address(route, {}), body=body)
                if outcome(there) != outcome(nowhere):
                    found.append(f"{role}: {name} tells {outcome(there)} from {outcome(nowhere)}")
                elif not _tells_nothing(there):
                    found.append(f"{role}: {name} answers {outcome(there)} {there.text[:300]}")
    return found + [f"never walked: {name}" for name in sorted(_to_walk(service, samples) - walked)]


def listed(api: clients.Api, service: str, samples: Iterable[Sample]) -> list[str]:
    """Where an outsider finds a sample in a list."""
    found: list[str] = []
    for route in routes(service):
        if route.method != "GET" or parameters(route) or route.roles is auth.PUBLIC or is_operation(route):
            continue
        for sample in samples:
            if label(route) in sample.open_to_all:
                continue
            for role in sorted(route.roles):
                answer = call(outsider(api, role), route, route.path)
                shown = [name for name, value in sample.paths.items() if value in answer.text]
                if answer.status_code == 200 and shown:
                    found.append(f"{role}: {label(route)} lists {shown}")
    return found


def unreadable(api: clients.Api, service: str, samples: Iterable[Sample]) -> list[str]:
    """What no insider can read: a sample that does not exist would make the other checks empty."""
    found: list[str] = []
    for sample in samples:
        for route in routes(service):
            if route.method != "GET" or not sample.covers(route) or route.roles is auth.PUBLIC:
                continue
            answers = [
                call(api.client(**claims), route, address(route, sample.paths)) for claims in sample.insiders
            ]
            if not any(answer.status_code == 200 for answer in answers):
                found.append(f"{label(route)}: {sorted({outcome(answer) for answer in answers})}")
    return found


def trespassing(api: clients.Api, service: str, samples: Iterable[Sample], area: str) -> list[str]:
    """Where an outsider makes something in an area that is not theirs: every creating route that names an area."""
    found: list[str] = []
    open_to_all = {name for sample in samples for name in sample.open_to_all}
    bodies = {name: body for sample in samples for name, body in sample.bodies.items()}
    for route in routes(service):
        if route.method == "GET" or parameters(route) or route.body is None or route.roles is auth.PUBLIC:
            continue
        name = label(route)
        named = [field for field, one in route.body.fields.items() if isinstance(one, http.AreaCode)]
        if not named or name in open_to_all:
            continue
        body = dict(bodies.get(name) or example(route.body)) | dict.fromkeys(named, area)
        for role in sorted(route.roles):
            answer = call(outsider(api, role), route, route.path, body=body)
            # A plain `invalid` would mean that the area was never looked at.
            refused = answer.status_code in (403, 404, 422) and outcome(answer)[1] != "invalid"
            if not refused:
                found.append(f"{role}: {name} answers {outcome(answer)} {answer.text[:300]}")
    return found


def check(api: clients.Api, service: str, samples: Sequence[Sample], *, area: str) -> None:
    """Fails with every breach of the area and relation axes; `area` is one the samples lie in."""
    found = (
        unreadable(api, service, samples)
        + leaks(api, service, samples)
        + listed(api, service, samples)
        + trespassing(api, service, samples, area)
    )
    if found:
        raise AssertionError("\n".join(found))


def _tells_nothing(answer: requests.Response) -> bool:
    """True for an answer that, given alike for what exists and what does not, gives nothing away.

    A plain `invalid` does not count: the thing asked for was never looked at, so the walk would prove nothing.
    """
    if answer.status_code == 200:
        # What belongs to something outside is listed as nothing, as for something that does not exist.
        return bool(answer.json().get("items") == [])
    return 400 <= answer.status_code < 500 and outcome(answer)[1] != "invalid"


def _to_walk(service: str, samples: Iterable[Sample]) -> set[str]:
    open_to_all = {name for sample in samples for name in sample.open_to_all}
    return {
        label(route)
        for route in routes(service)
        if parameters(route)
        and route.roles is not auth.PUBLIC
        and label(route) not in open_to_all
        and not is_operation(route)
    }


# --- Bodies ---


def example(schema: Schema) -> dict[str, Any]:
    """The least a schema takes: its required fields, each with the simplest value that fits."""
    return {
        declared.data_key or name: _value(declared)
        for name, declared in schema.fields.items()
        if declared.required and not declared.dump_only
    }


def _value(declared: Any) -> Any:
    if "example" in declared.metadata:
        return declared.metadata["example"]
    if isinstance(declared, fields.Enum):
        barred = [
            value for one in declared.validators if isinstance(one, validate.NoneOf) for value in one.iterable
        ]
        return next(member.value for member in declared.enum if member not in barred)
    choices = [one.choices for one in declared.validators if isinstance(one, validate.OneOf)]
    if choices:
        return next(iter(choices[0]))
    for kinds, make in _EXAMPLES:
        if isinstance(declared, kinds):
            return make(declared)
    raise TypeError(f"no example for {type(declared).__name__}: add one, or `metadata={{'example': …}}`")


def _number(declared: Any) -> Any:
    least = [
        one.min for one in declared.validators if isinstance(one, validate.Range) and one.min is not None
    ]
    return least[0] + 1 if least else 1


def _text(declared: Any) -> str:
    sizes = [one for one in declared.validators if isinstance(one, validate.Length)]
    least = max((one.min or one.equal or 1 for one in sizes), default=1)
    return "x1" * max(1, (least + 1) // 2) if least > 1 else "x"


def _list(declared: Any) -> list[Any]:
    return [_value(declared.inner)]


_EXAMPLES: list[tuple[Any, Callable[[Any], Any]]] = [
    (fields.Nested, lambda declared: example(declared.schema)),
    (fields.List, _list),
    (fields.Dict, lambda _: {}),
    (http.AreaCode, lambda _: ELSEWHERE),
    (fields.UUID, lambda _: ids.new()),
    (fields.Boolean, lambda _: True),
    (fields.Date, lambda _: clock.now().date().isoformat()),
    (fields.DateTime, lambda _: clock.rfc3339(clock.now())),
    ((fields.Integer, fields.Float, fields.Decimal), _number),
    (fields.Url, lambda _: "https://example.cn"),
    (fields.String, _text),
]
