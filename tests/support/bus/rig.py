"""A bus of its own for one test: a database with the bus's tables, an empty virtual host, and handles on both."""

import contextlib
import pathlib
import secrets
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import pika
import pika.exceptions

from deploy.local import children, processes
from shared import db, migrations
from shared.bus import envelope, outbox, relay, topology
from shared.bus.inbox import consumer
from shared.bus.inbox.batch import Subscription
from shared.contracts.base import Event
from tests.support import run
from tests.support.bus import things
from tests.support.waiting import eventually

_template_lock = threading.Lock()
_templates: set[int] = set()

# As in production, but quicker to notice and to try again.
RELAY = relay.Settings(
    confirm_seconds=5.0, pass_seconds=8.0, longest_pause_seconds=0.5, longest_refusal_seconds=0.5
)
CONSUMER = consumer.Settings(
    batch_seconds=8.0, ping_seconds=1.0, lock_poll_seconds=0.05, longest_pause_seconds=0.5
)


def new_database(servers: run.TestRun) -> str:
    """Address of a fresh database with the bus's tables and those of the test service."""
    server = servers.postgresql
    with _template_lock:
        if id(servers) not in _templates:
            server.add_role(things.SERVICE, things.SERVICE)
            server.add_database("template_probe", owner=things.SERVICE)
            url = server.url("template_probe", user=things.SERVICE, password=things.SERVICE)
            migrations.apply(url, service=things.SERVICE)
            session = db.session(url, name="test")
            session.execute(things.TABLES.encode())
            session.close()
            _templates.add(id(servers))
    name = f"probe_{secrets.token_hex(5)}"
    server.add_database(name, owner=things.SERVICE, template="template_probe")
    return server.url(name, user=things.SERVICE, password=things.SERVICE)


class Running:
    """A relay or consumer in a thread of the test; its death by an exception fails whoever looks."""

    def __init__(self, part: relay.Relay | consumer.Consumer) -> None:
        self.part = part
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.part.run()
        except BaseException as error:
            self.error = error

    def stop(self, *, within_seconds: float = 15.0) -> None:
        self.part.stop()
        self._thread.join(timeout=within_seconds)
        assert not self._thread.is_alive(), "it does not stop"
        if self.error is not None:
            raise self.error

    def ended(self) -> bool:
        return not self._thread.is_alive()


class Rig:
    """What a test of the bus works with."""

    def __init__(self, servers: run.TestRun, database_url: str, folder: pathlib.Path) -> None:
        self.servers = servers
        self.database_url = database_url
        self.database = db.Database(database_url, service=things.SERVICE, min_size=0, max_size=8)
        self._folder = folder
        self._running: list[Running] = []
        self._children: list[children.Child] = []
        self._connections: list[pika.BlockingConnection] = []

    @cached_property
    def amqp_url(self) -> str:
        """The virtual host, made when first asked for: many tests need none."""
        return self.servers.rabbitmq.add_vhost(self.vhost)

    @property
    def vhost(self) -> str:
        return urlsplit(self.database_url).path[1:]

    # -- in and out

    def commit(self, *events: Event) -> None:
        """Events of one committed transaction."""
        with self.database.transaction() as tx:
            outbox.add(tx, events)

    def execute(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction() as tx:
            cursor = tx.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *parameters: Any) -> Any:
        return next(iter(self.execute(statement, *parameters)[0].values()))

    def bodies(self) -> list[bytes]:
        """The envelopes of everything in the outbox, in the order of writing."""
        rows = self.execute("SELECT *, data::text AS data FROM outbox ORDER BY time, subject, sequence")
        return [envelope.encode(row, service=things.SERVICE) for row in rows]

    def effects(self) -> list[dict[str, Any]]:
        return self.execute("SELECT subject, sequence, n, process FROM effects ORDER BY position")

    def unsent(self) -> int:
        count: int = self.value("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        return count

    # -- parts in threads

    def relay(
        self, *, amqp_url: str | None = None, database_url: str | None = None, **settings: Any
    ) -> Running:
        made = relay.Relay(
            service=things.SERVICE,
            database_url=database_url or self.database_url,
            amqp_url=amqp_url or self.amqp_url,
            settings=relay.Settings(**{**vars(RELAY), **settings}),
            declare=things.declare,
        )
        return self._track(Running(made))

    def consumer(
        self,
        subscriptions: Mapping[str, Subscription] = things.SUBSCRIPTIONS,
        *,
        amqp_url: str | None = None,
        database_url: str | None = None,
        **settings: Any,
    ) -> Running:
        made = consumer.Consumer(
            service=things.SERVICE,
            database_url=database_url or self.database_url,
            amqp_url=amqp_url or self.amqp_url,
            subscriptions=subscriptions,
            settings=consumer.Settings(**{**vars(CONSUMER), **settings}),
            declare=things.declare,
            unbind=things.unbind,
        )
        return self._track(Running(made))

    def _track(self, running: Running) -> Running:
        self._running.append(running)
        return running

    # -- parts in processes

    def process(
        self, role: str, *, amqp_url: str | None = None, database_url: str | None = None
    ) -> children.Child:
        """A started process of the test service."""
        number = len(self._children) + 1
        child = children.Child(
            f"probe-{role}-{number}",
            [sys.executable, "-W", "ignore", "-m", "tests.support.bus.probe", role],
            environment=processes.surroundings(
                {
                    "DATABASE_URL": database_url or self.database_url,
                    "AMQP_URL": amqp_url or self.amqp_url,
                    "YIWANG_MODE": "local",
                }
            ),
            log=self._folder / f"probe-{role}-{number}.log",
            directory=processes.ROOT,
        )
        self._children.append(child)
        child.start()
        return child

    # -- the broker

    def channel(self, amqp_url: str | None = None) -> Any:
        connection = pika.BlockingConnection(topology.parameters(amqp_url or self.amqp_url, name="test"))
        self._connections.append(connection)
        return connection.channel()

    def send(self, *bodies: bytes, routing_key: str | None = None) -> None:
        """Publishes bytes past the outbox, confirmed."""
        channel = self.channel()
        things.declare(channel)
        channel.confirm_delivery()
        key = routing_key or f"{things.ThingMoved.topic()}.37.01.02.007"
        for body in bodies:
            channel.basic_publish(
                topology.EXCHANGE, key, body, pika.BasicProperties(delivery_mode=2), mandatory=True
            )
        channel.connection.close()

    def queue_length(self) -> int:
        """Messages that wait in the inbox's queue, not counting those handed out."""
        channel = self.channel()
        try:
            count: int = channel.queue_declare(self.queue, passive=True).method.message_count
        finally:
            channel.connection.close()
        return count

    def queue_consumers(self) -> int:
        channel = self.channel()
        try:
            count: int = channel.queue_declare(self.queue, passive=True).method.consumer_count
        finally:
            channel.connection.close()
        return count

    @property
    def queue(self) -> str:
        return topology.inbox_queue(things.SERVICE)

    def wait_held(self) -> None:
        """Waits until a worker consumes the inbox."""

        def held() -> bool:
            try:
                return self.queue_consumers() == 1
            except pika.exceptions.ChannelClosedByBroker:
                return False  # nobody has declared the queue yet

        eventually(held, within_seconds=20, what="a worker holds the inbox")

    def wait_effects(self, count: int, *, within_seconds: float = 20.0) -> list[dict[str, Any]]:
        """Waits until so many events have had their effect."""
        eventually(
            lambda: self.value("SELECT count(*) FROM effects") >= count,
            within_seconds=within_seconds,
            what=f"{count} effects",
        )
        return self.effects()

    # -- end

    def end(self) -> None:
        for child in self._children:
            child.kill()
        for running in self._running:
            running.part.stop()
        for running in self._running:
            running._thread.join(timeout=10)
        for connection in self._connections:
            # A link that was cut may not know it yet.
            with contextlib.suppress(pika.exceptions.AMQPError):
                if connection.is_open:
                    connection.close()
        self.database.close()
        self.servers.postgresql.drop_database(urlsplit(self.database_url).path[1:])
        if "amqp_url" in vars(self):
            self.servers.rabbitmq.delete_vhost(self.vhost)


def assert_in_order(effects: Iterable[Mapping[str, Any]]) -> None:
    """Each subject's effects came in the order of its numbers, each once, with none left out."""
    reached: dict[str, int] = {}
    for effect in effects:
        expected = reached.get(effect["subject"], 0) + 1
        assert effect["sequence"] == expected, (
            f"{effect['subject']}: {effect['sequence']} instead of {expected}"
        )
        reached[effect["subject"]] = expected


@contextlib.contextmanager
def made(servers: run.TestRun, folder: pathlib.Path) -> Iterator[Rig]:
    rig = Rig(servers, new_database(servers), folder)
    try:
        yield rig
    finally:
        rig.end()
