"""Who works where is told to the other services, whatever way an account was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.registry import tell_staff
from services.registry.worker import staff
from shared import ids
from tests.support import accounts, clients

WENDONG, NEIGHBOUR = "370102007", "370102008"


@pytest.fixture
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("registry")


def told(registry: clients.Api, person_id: str) -> list[dict[str, Any]]:
    """What was announced of a person, after everything due was."""
    for _ in range(100):
        with registry.database.transaction() as tx:
            if not staff.announce_changed(tx):
                break
    with registry.database.transaction(read_only=True) as tx:
        rows = tx.execute(
            "SELECT area, data FROM outbox WHERE subject = %s ORDER BY sequence", [person_id]
        ).fetchall()
    return [{**row["data"], "routed": row["area"]} for row in rows]


def test_what_an_account_may_do_is_told_once_and_again_when_it_changes(registry: clients.Api) -> None:
    admin = registry.client(roles=["admin"], areas=["370102"])
    person_id = ids.new()
    body = {"username": f"u{ids.new()}", "roles": ["resident", "mediator"], "areas": [NEIGHBOUR, WENDONG]}
    made = admin.post("/registry/users", json={**body, "person_id": person_id})
    assert made.status_code == 201, made.text
    path = f"/registry/users/{made.json()['user_id']}"

    first, still = told(registry, person_id), told(registry, person_id)
    admin.put(path, json={**body, "username": f"v{ids.new()}"}, headers={"If-Match": "*"})
    renamed = told(registry, person_id)
    admin.put(path, json={**body, "areas": [WENDONG]}, headers={"If-Match": "*"})
    admin.post(f"{path}/deactivate")
    closed = told(registry, person_id)

    assert first == [
        {
            "person_id": person_id,
            "area": WENDONG,
            "roles": ["mediator"],
            "areas": [WENDONG, NEIGHBOUR],
            "department_id": None,
            "active": True,
            "routed": WENDONG,
        }
    ]
    assert still == first == renamed
    assert [(one["areas"], one["active"]) for one in closed[1:]] == [([WENDONG], False)]


def test_residents_are_nobodys_business_and_who_loses_the_last_area_works_nowhere(
    registry: clients.Api,
) -> None:
    resident = accounts.make(registry)
    worker = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    told(registry, worker.person_id)

    with registry.database.transaction() as tx:
        tx.execute("UPDATE users SET roles = '{resident}', areas = '{}' WHERE user_id = %s", [worker.user_id])

    assert told(registry, resident.person_id) == []
    last = told(registry, worker.person_id)[-1]
    assert (last["active"], last["roles"], last["areas"], last["routed"]) == (False, [], [], WENDONG)


def test_everybody_is_told_of_anew_for_a_copy_that_missed_some(
    registry: clients.Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worker, resident = (
        accounts.make(registry, roles=["grid_worker"], areas=[WENDONG]),
        accounts.make(registry),
    )
    gone = accounts.make(registry, roles=["grid_worker"], areas=[WENDONG])
    told(registry, worker.person_id)
    with registry.database.transaction() as tx:
        tx.execute("UPDATE users SET roles = '{resident}', areas = '{}' WHERE user_id = %s", [gone.user_id])
    before = [len(told(registry, one.person_id)) for one in (worker, gone, resident)]
    monkeypatch.setenv("DATABASE_URL_REGISTRY", registry.database.url)
    monkeypatch.setenv("YIWANG_MODE", "local")

    assert tell_staff.main() == 0
    after = [len(told(registry, one.person_id)) for one in (worker, gone, resident)]

    assert "accounts will be told of" in capsys.readouterr().out
    assert (before, after) == ([1, 2, 0], [2, 3, 0])
