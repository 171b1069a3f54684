"""The front door's configuration."""

import json
import pathlib
import re

import pytest

from deploy.local import servers


@pytest.fixture
def configuration(tmp_path: pathlib.Path) -> str:
    return servers.Nginx(
        tmp_path / "nginx",
        port=8080,
        upstreams={"registry": [20001], "cases": [20002, 20003]},
        root=tmp_path,
        documents=tmp_path,
    ).configuration()


def test_every_replica_of_a_service_is_an_upstream(configuration: str) -> None:
    cases = configuration[configuration.index("upstream cases") :].split("}")[0]

    assert re.findall(r"server 127\.0\.0\.1:(\d+)", cases) == ["20002", "20003"]
    assert "keepalive" in cases


def test_nothing_is_left_to_fill_in(configuration: str) -> None:
    assert "${" not in configuration
    assert "$request_id" in configuration


def test_problems_are_documents_with_a_code(configuration: str) -> None:
    bodies = [json.loads(body) for body in re.findall(r"return \d+ '(\{\"type\".*\})';", configuration)]

    assert {body["status"] for body in bodies} >= {400, 404, 405, 413, 503}
    assert all(set(body) == {"type", "title", "status", "code", "detail"} for body in bodies)


@pytest.mark.parametrize("place", ["= /api/cases", "/api/cases/", "/open311/"])
def test_photos_come_through_where_they_are_taken(configuration: str, place: str) -> None:
    location = configuration[configuration.index(f"location {place} {{") :].split("}")[0]

    assert "client_max_body_size 11m;" in location


def test_elsewhere_bodies_stay_small(configuration: str) -> None:
    location = configuration[configuration.index("location /api/registry/ {") :].split("}")[0]

    assert "client_max_body_size" not in location
    assert "    client_max_body_size 2m;" in configuration


def test_what_standards_fix_is_passed_on_as_it_is(configuration: str) -> None:
    assert "proxy_pass http://cases/open311/;" in configuration
    assert "proxy_pass http://registry/.well-known/;" in configuration
