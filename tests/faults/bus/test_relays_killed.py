"""Relays are killed at random while transactions interleave: nothing is lost, nothing overtakes."""

import contextlib
import json
import random
import threading
from typing import Any

import pytest

from shared.bus import outbox
from tests.support.bus import chaos
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import moved
from tests.support.waiting import eventually

SUBJECTS = 50
EVENTS = 1000
WRITERS = 6


class GaveUp(Exception):
    """A writer that takes its transaction back."""


def write(rig: Rig, dice: random.Random, count: int) -> None:
    """Transactions of a few events over random subjects, some taken back, some slow to commit."""
    written = 0
    while written < count:
        n = min(dice.randint(1, 5), count - written)
        # Sorted, as callers lock their rows: two transactions never wait for each other in a circle.
        subjects = sorted(dice.randrange(SUBJECTS) for _ in range(n))
        with contextlib.suppress(GaveUp), rig.database.transaction() as tx:
            outbox.add(tx, [moved(f"s{subject:02}", written) for subject in subjects])
            if dice.random() < 0.2:
                tx.execute("SELECT pg_sleep(%s)", [dice.uniform(0, 0.03)])
            if dice.random() < 0.1:
                raise GaveUp
            written += n


def arrived(rig: Rig) -> list[dict[str, Any]]:
    """Everything in the inbox's queue, doubles dropped as the inbox does."""
    channel = rig.channel()
    events: dict[str, dict[str, Any]] = {}
    while True:
        method, _, body = channel.basic_get(rig.queue, auto_ack=True)
        if method is None:
            return list(events.values())
        event = json.loads(body)
        events.setdefault(event["id"], {"subject": event["subject"], "sequence": int(event["sequence"])})


@pytest.mark.parametrize("round_", range(chaos.times(1, 5)))
def test_interleaved_transactions_under_relays_killed_at_random(rig: Rig, round_: int) -> None:
    dice = chaos.dice(f"relays {round_}")
    relays = [rig.process("relay"), rig.process("relay")]
    share = EVENTS // WRITERS
    counts = [share] * (WRITERS - 1) + [EVENTS - share * (WRITERS - 1)]
    writers = [
        threading.Thread(target=write, args=(rig, random.Random(dice.random()), count)) for count in counts
    ]
    for writer in writers:
        writer.start()

    for _ in range(chaos.times(4, 30)):
        before = rig.unsent()
        eventually(
            lambda before=before: rig.unsent() != before or not any(w.is_alive() for w in writers),
            within_seconds=30,
            what="something moves",
        )
        victim = dice.randrange(2)
        relays[victim].kill()
        relays[victim] = rig.process("relay")
    for writer in writers:
        writer.join(timeout=60)
    eventually(lambda: rig.unsent() == 0, within_seconds=60, what="the outbox is sent")
    for relay in relays:
        relay.stop()

    events = arrived(rig)
    assert len(events) == EVENTS == rig.value("SELECT count(*) FROM outbox")
    assert_in_order(events)
