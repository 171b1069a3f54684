"""Private servers: started, broken on purpose, and back with what they held."""

import pathlib
import shutil
import tempfile
from collections.abc import Iterator

import pika
import psycopg
import pytest

from deploy.local import children, ports, servers
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def folder() -> Iterator[pathlib.Path]:
    made = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-servers-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def postgresql(folder: pathlib.Path) -> Iterator[servers.PostgreSQL]:
    server = servers.PostgreSQL(folder / "postgresql", durable=False)
    server.start()
    yield server
    server.stop_immediately()


@pytest.fixture(scope="module")
def rabbitmq(folder: pathlib.Path) -> Iterator[servers.RabbitMQ]:
    server = servers.RabbitMQ(folder / "rabbitmq")
    server.start()
    yield server
    server.kill()
    server.epmd.kill()


@pytest.mark.parametrize("how", ["kill", "stop_immediately", "stop"])
def test_the_database_keeps_what_was_committed(postgresql: servers.PostgreSQL, how: str) -> None:
    with psycopg.connect(postgresql.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (how text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (how,))

    getattr(postgresql, how)()
    assert not ports.answers(postgresql.port)
    postgresql.start()

    with psycopg.connect(postgresql.url()) as connection:
        assert connection.execute("SELECT 1 FROM kept WHERE how = %s", (how,)).fetchone() is not None


def test_a_role_sees_its_own_database_and_no_other(postgresql: servers.PostgreSQL) -> None:
    for name in ("left", "right"):
        postgresql.add_role(name, "secret")
        postgresql.add_database(name, owner=name)

    with psycopg.connect(postgresql.url("left", user="left", password="secret")) as connection:
        connection.execute("CREATE TABLE mine (one int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(postgresql.url("right", user="left", password="secret"))


def test_roles_and_databases_are_made_once(postgresql: servers.PostgreSQL) -> None:
    for _ in range(2):
        postgresql.add_role("again", "secret")
        postgresql.add_database("again", owner="again")

    psycopg.connect(postgresql.url("again", user="again", password="secret")).close()


def test_the_broker_keeps_durable_messages_over_kill_9(rabbitmq: servers.RabbitMQ) -> None:
    url = rabbitmq.add_vhost("kept")
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_publish("", "kept", b"here", pika.BasicProperties(delivery_mode=2))

    rabbitmq.flush()

    rabbitmq.kill()
    assert not ports.answers(rabbitmq.ports["amqp"])
    rabbitmq.start()

    eventually(lambda: _read(url, "kept") == b"here", within_seconds=20, what="the message")


def test_a_disk_alarm_blocks_publishers_until_it_is_cleared(rabbitmq: servers.RabbitMQ) -> None:
    rabbitmq.raise_disk_alarm()
    try:
        eventually(lambda: _alarms(rabbitmq) == {"disk space"}, what="the alarm")
    finally:
        rabbitmq.clear_disk_alarm()

    eventually(lambda: not _alarms(rabbitmq), what="the all-clear")


def test_a_memory_alarm_blocks_publishers_until_it_is_cleared(rabbitmq: servers.RabbitMQ) -> None:
    rabbitmq.raise_memory_alarm()
    try:
        eventually(lambda: _alarms(rabbitmq) == {"memory"}, what="the alarm")
    finally:
        rabbitmq.clear_memory_alarm()

    eventually(lambda: not _alarms(rabbitmq), what="the all-clear")


def test_a_stopped_application_refuses_connections_until_it_is_started(rabbitmq: servers.RabbitMQ) -> None:
    rabbitmq.stop_app()
    try:
        with pytest.raises(pika.exceptions.AMQPError):
            pika.BlockingConnection(pika.URLParameters(rabbitmq.url()))
    finally:
        rabbitmq.start_app()

    pika.BlockingConnection(pika.URLParameters(rabbitmq.url())).close()


def test_a_user_speaks_only_in_its_own_name(rabbitmq: servers.RabbitMQ) -> None:
    admin = rabbitmq.add_vhost("named")
    rabbitmq.add_user("cases", "secret")
    rabbitmq.permit("cases", vhost="named")
    rabbitmq.permit_topics("cases", exchange="yiwang.events", write=r"^cases\.", vhost="named")
    with pika.BlockingConnection(pika.URLParameters(admin)) as connection:
        connection.channel().exchange_declare("yiwang.events", "topic", durable=True)

    url = rabbitmq.url("named", user="cases", password="secret")
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("yiwang.events", "cases.case_reported.v1.37", b"mine")
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
            channel.basic_publish("yiwang.events", "points.points_earned.v1.37", b"not mine")


def test_nothing_of_the_servers_listens_beyond_this_machine(
    rabbitmq: servers.RabbitMQ, postgresql: servers.PostgreSQL
) -> None:
    mine = {*rabbitmq.ports.values(), postgresql.port}

    listening = {port: address for address, port in _listening() if port in mine}

    assert set(listening) == mine
    # 127.0.0.1, the same as an IPv6 address, and ::1, as /proc/net writes them.
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert set(listening.values()) <= loopback


def test_two_brokers_run_side_by_side(rabbitmq: servers.RabbitMQ, folder: pathlib.Path) -> None:
    other = servers.RabbitMQ(folder / "other")
    try:
        other.start()

        assert set(other.ports.values()).isdisjoint(rabbitmq.ports.values())
        pika.BlockingConnection(pika.URLParameters(other.url())).close()
        pika.BlockingConnection(pika.URLParameters(rabbitmq.url())).close()
    finally:
        other.kill()
        other.epmd.kill()
    assert children.left_behind(None, folder / "other") == []


def _read(url: str, queue: str) -> bytes | None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        body: bytes | None = connection.channel().basic_get(queue, auto_ack=True)[2]
        return body


def _alarms(rabbitmq: servers.RabbitMQ) -> set[str]:
    answer = rabbitmq.call("GET", "/api/health/checks/local-alarms", accept=(503,))
    return {alarm["resource"] for alarm in answer.get("alarms", [])}


def _listening() -> list[tuple[str, int]]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                address, port = fields[1].split(":")
                found.append((address, int(port, 16)))
    return found
