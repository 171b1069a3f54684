"""Outside systems: what they may be opened to, and the bindings that say so."""

from dataclasses import replace

import pytest

from services.registry.domain import identity
from services.registry.domain import identity_integrators as integrators
from shared import contracts, errors

KNOWN = [event.type for event in contracts.all_events()]
REPORTED, CLOSED = "yiwang.cases.case_reported.v1", "yiwang.cases.case_closed.v1"
DASHBOARD = integrators.Integrator(
    integrator_id="00000000-0000-7000-8000-000000000001",
    name="dashboard",
    title="大屏",
    event_types=(REPORTED, CLOSED),
    areas=("370102007",),
)


def register(integrator: integrators.Integrator, *scopes: str) -> integrators.Integrator:
    return integrators.register(integrator, scopes=scopes or ("370102",), known_types=KNOWN)


def test_its_stream_is_bound_to_each_type_in_each_area() -> None:
    made = register(replace(DASHBOARD, areas=("370102008", "370102007")))

    assert integrators.bindings(made) == [
        "cases.case_closed.v1.37.01.02.007.#",
        "cases.case_closed.v1.37.01.02.008.#",
        "cases.case_reported.v1.37.01.02.007.#",
        "cases.case_reported.v1.37.01.02.008.#",
    ]


@pytest.mark.parametrize(
    ("routing_key", "received"),
    [
        ("cases.case_reported.v1.37.01.02.007", True),
        ("cases.case_reported.v1.37.01.02.007.003.001.02", True),
        ("cases.case_reported.v1.37.01.02.008.003.001", False),
        ("cases.case_reported.v1.37.01.02", False),
        ("cases.case_reported.v2.37.01.02.007", False),
        ("cases.case_triaged.v1.37.01.02.007", False),
        ("cases.case_reported.v1.37.01.02.0071", False),
    ],
)
def test_copied_history_is_what_the_bindings_would_have_let_in(routing_key: str, received: bool) -> None:
    assert integrators.receives(DASHBOARD, routing_key) is received


def test_an_area_inside_another_is_not_bound_twice() -> None:
    assert register(replace(DASHBOARD, areas=("370102007003", "370102007"))).areas == ("370102007",)


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(errors.Invalid, match="no event"):
        register(replace(DASHBOARD, event_types=("yiwang.cases.case_eaten.v1",)))


def test_an_admin_opens_and_closes_events_of_the_own_area_only() -> None:
    with pytest.raises(identity.BeyondOwnScope):
        register(DASHBOARD, "370102008")
    with pytest.raises(identity.BeyondOwnScope):
        integrators.revoke(replace(DASHBOARD, areas=("370102007", "370102008")), scopes=["370102007"])


def test_the_routing_table_is_bounded() -> None:
    many = tuple(f"370102007{number:03}" for number in range(integrators.MOST_BINDINGS // len(KNOWN) + 1))

    with pytest.raises(errors.Invalid):
        register(replace(DASHBOARD, event_types=tuple(KNOWN), areas=many))


def test_revoking_is_once() -> None:
    revoked = integrators.revoke(DASHBOARD, scopes=["370102"])

    assert (revoked.state, revoked.version, revoked.is_alive) == ("revoking", 2, False)
    with pytest.raises(integrators.IntegratorRevoked):
        integrators.revoke(revoked, scopes=["370102"])
