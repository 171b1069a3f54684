"""Parked events over HTTP: an operator sees and changes those of the own area."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shared import clock, ids
from shared.bus import parked
from shared.bus.envelope import Envelope
from tests.support import clients

_HERE, _THERE = "370102007", "370102008"


@pytest.fixture
def service(api: Callable[[str], clients.Api]) -> Iterator[clients.Api]:
    points = api("points")
    yield points
    with points.database.transaction() as tx:
        tx.execute("DELETE FROM parked")


def park(service: clients.Api, area: str) -> int:
    event = Envelope(
        id=ids.new(),
        source="/yiwang/cases",
        type="yiwang.cases.case_triaged.v1",
        subject=ids.new(),
        sequence=1,
        time=clock.now(),
        area=f"{area}003001",
        traceparent=None,
        data={},
    )
    with service.database.transaction() as tx:
        parked.park(tx, event, copy=False, reason="test", body=b"{}", delay_seconds=3600)
        [row] = tx.execute("SELECT key FROM parked WHERE subject = %s", (event.subject,)).fetchall()
        tx.execute("UPDATE parked SET state = 'dead' WHERE key = %s", (row["key"],))
    return int(row["key"])


def park_bytes(service: clients.Api) -> int:
    with service.database.transaction() as tx:
        [row] = tx.execute(
            "INSERT INTO parked (state, reason, body) VALUES ('undecodable', 'test', %s) RETURNING key",
            (ids.new().encode(),),
        ).fetchall()
    return int(row["key"])


def test_an_admin_sees_redrives_and_drops_events_of_their_area_only(service: clients.Api) -> None:
    here, there, raw = park(service, _HERE), park(service, _THERE), park_bytes(service)
    admin = service.client(roles=["admin"], areas=[_HERE])

    listed = admin.get("/points/parked", params={"limit": 199}).json()["items"]
    refused = [
        admin.post(f"/points/parked/{there}/redrive"),
        admin.delete(f"/points/parked/{there}"),
        admin.post(f"/points/parked/{raw}/redrive"),
        admin.delete(f"/points/parked/{raw}"),
    ]

    assert [(item["key"], item["area"]) for item in listed] == [(here, f"{_HERE}003001")]
    assert [answer.status_code for answer in refused] == [404] * 4
    assert admin.post(f"/points/parked/{here}/redrive").status_code == 204
    assert admin.delete(f"/points/parked/{here}").status_code == 204


def test_the_admin_of_a_city_sees_what_nobody_can_read(service: clients.Api) -> None:
    keys = {park(service, _HERE), park(service, _THERE), park_bytes(service)}
    admin = service.client(roles=["admin"], areas=["3701"])

    assert {item["key"] for item in admin.get("/points/parked").json()["items"]} == keys
    assert all(admin.delete(f"/points/parked/{key}").status_code == 204 for key in keys)
    assert service.client(roles=["admin"]).get("/points/parked").json()["items"] == []
