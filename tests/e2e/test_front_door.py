"""The front door: what passes, what it refuses, and how it answers when nobody is home."""

import re
import socket
import uuid

import pika
import pytest

from deploy.local import platform as local
from tests.support.clients import Client
from tests.support.georeport import GeoReport
from tests.support.waiting import eventually


@pytest.fixture
def door(platform: local.Platform) -> Client:
    return Client(platform.url)


def test_every_service_answers_under_its_name(platform: local.Platform, door: Client) -> None:
    answers = {service: door.get(f"/api/{service}/parked") for service in platform.services}

    assert {service: answer.status_code for service, answer in answers.items()} == dict.fromkeys(
        platform.services, 401
    )
    assert all(answer.headers["Content-Type"] == "application/problem+json" for answer in answers.values())


def test_the_keys_that_sign_tokens_are_public(door: Client) -> None:
    keys = door.get("/.well-known/jwks.json").json()["keys"]

    assert keys
    assert all("d" not in key for key in keys)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/nobody/home", 404, "no_such_route"),
        ("/api", 404, "no_such_route"),
        ("/no/such/page", 404, "no_such_route"),
        ("/%00", 400, "malformed"),
    ],
)
def test_what_the_front_door_refuses_is_a_problem_document(
    platform: local.Platform, path: str, status: int, code: str
) -> None:
    answer = Client(platform.url).get(path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_a_huge_body_is_refused(door: Client) -> None:
    answer = door.post("/api/points", data=b"x" * 3_000_000)

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_a_huge_body_is_refused_by_the_service_that_takes_photos(door: Client) -> None:
    signed_in = door.post("/api/registry/sessions", json={"username": "worker", "password": "yiwang-demo"})
    token = signed_in.json()["access_token"]

    anyone = door.post("/api/cases", data=b"x" * 3_000_000)
    worker = door.post("/api/cases", data=b"x" * 3_000_000, headers={"Authorization": f"Bearer {token}"})

    assert anyone.status_code == 401
    assert (worker.status_code, worker.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("form", ["json", "xml"])
def test_open311_clients_find_the_service_where_discovery_says(platform: local.Platform, form: str) -> None:
    found = GeoReport(f"{platform.url}/open311", form).get("discovery")
    (endpoint,) = found["endpoints"]

    client = GeoReport(endpoint["url"], form)

    assert endpoint["url"] == f"{platform.url}/open311/v2"
    assert {"city.damaged_road"} <= {service["service_code"] for service in client.services()}
    assert client.errors(client.post(service_code="city.damaged_road", lat="36.6", long="117.0"))[0] == 403


def test_huge_headers_are_refused(door: Client) -> None:
    answer = door.get("/api/cases", headers={"X-Much": "x" * 40_000})

    assert answer.status_code == 431
    assert answer.json()["code"] == "headers_too_large"


def test_bytes_that_are_no_request_are_answered_and_hung_up_on(platform: local.Platform) -> None:
    with socket.create_connection(("127.0.0.1", platform.port), timeout=10) as line:
        line.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(4096), b""))

    assert b" 400 " in heard.splitlines()[0]
    assert b"application/problem+json" in heard


def test_a_request_keeps_its_name_and_gets_one_without(door: Client) -> None:
    name = uuid.uuid4().hex

    named = door.get("/api/cases/parked", headers={"X-Request-Id": name})
    unsafe = door.get("/api/cases/parked", headers={"X-Request-Id": 'a"b {}'})

    assert named.headers["X-Request-Id"] == name
    assert re.fullmatch(r"[0-9a-f]{32}", unsafe.headers["X-Request-Id"])


def test_pages_and_answers_carry_security_headers(door: Client) -> None:
    page, answer = door.get("/"), door.get("/api/cases/parked")

    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for one in (page, answer):
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert one.headers["X-Frame-Options"] == "DENY"
        assert "/" not in one.headers["Server"]


def test_a_service_that_is_away_is_503_with_a_time_to_wait_and_back_when_it_is_back(
    platform: local.Platform, door: Client
) -> None:
    api = platform.process("volunteers", "api")
    platform.hold(api)
    try:
        answer = door.get("/api/volunteers/parked")
    finally:
        platform.release(api)

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) >= 1
    eventually(lambda: door.get("/api/volunteers/parked").status_code == 401, what="the service's return")


def test_a_killed_process_comes_back_by_itself(platform: local.Platform) -> None:
    relay = platform.process("volunteers", "relay")
    first = relay.pid

    relay.kill()

    eventually(
        lambda: relay.pid not in (None, first) and relay.is_ready(), within_seconds=60, what="its return"
    )


def test_a_service_cannot_speak_in_another_ones_name(platform: local.Platform) -> None:
    with pika.BlockingConnection(pika.URLParameters(platform.amqp_url("volunteers"))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
            channel.basic_publish("yiwang.events", "cases.case_closed.v1.37.01.02", b"{}")


def test_the_documents_can_be_read(door: Client) -> None:
    assert "openapi" in door.get("/docs/openapi/cases.yaml").text
    assert "asyncapi" in door.get("/docs/asyncapi.yaml").text
