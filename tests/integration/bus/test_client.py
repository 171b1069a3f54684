"""What an integrator copies: events live or from a moment, over every reconnect, doubles dropped."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local import processes
from shared import client
from shared.bus import topology
from tests.support.bus import things
from tests.support.bus.rig import Rig
from tests.support.bus.things import ThingMoved, moved
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

STREAM = "integrator.neighbour"
AREA = "370102007"


@pytest.fixture
def stream(rig: Rig) -> str:
    """A stream of one subdistrict, and an account that may read it and nothing else; the account's address."""
    channel = rig.channel()
    things.declare(channel)
    topology.declare_integrator(channel, "neighbour", events=[ThingMoved], area_codes=[AREA])
    rabbitmq = rig.servers.rabbitmq
    rabbitmq.add_user("neighbour", "secret")
    rabbitmq.permit("neighbour", vhost=rig.vhost, configure="^$", write="^$", read=r"^integrator\.neighbour$")
    return rabbitmq.url(rig.vhost, user="neighbour", password="secret")


def publish(rig: Rig, *events: things.ThingMoved) -> list[bytes]:
    """Sends events as a relay would, each under its own routing key."""
    rig.execute("DELETE FROM outbox")
    rig.commit(*events)
    bodies = rig.bodies()
    for event, body in zip(events, bodies, strict=True):
        rig.send(body, routing_key=event.routing_key)
    return bodies


def test_everything_kept_is_replayed_and_ends_when_nothing_comes(rig: Rig, stream: str) -> None:
    publish(rig, *(moved("a", n) for n in range(5)))

    events = list(client.follow(stream, STREAM, since="first", idle_seconds=1.0))

    assert [event.data["n"] for event in events] == [0, 1, 2, 3, 4]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert events[0].area == AREA


def test_events_of_another_area_do_not_come(rig: Rig, stream: str) -> None:
    publish(
        rig,
        moved("a", 1, area="370102007003"),
        moved("b", 2, area="370102008"),
        moved("c", 3, area="37010200"[:6]),
    )

    events = list(client.follow(stream, STREAM, since="first", idle_seconds=1.0))

    assert [event.subject for event in events] == ["a"]


def test_live_events_come_as_they_happen(rig: Rig, stream: str) -> None:
    publish(rig, moved("before", 1))
    got: list[client.CloudEvent] = []
    reader = threading.Thread(
        target=lambda: got.extend(itertools.islice(client.follow(stream, STREAM, idle_seconds=15), 2)),
        daemon=True,
    )
    reader.start()
    where = f"/api/queues/{rig.vhost}/{STREAM}/"
    eventually(lambda: rig.servers.rabbitmq.call("GET", where[:-1]).get("consumers"), within_seconds=15)

    publish(rig, moved("after", 2), moved("after", 3))

    reader.join(timeout=15)
    assert [event.data["n"] for event in got] == [2, 3]


def test_a_replay_from_a_moment_begins_at_that_moment(rig: Rig, stream: str) -> None:
    publish(rig, moved("a", 1), moved("a", 2))
    moment = datetime.now(UTC)
    publish(rig, moved("a", 3))

    later = list(client.follow(stream, STREAM, since=moment, idle_seconds=1.0))
    all_of_them = list(client.follow(stream, STREAM, since=moment - timedelta(hours=1), idle_seconds=1.0))

    assert [event.data["n"] for event in later] == [3]
    assert [event.data["n"] for event in all_of_them] == [1, 2, 3]


def test_a_position_saved_by_the_caller_is_where_it_goes_on(rig: Rig, stream: str) -> None:
    publish(rig, *(moved("a", n) for n in range(4)))
    first = list(itertools.islice(client.follow(stream, STREAM, since="first", idle_seconds=5), 2))

    rest = list(client.follow(stream, STREAM, since=first[-1].offset + 1, idle_seconds=1.0))

    assert [event.data["n"] for event in rest] == [2, 3]


def test_an_event_published_twice_comes_once(rig: Rig, stream: str) -> None:
    (body,) = publish(rig, moved("a", 1))
    rig.send(body, body)

    assert len(list(client.follow(stream, STREAM, since="first", idle_seconds=1.0))) == 1


def test_what_is_no_event_is_passed_over(rig: Rig, stream: str) -> None:
    rig.send(b"junk", b'{"id": 7}')
    publish(rig, moved("a", 1))

    assert len(list(client.follow(stream, STREAM, since="first", idle_seconds=1.0))) == 1


def test_a_lost_connection_loses_and_repeats_nothing(rig: Rig, stream: str) -> None:
    port = rig.servers.rabbitmq.ports["amqp"]
    with Proxy(port) as proxy:
        publish(rig, *(moved("a", n) for n in range(3)))
        events = client.follow(
            stream.replace(f":{port}/", f":{proxy.port}/"), STREAM, since="first", idle_seconds=15, prefetch=1
        )
        got = [next(events).data["n"]]
        proxy.reset()
        publish(rig, moved("a", 3))
        got += [event.data["n"] for event in itertools.islice(events, 3)]
        events.close()

    assert got == [0, 1, 2, 3]


def test_an_account_that_may_not_read_the_stream_is_told_so(rig: Rig, stream: str) -> None:
    topology.declare_integrator(rig.channel(), "other", events=[ThingMoved], area_codes=[AREA])

    with pytest.raises(client.Refused):
        next(client.follow(stream, "integrator.other", idle_seconds=5))
    with pytest.raises(client.Refused):
        next(client.follow(stream, topology.LOG, idle_seconds=5))
    with pytest.raises(client.Refused):
        next(client.follow(stream.replace("secret", "wrong"), STREAM, idle_seconds=5))


def test_the_file_works_alone_on_the_command_line(rig: Rig, stream: str, tmp_path: Path) -> None:
    publish(rig, moved("a", 1))
    copied = tmp_path / "client.py"
    shutil.copy(processes.ROOT / "shared" / "client.py", copied)

    done = subprocess.run(
        [sys.executable, str(copied), STREAM, "--since", "first", "--idle", "1"],
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, "YIWANG_AMQP_URL": stream},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["n"] == 1
