"""What stands on the broker after any process has declared it."""

import json
import urllib.parse

import pika.exceptions
import pytest

from shared import contracts
from shared.bus import relay, topology
from shared.contracts import cases
from tests.support.bus import things
from tests.support.bus.rig import Rig
from tests.support.bus.things import ThingMoved, ThingSeen
from tests.support.waiting import eventually


def bindings(rig: Rig, queue: str) -> set[str]:
    where = urllib.parse.quote(rig.vhost, safe="")
    found = rig.servers.rabbitmq.call("GET", f"/api/queues/{where}/{queue}/bindings")
    return {one["routing_key"] for one in found if one["source"] == topology.EXCHANGE}


def queue(rig: Rig, name: str) -> dict[str, object]:
    where = urllib.parse.quote(rig.vhost, safe="")
    found: dict[str, object] = rig.servers.rabbitmq.call("GET", f"/api/queues/{where}/{name}")
    return found


def test_every_service_gets_just_the_types_it_consumes(rig: Rig) -> None:
    topology.declare(rig.channel())

    for service in contracts.SERVICES:
        wanted = {f"{event.topic()}.#" for event in contracts.consumed_by(service)}
        assert bindings(rig, topology.inbox_queue(service)) == wanted
    assert bindings(rig, topology.LOG) == {"#"}


def test_an_inbox_is_a_quorum_queue_that_never_drops_or_gives_up_a_message(rig: Rig) -> None:
    topology.declare(rig.channel())

    found = queue(rig, "cases.inbox")

    assert found["type"] == "quorum"
    arguments = found["arguments"]
    assert isinstance(arguments, dict)
    # The broker the tests run against: only from release 4 on must the limit be switched off.
    limit = {"x-delivery-limit": -1} if topology.server_major(rig.channel()) >= 4 else {}
    assert arguments == {"x-queue-type": "quorum", **limit}


def test_declaring_again_changes_nothing(rig: Rig) -> None:
    things.declare(rig.channel())
    things.declare(rig.channel())

    assert bindings(rig, rig.queue) == {"probe.thing_moved.v1.#", "probe.thing_named.v1.#"}


def test_the_worker_takes_away_what_its_service_does_not_consume_any_more(rig: Rig) -> None:
    channel = rig.channel()
    things.declare(channel)
    channel.queue_bind(rig.queue, topology.EXCHANGE, f"{ThingSeen.topic()}.#")

    things.unbind(channel, things.SERVICE)

    assert bindings(rig, rig.queue) == {"probe.thing_moved.v1.#", "probe.thing_named.v1.#"}


def test_an_integrators_stream_gets_its_types_in_its_areas_only(rig: Rig) -> None:
    channel = rig.channel()
    topology.declare(channel)
    name = topology.declare_integrator(
        channel, "hotline", events=[cases.CaseReported, cases.CaseClosed], area_codes=["370102007", "370103"]
    )

    assert bindings(rig, name) == {
        "cases.case_reported.v1.37.01.02.007.#",
        "cases.case_reported.v1.37.01.03.#",
        "cases.case_closed.v1.37.01.02.007.#",
        "cases.case_closed.v1.37.01.03.#",
    }
    assert queue(rig, name)["type"] == "stream"


def test_an_account_without_the_permission_fails_with_a_sentence(rig: Rig) -> None:
    rabbitmq = rig.servers.rabbitmq
    assert rig.amqp_url
    rabbitmq.add_user("nobody", "nobody")
    rabbitmq.permit("nobody", vhost=rig.vhost, configure="^$", write="^$", read="^$")
    url = rabbitmq.url(rig.vhost, user="nobody", password="nobody")

    with pytest.raises(topology.TopologyRefused, match="permission"):
        things.declare(rig.channel(url))
    running = rig.relay(amqp_url=url)
    eventually(running.ended, what="the relay gives up")
    with pytest.raises(topology.TopologyRefused):
        running.stop()


def test_a_queue_with_other_arguments_fails_with_a_sentence(rig: Rig) -> None:
    rig.channel().queue_declare(rig.queue, durable=True)

    with pytest.raises(topology.TopologyDiffers, match=r"probe\.inbox"):
        things.declare(rig.channel())


def test_a_services_account_may_publish_its_own_events_only(rig: Rig) -> None:
    rabbitmq = rig.servers.rabbitmq
    things.declare(rig.channel())
    rabbitmq.add_user("probe-account", "secret")
    rabbitmq.permit("probe-account", vhost=rig.vhost)
    rabbitmq.permit_topics("probe-account", exchange=topology.EXCHANGE, write=r"^probe\.", vhost=rig.vhost)
    channel = rig.channel(rabbitmq.url(rig.vhost, user="probe-account", password="secret"))
    channel.confirm_delivery()

    channel.basic_publish(topology.EXCHANGE, "probe.thing_moved.v1.37.01", b"{}")
    with pytest.raises(pika.exceptions.ChannelClosedByBroker):
        channel.basic_publish(topology.EXCHANGE, "cases.case_reported.v1.37.01", b"{}")


def test_what_the_relay_sends_is_in_the_log_as_a_cloudevent(rig: Rig) -> None:
    rig.commit(things.moved("a", 1))
    session = rig.relay()
    channel = rig.channel()
    things.declare(channel)
    channel.basic_qos(prefetch_count=1)

    method, properties, body = next(
        channel.consume(topology.LOG, arguments={"x-stream-offset": "first"}, inactivity_timeout=10)
    )
    session.stop()

    assert method is not None
    assert method.routing_key == "probe.thing_moved.v1.37.01.02.007"
    assert properties.content_type == "application/cloudevents+json"
    event = json.loads(body)
    assert event["type"] == ThingMoved.type
    assert event["source"] == "/yiwang/probe"
    assert event["sequence"] == "00000000000000000001"
    assert event["data"] == {"thing_id": "a", "area": things.AREA, "n": 1, "mode": "ok"}
    assert relay.SENT_DAYS == 7
