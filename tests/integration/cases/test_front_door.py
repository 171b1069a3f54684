"""What the front door must let through to cases: addresses a standard fixes, and bodies as large as a photo."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local import ports
from deploy.local import servers as local
from tests.support import clients, district, photos
from tests.support.georeport import GeoReport


@pytest.fixture
def door(world: Any, tmp_path: pathlib.Path) -> Iterator[str]:
    """Address of a front door before the API under test."""
    nginx = local.Nginx(
        tmp_path / "nginx",
        port=ports.free(),
        upstreams={"cases": [world.api.process.http_port]},
        root=tmp_path,
        documents=tmp_path,
    )
    nginx.start()
    yield nginx.url
    nginx.kill()


def test_open311_and_large_files_come_through(world: Any, door: str) -> None:
    assert GeoReport(f"{door}/open311").get("discovery")["endpoints"]
    assert GeoReport(f"{door}/open311/v2", "xml").services()
    case_id = world.report()["case_id"]
    worker = clients.Client(door, world.api.token(roles=["grid_worker"], areas=[district.GRID]))
    path = f"/api/cases/{case_id}/attachments"

    large = photos.PDF + bytes(8_000_000)
    attached = worker.post(path, data=large)
    assert attached.status_code == 201, attached.text
    assert worker.get(f"{path}/{attached.json()['attachment_id']}").content == large

    too_large = worker.post(path, data=bytes(12_000_000))
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
