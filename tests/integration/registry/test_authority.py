"""The area and relation axes of the registry, generated: what lies outside does not exist."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from shared import ids
from tests.support import accounts, authority, clients


@pytest.fixture
def samples(town: Any) -> list[authority.Sample]:
    """One of everything in a town of its own."""
    town.settled()
    admin: clients.Client = town.admin
    grid = f"{town.communities[0]}001"

    def made(path: str, **body: Any) -> dict[str, Any]:
        answer = admin.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    people: Iterator[dict[str, Any]] = (town.person(grid) for _ in itertools.count())
    head, member, relative = next(people), next(people), next(people)
    household = made(
        "/registry/households", area=grid, book_number="B-1", address="1", head_id=head["id"],
        members=[{"person_id": member["id"], "relation": "child"}],
    )  # fmt: skip
    department = made("/registry/departments", area=town.district, kind="ecology", name="生态环境")
    assert (
        admin.put(f"/registry/departments/{department['id']}/responders/{relative['id']}").status_code < 300
    )
    post = made(
        "/registry/posts", area=grid, kind="full_time_worker", duty_name="网格员", duty_phone="053186912345"
    )
    kinship = made("/registry/kinships", person_id=head["id"], relative_id=relative["id"], relation="sibling")
    account = accounts.make(town.api, roles=["grid_worker"], areas=[grid])
    integrator = made(
        "/registry/integrators",
        name=f"board-{secrets.token_hex(4)}",
        title="大屏",
        event_types=["yiwang.cases.case_reported.v1"],
        areas=[town.subdistrict],
    )
    draft = town.draft(town.quarters())
    insiders = (
        {"roles": ["admin"], "areas": [town.district]},
        {"roles": ["grid_worker"], "areas": [grid]},
        {"roles": ["resident"], "person_id": head["id"], "household": household["id"]},
    )

    def sample(**paths: str) -> authority.Sample:
        return authority.Sample(
            paths=paths,
            insiders=insiders,
            open_to_all={
                "PUT /registry/me/password": "one's own",
            },
            bodies={
                "PUT /registry/areas/<string:code>/outlines": {
                    "outline": town.part(0, 0, 1, 1),
                    "children": [{"code": town.subdistrict, "outline": town.part(0, 0, 1, 1)}],
                },
                "POST /registry/posts": {"kind": "lead", "duty_name": "网格长", "duty_phone": "053186912345"},
                "PUT /registry/nets/<uuid:net_id>/grids": {"grids": town.quarters()},
                "PUT /registry/users/<uuid:user_id>": {
                    "username": f"u{secrets.token_hex(8)}", "roles": ["grid_worker"], "areas": [authority.ELSEWHERE],
                },
                "PUT /registry/users/<uuid:user_id>/password": {"password": "a good long password"},
                "POST /registry/people/<uuid:person_id>/unmask": {"fields": ["phone"], "reason": "走访核对联系方式"},
            },
        )  # fmt: skip

    return [
        sample(code=town.subdistrict),
        sample(household_id=household["id"], person_id=member["id"]),
        sample(department_id=department["id"], person_id=relative["id"]),
        sample(post_id=post["id"]),
        sample(kinship_id=kinship["id"]),
        sample(user_id=account.user_id),
        sample(integrator_id=integrator["integrator_id"]),
        sample(net_id=draft["id"]),
        sample(person_id=head["id"]),
    ]


def test_what_lies_outside_area_and_relation_does_not_exist(
    town: Any, samples: list[authority.Sample]
) -> None:
    authority.check(town.api, "registry", samples, area=town.subdistrict)


def test_a_neighbour_reads_no_other_household_and_no_other_person(
    town: Any, samples: list[authority.Sample]
) -> None:
    household = next(one.paths["household_id"] for one in samples if "household_id" in one.paths)
    member = next(one.paths["person_id"] for one in samples if "household_id" in one.paths)
    # Same grid, same role, another household: area alone is no relation.
    neighbour = town.api.client(
        roles=["resident"], person_id=ids.new(), household=ids.new(), home=f"{town.communities[0]}001"
    )

    assert neighbour.get(f"/registry/households/{household}").status_code == 404
    assert neighbour.get(f"/registry/people/{member}").status_code == 404
