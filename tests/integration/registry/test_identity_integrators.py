"""Outside systems: registered over HTTP, brought about on the broker, and held to their own stream."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pika
import pika.exceptions
import pytest

from deploy.local import processes
from shared import ids
from shared.bus import topology
from tests.support import clients, run, waiting

WENDONG, NEIGHBOUR, DISTRICT = "370102007", "370102008", "370102"
VHOST = "api-registry"
REPORTED, CLOSED = "yiwang.cases.case_reported.v1", "yiwang.cases.case_closed.v1"


@pytest.fixture
def registry(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("registry")


@pytest.fixture
def admin(registry: clients.Api) -> clients.Client:
    return registry.client(roles=["admin"], areas=[DISTRICT])


@pytest.fixture
def worker(
    registry: clients.Api, servers: run.TestRun, process: Callable[..., processes.Process]
) -> processes.Process:
    """The registry's worker on the database and virtual host of the running API."""
    return process(
        "registry",
        "worker",
        database_url=registry.database.url,
        amqp_url=servers.rabbitmq.url(VHOST),
        RABBITMQ_MANAGEMENT_URL=servers.rabbitmq.management_url,
    )


@pytest.fixture
def channel(registry: clients.Api, servers: run.TestRun) -> Iterator[Any]:
    """The platform's own channel, on the API's virtual host with the whole topology."""
    with pika.BlockingConnection(pika.URLParameters(servers.rabbitmq.url(VHOST))) as connection:
        opened = connection.channel()
        opened.confirm_delivery()
        topology.declare(opened)
        yield opened


def register(admin: clients.Client, **changes: Any) -> dict[str, Any]:
    body = {
        "name": f"board-{secrets.token_hex(4)}",
        "title": "大屏",
        "event_types": [REPORTED, CLOSED],
        "areas": [WENDONG],
    } | changes
    answer = admin.post("/registry/integrators", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def in_state(admin: clients.Client, integrator: dict[str, Any], state: str) -> None:
    def reached() -> bool:
        now = admin.get(f"/registry/integrators/{integrator['integrator_id']}").json()
        assert now["state"] == state, now
        return True

    waiting.eventually(reached, within_seconds=30)


def publish(channel: Any, key: str, number: int) -> None:
    """An event under a routing key; only the number in it matters to these tests."""
    body = json.dumps({"id": ids.new(), "data": {"number": number}}).encode()
    channel.basic_publish(topology.EXCHANGE, key, body, pika.BasicProperties(delivery_mode=2))


def connect(servers: run.TestRun, integrator: dict[str, Any]) -> pika.BlockingConnection:
    return pika.BlockingConnection(
        pika.URLParameters(
            servers.rabbitmq.url(
                VHOST, user=integrator["amqp_username"], password=integrator["amqp_password"]
            )
        )
    )


def read(servers: run.TestRun, integrator: dict[str, Any], number: int, count: int) -> list[int]:
    """What an integrator finds in its stream of the events of one test: of the hundred beginning with `number`."""
    found: list[int] = []
    connection = connect(servers, integrator)
    reader = connection.channel()
    reader.basic_qos(prefetch_count=50)
    for method, _properties, body in reader.consume(
        integrator["stream"], arguments={"x-stream-offset": "first"}, inactivity_timeout=5
    ):
        if method is None:
            break
        reader.basic_ack(method.delivery_tag)
        published = json.loads(body)["data"]["number"]
        if published // 100 == number // 100:
            found.append(published)
        if len(found) == count:
            break
    # What is still on its way would be rejected, which a stream does not know.
    with contextlib.suppress(pika.exceptions.AMQPError):
        connection.close()
    return found


def test_registering_does_not_wait_for_the_broker(admin: clients.Client) -> None:
    # No worker runs: nobody talks to the broker at all.
    integrator = register(admin)

    assert integrator["state"] == "pending"
    assert integrator["stream"] == integrator["amqp_username"] == f"integrator.{integrator['name']}"


def test_secrets_are_shown_once_and_kept_nowhere(registry: clients.Api, admin: clients.Client) -> None:
    integrator = register(admin)

    later = admin.get(f"/registry/integrators/{integrator['integrator_id']}").text
    with registry.database.transaction() as tx:
        rows = str(tx.execute("SELECT * FROM integrators").fetchall())
        kept = str(tx.execute("SELECT * FROM idempotency_keys").fetchall())
    for secret in (integrator["client_secret"], integrator["amqp_password"]):
        assert len(secret) >= 40
        assert secret not in later
        assert secret not in rows
        assert secret not in kept


def test_an_idempotency_key_does_not_keep_the_secrets(registry: clients.Api, admin: clients.Client) -> None:
    key, name = ids.new(), f"board-{secrets.token_hex(4)}"
    body = {"name": name, "title": "x", "event_types": [REPORTED], "areas": [WENDONG]}

    first = admin.post("/registry/integrators", json=body, headers={"Idempotency-Key": key})
    again = admin.post("/registry/integrators", json=body, headers={"Idempotency-Key": key})

    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "integrator_name_taken")
    with registry.database.transaction() as tx:
        assert not tx.execute("SELECT 1 FROM idempotency_keys WHERE key = %s", (key,)).fetchall()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"areas": ["370103"]}, 403, "beyond_own_scope"),
        ({"areas": ["37"]}, 422, "invalid"),
        ({"areas": []}, 422, "invalid"),
        ({"event_types": ["yiwang.cases.nothing.v1"]}, 422, "invalid"),
        ({"name": "Bad Name"}, 422, "invalid"),
        ({"name": "x#.y"}, 422, "invalid"),
    ],
)
def test_registrations_that_cannot_be(
    admin: clients.Client, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"name": "board", "title": "x", "event_types": [REPORTED], "areas": [WENDONG]} | change

    answer = admin.post("/registry/integrators", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_client_credentials_give_a_token_of_its_areas(registry: clients.Api, admin: clients.Client) -> None:
    integrator = register(admin)
    body = {
        "grant_type": "client_credentials",
        "client_id": integrator["name"],
        "client_secret": integrator["client_secret"],
    }

    answer = registry.stranger().post("/registry/tokens", json=body)

    assert answer.status_code == 200, answer.text
    me = clients.Client(registry.url, answer.json()["access_token"]).get("/registry/me").json()
    assert (me["person_id"], me["client"]) == (integrator["integrator_id"], integrator["name"])
    assert (me["roles"], me["areas"]) == (["integrator"], [WENDONG])
    wrong = registry.stranger().post("/registry/tokens", json=body | {"client_secret": "guess"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad_client")


def test_its_stream_holds_the_history_then_what_happens_of_its_types_and_area_only(
    admin: clients.Client, worker: processes.Process, channel: Any, servers: run.TestRun
) -> None:
    number = secrets.randbelow(10**9) * 100
    publish(channel, "cases.case_reported.v1.37.01.02.007.003.001", number + 1)
    publish(channel, "cases.case_reported.v1.37.01.02.008.003.001", number + 2)
    publish(channel, "cases.case_triaged.v1.37.01.02.007.003.001", number + 3)
    publish(channel, "cases.case_closed.v1.37.01.02.007.003.001", number + 4)

    integrator = register(admin)
    in_state(admin, integrator, "ready")
    publish(channel, "cases.case_closed.v1.37.01.02.008.003.001", number + 5)
    publish(channel, "cases.case_reported.v1.37.01.02.007.004.001", number + 6)

    # One more than there should be: what must not come has the time to come.
    assert read(servers, integrator, number, 4) == [number + 1, number + 4, number + 6]


def test_its_account_reads_its_own_stream_and_can_do_nothing_else(
    admin: clients.Client, worker: processes.Process, channel: Any, servers: run.TestRun
) -> None:
    one, other = register(admin), register(admin)
    # A name that the first is a prefix of: the right is for the whole name.
    longer = register(admin, name=f"{one['name']}-b")
    for integrator in (one, other, longer):
        in_state(admin, integrator, "ready")
    stream = one["stream"]

    forbidden: list[Callable[[Any], object]] = [
        lambda c: next(c.consume(other["stream"], arguments={"x-stream-offset": "first"})),
        lambda c: next(c.consume(longer["stream"], arguments={"x-stream-offset": "first"})),
        lambda c: next(c.consume(topology.LOG, arguments={"x-stream-offset": "first"})),
        lambda c: next(c.consume("cases.inbox")),
        lambda c: c.queue_declare(f"{stream}.mine"),
        lambda c: c.queue_declare(""),
        lambda c: c.queue_delete(stream),
        lambda c: c.queue_bind(stream, topology.EXCHANGE, "#"),
        lambda c: c.queue_unbind(stream, topology.EXCHANGE, "#"),
        lambda c: c.exchange_declare("mine"),
        lambda c: c.exchange_delete(topology.EXCHANGE),
        lambda c: _published(c, topology.EXCHANGE, "cases.case_reported.v1.37.01.02.007"),
        lambda c: _published(c, "", stream),
    ]
    with connect(servers, one) as connection:
        for attempt in forbidden:
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
                attempt(connection.channel())
            assert refused.value.reply_code == 403, refused.value
        # A stream cannot be emptied by anybody; the broker says so by ending the connection.
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
            connection.channel().queue_purge(stream)
    # Nothing was lost by trying, and what it is for still works.
    number = secrets.randbelow(10**9) * 100
    publish(channel, "cases.case_reported.v1.37.01.02.007", number)
    assert read(servers, one, number, 1) == [number]


def _published(channel: Any, exchange: str, key: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, b"{}")


def test_revoking_cuts_it_off_everywhere(
    registry: clients.Api,
    admin: clients.Client,
    worker: processes.Process,
    channel: Any,
    servers: run.TestRun,
) -> None:
    integrator = register(admin)
    in_state(admin, integrator, "ready")
    connection = connect(servers, integrator)
    path = f"/registry/integrators/{integrator['integrator_id']}"

    assert admin.post(f"{path}/revoke").json()["state"] == "revoking"

    token = registry.stranger().post(
        "/registry/tokens",
        json={
            "grant_type": "client_credentials",
            "client_id": integrator["name"],
            "client_secret": integrator["client_secret"],
        },
    )
    assert token.status_code == 401
    in_state(admin, integrator, "revoked")
    with pytest.raises(pika.exceptions.AMQPError):
        connection.process_data_events(time_limit=10)
    with pytest.raises(pika.exceptions.AMQPError):
        connect(servers, integrator)
    with pytest.raises(pika.exceptions.ChannelClosedByBroker):
        channel.queue_declare(integrator["stream"], passive=True)
    assert admin.post(f"{path}/revoke").json()["code"] == "integrator_revoked"


def test_a_broker_out_of_reach_delays_it_and_says_why(
    registry: clients.Api,
    admin: clients.Client,
    servers: run.TestRun,
    channel: Any,
    process: Callable[..., processes.Process],
) -> None:
    integrator = register(admin)
    settings = {"database_url": registry.database.url, "amqp_url": servers.rabbitmq.url(VHOST)}
    astray = process("registry", "worker", **settings, RABBITMQ_MANAGEMENT_URL="http://u:p@127.0.0.1:9")
    path = f"/registry/integrators/{integrator['integrator_id']}"

    waiting.eventually(lambda: admin.get(path).json()["trouble"], within_seconds=30)
    astray.kill()
    assert admin.get(path).json()["state"] == "pending"
    process("registry", "worker", **settings, RABBITMQ_MANAGEMENT_URL=servers.rabbitmq.management_url)

    in_state(admin, integrator, "ready")
    assert admin.get(path).json()["trouble"] is None


def test_integrators_of_other_areas_do_not_exist(registry: clients.Api, admin: clients.Client) -> None:
    integrator = register(admin, areas=[NEIGHBOUR])
    elsewhere = registry.client(roles=["admin"], areas=[WENDONG])
    path = f"/registry/integrators/{integrator['integrator_id']}"

    assert elsewhere.get(path).json()["code"] == "integrator_unknown"
    assert elsewhere.post(f"{path}/revoke").status_code == 404
    listed = elsewhere.get("/registry/integrators", params={"limit": 200}).json()["items"]
    assert integrator["name"] not in [one["name"] for one in listed]


def test_two_workers_bring_it_about_once(
    registry: clients.Api,
    admin: clients.Client,
    worker: processes.Process,
    channel: Any,
    servers: run.TestRun,
    process: Callable[..., processes.Process],
) -> None:
    number = secrets.randbelow(10**9) * 100
    for step in range(20):
        publish(channel, f"cases.case_reported.v1.37.01.02.007.{step:03}", number + step)
    process(
        "registry",
        "worker",
        database_url=registry.database.url,
        amqp_url=servers.rabbitmq.url(VHOST),
        RABBITMQ_MANAGEMENT_URL=servers.rabbitmq.management_url,
    )

    integrators = [register(admin) for _ in range(3)]

    for integrator in integrators:
        in_state(admin, integrator, "ready")
        assert read(servers, integrator, number, 20) == [number + step for step in range(20)]
