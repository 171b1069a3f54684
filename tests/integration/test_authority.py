"""The role axis, generated: every endpoint of every service as every role, and without a token.

Area and relation need things that exist, so each service walks them beside its other tests, with the same walker:
`tests/integration/<service>/test_authority.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import auth, contracts
from shared.http.routes import Route
from tests.support import authority, clients

EVERY_ROUTE = [
    pytest.param(service, route, id=f"{service}: {authority.label(route)}")
    for service in contracts.SERVICES
    for route in authority.routes(service)
]


@pytest.mark.parametrize(("service", "route"), EVERY_ROUTE)
def test_each_role_gets_in_where_it_is_declared_and_nowhere_else(
    api: Callable[[str], clients.Api], service: str, route: Route
) -> None:
    running = api(service)

    wrong = []
    for role in auth.Role:
        # An empty body: whoever gets past the roles is refused for what they sent, or finds nothing.
        answer = authority.call(
            authority.outsider(running, role),
            route,
            authority.address(route, {}),
            body={} if route.body else None,
        )
        forbidden = authority.outcome(answer) == (403, "forbidden")
        if forbidden is auth.permits(route.roles, auth.Actor(person_id="", roles=frozenset({role}))):
            wrong.append((role, authority.outcome(answer)))
        if answer.status_code >= 500:
            wrong.append((role, authority.outcome(answer)))

    assert wrong == []


@pytest.mark.parametrize(("service", "route"), EVERY_ROUTE)
def test_a_token_is_demanded_and_checked(
    api: Callable[[str], clients.Api], service: str, route: Route
) -> None:
    running = api(service)
    forged = auth.mint(auth.SigningKey.generate(), {"sub": ""}, issuer="x")

    def outcome(caller: clients.Client) -> tuple[int, str | None]:
        body: dict[str, Any] | None = {} if route.body else None
        return authority.outcome(authority.call(caller, route, authority.address(route, {}), body=body))

    if route.roles is auth.PUBLIC:
        assert outcome(running.stranger()) != (401, "token_missing")
    else:
        assert outcome(running.stranger()) == (401, "token_missing")
    # Public or not: a bad token is never taken for none.
    assert outcome(clients.Client(running.url, forged)) == (401, "token_forged")
    assert outcome(running.client(exp=1)) == (401, "token_expired")


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_every_service_walks_area_and_relation_too(service: str) -> None:
    assert (Path(__file__).parent / service / "test_authority.py").is_file()


def test_roles_are_declared_on_purpose() -> None:
    # An empty set would let nobody in, and a route that everybody may use says so with ANYONE or PUBLIC.
    assert [
        authority.label(route)
        for service in contracts.SERVICES
        for route in authority.routes(service)
        if route.roles is not auth.PUBLIC and not route.roles
    ] == []
