"""Deliveries as a broker may make them: repeated, at once, shuffled, and full of junk."""

import itertools
import json
import random
import threading
from collections.abc import Sequence
from typing import Any

from shared import db
from shared.bus.envelope import Received
from shared.bus.inbox import Delivery, Subscription, apply
from tests.support.bus import chaos, things
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import AREA, SUBSCRIPTIONS, ThingMoved, ThingNamed, moved
from tests.support.waiting import eventually


def test_each_event_delivered_three_times_has_one_effect_in_order(rig: Rig) -> None:
    dice = chaos.dice("three times")
    rig.commit(*(moved(f"s{n % 20}", n) for n in range(400)))
    bodies = rig.bodies()
    # Doubles follow their original at any distance.
    places = [(n, n) for n in range(400)] + [
        (n + dice.randint(0, 60), n) for n in range(400) for _ in range(2)
    ]
    rig.send(*(bodies[n] for _, n in sorted(places, key=lambda place: place[0])))

    running = rig.consumer()

    assert_in_order(rig.wait_effects(400))
    eventually(lambda: rig.queue_length() == 0)
    running.stop()
    assert len(rig.effects()) == 400


def test_the_same_events_in_two_sessions_at_once_have_one_effect(rig: Rig) -> None:
    """A worker that lost its lock may still be at a batch when the next one begins."""
    dice = chaos.dice("at once")
    rig.commit(*(moved(f"s{n % 20}", n) for n in range(400)))
    bodies = rig.bodies()

    def work(seed: float) -> None:
        own = random.Random(seed)
        session = db.session(rig.database_url, name="test")
        position = 0
        while position < len(bodies):
            size = own.randint(1, 60)
            batch = [Delivery(body=body) for body in bodies[position : position + size]]
            try:
                apply(session, SUBSCRIPTIONS, batch)
            except Exception as error:
                # The two may deadlock on ids in different batches: then the batch is repeated.
                if not db.is_passing(error):
                    raise
                continue
            position += size
        session.close()

    for _ in range(chaos.times(1, 3)):
        threads = [threading.Thread(target=work, args=(dice.random(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

    assert sorted((e["subject"], e["sequence"]) for e in rig.effects()) == sorted(
        (f"s{n % 20}", n // 20 + 1) for n in range(400)
    )


def test_shuffled_events_leave_every_copy_right(rig: Rig) -> None:
    dice = chaos.dice("shuffled")
    events = [
        ThingNamed(thing_id=f"t{n % 50}", area=AREA, name=None if dice.random() < 0.2 else f"name {n}")
        for n in range(1000)
    ]
    for start in range(0, 1000, 100):
        rig.commit(*events[start : start + 100])
    bodies = rig.bodies() * 2
    dice.shuffle(bodies)
    rig.send(*bodies, routing_key="probe.thing_named.v1.37.01.02.007")

    running = rig.consumer()

    eventually(lambda: rig.value("SELECT count(*) FROM inbox") == 1000, within_seconds=30)
    eventually(lambda: rig.queue_length() == 0)
    running.stop()
    held = {row["thing_id"]: row for row in rig.execute("SELECT thing_id, sequence, name FROM names")}
    for subject in range(50):
        assert held[f"t{subject}"]["sequence"] == 20
        assert held[f"t{subject}"]["name"] == events[950 + subject].name


def poison(good: bytes) -> dict[str, bytes]:
    """Messages that are wrong in one way each, made from a good one; each about a subject of its own."""

    def changed(name: str, **attributes: Any) -> bytes:
        read = {
            **json.loads(good),
            "subject": f"poison {name}",
            "id": f"{hash(name) & 0xFFFFFFFF:08x}" + "0" * 24,
        }
        data = attributes.pop("data", {})
        read["data"] = {**read["data"], **data} if isinstance(data, dict) else data
        read.update(attributes)
        return json.dumps({k: v for k, v in read.items() if v is not ...}).encode()

    return {
        # Nobody can read these.
        "empty": b"",
        "binary": bytes(range(256)),
        "cut short": good[: len(good) // 2],
        "nested": b"[" * 200_000,
        "another version": changed("another version", specversion="0.3"),
        "no id": changed("no id", id=...),
        "a NUL": changed("a NUL", subject="a\0b"),
        "half a character": changed("half a character", subject="\ud800"),
        "a bad sequence": changed("a bad sequence", sequence="-1"),
        "data that is a list": changed("data that is a list", data=[1]),
        # These are events, but not as declared, or too much for the handler.
        "a wrong type": changed("a wrong type", data={"n": "seven"}),
        "a missing field": changed("a missing field", data={"n": None}),
        "a number out of range": changed("a number out of range", data={"n": 2**70}),
        "a NUL for the database": changed("a NUL for the database", data={"mode": "a\0b"}),
        "a raising handler": changed("a raising handler", data={"mode": "raise"}),
        "bad SQL": changed("bad SQL", data={"mode": "sql"}),
        "five megabytes": changed("five megabytes", data={"mode": "x" * 5_000_000}),
        # Nobody subscribes to this one.
        "an unknown type": changed("an unknown type", type="yiwang.probe.thing_sold.v1"),
    }


RAW = 10
PARKED = 6
HARMLESS = 2


def touchy(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
    for event in events:
        if event.data.mode == "raise":
            raise RuntimeError("this one always fails")
        if event.data.mode == "sql":
            tx.execute("SELECT no_such_column")
        tx.execute("SELECT %s::text", [event.data.mode])
    things.record(tx, events)


def test_eighteen_kinds_of_poison_harm_only_themselves(rig: Rig) -> None:
    dice = chaos.dice("poison")
    rig.commit(*(moved(f"s{n % 10}", n) for n in range(200)))
    good = rig.bodies()
    bad = list(poison(good[0]).values())
    assert len(bad) == RAW + PARKED + HARMLESS
    dice.shuffle(bad)
    cuts = sorted(dice.randrange(200) for _ in bad)
    mixed = list(
        itertools.chain.from_iterable(
            [*(b for cut, b in zip(cuts, bad, strict=True) if cut == n), body] for n, body in enumerate(good)
        )
    )
    rig.send(*mixed)

    running = rig.consumer({ThingMoved.type: Subscription(contract=ThingMoved, handler=touchy)})

    # The big one is harmless: it is an event like any other.
    effects = rig.wait_effects(201)
    eventually(lambda: rig.queue_length() == 0)
    running.stop()
    assert_in_order([effect for effect in effects if not effect["subject"].startswith("poison")])
    counts = {
        row["state"]: row["n"]
        for row in rig.execute("SELECT state, count(*) AS n FROM parked GROUP BY state")
    }
    assert counts == {"undecodable": RAW, "waiting": PARKED}
    assert running.error is None
