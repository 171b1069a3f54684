"""One batch: each event once, each subject in order, and only the guilty event is parked."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from shared import db, ids
from shared.bus import parked
from shared.bus.envelope import Received
from shared.bus.inbox import Delivery, Subscription, apply
from tests.support.bus import things
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import SUBSCRIPTIONS, ThingMoved, ThingNamed, ThingSeen, moved
from tests.support.waiting import eventually


@pytest.fixture
def session(rig: Rig) -> Iterator[db.Tx]:
    connection = db.session(rig.database_url, name="test")
    yield connection
    connection.close()


def deliveries(rig: Rig) -> list[Delivery]:
    return [Delivery(body=body) for body in rig.bodies()]


def error_of(
    session: db.Tx, subscriptions: Mapping[str, Subscription], batch: Sequence[Delivery]
) -> BaseException | None:
    """What applying the batch raises."""
    try:
        apply(session, subscriptions, batch)
    except Exception as error:
        return error
    return None


def parked_rows(rig: Rig) -> list[dict[str, Any]]:
    return rig.execute("SELECT key, state, subject, type, reason, tries, body FROM parked ORDER BY key")


def test_events_of_a_batch_have_their_effects_in_the_order_of_each_subject(rig: Rig, session: db.Tx) -> None:
    rig.commit(*(moved(f"s{n % 3}", n) for n in range(30)))

    outcome = apply(session, SUBSCRIPTIONS, deliveries(rig))

    assert outcome == {"applied": 30}
    assert_in_order(rig.effects())


def test_a_handler_gets_lists_with_each_subject_at_most_once(rig: Rig, session: db.Tx) -> None:
    calls: list[list[str]] = []

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        calls.append([event.subject for event in events])

    rig.commit(moved("a", 1), moved("a", 2), moved("b", 1), moved("c", 1), moved("a", 3))

    apply(session, {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}, deliveries(rig))

    assert [sorted(call) for call in calls] == [["a", "b", "c"], ["a"], ["a"]]


def test_an_event_seen_before_has_no_second_effect(rig: Rig, session: db.Tx) -> None:
    rig.commit(moved("a", 1), moved("a", 2))
    batch = deliveries(rig)
    apply(session, SUBSCRIPTIONS, batch)

    again = apply(session, SUBSCRIPTIONS, [*batch, *batch])

    assert again == {"seen": 4}
    assert len(rig.effects()) == 2


def test_an_event_standing_twice_in_one_batch_has_one_effect(rig: Rig, session: db.Tx) -> None:
    rig.commit(moved("a", 1))
    batch = deliveries(rig)

    assert apply(session, SUBSCRIPTIONS, batch * 3) == {"applied": 1, "seen": 2}


def test_two_workers_with_the_same_events_at_once_apply_each_once(rig: Rig, session: db.Tx) -> None:
    rig.commit(*(moved(f"s{n}", 1) for n in range(50)))
    batch = deliveries(rig)
    other = db.session(rig.database_url, name="test-2")
    thread = threading.Thread(target=apply, args=(other, SUBSCRIPTIONS, batch[::-1]))
    thread.start()

    apply(session, SUBSCRIPTIONS, batch)

    thread.join(timeout=20)
    other.close()
    assert len(rig.effects()) == 50


def test_only_the_event_whose_handler_fails_is_parked_and_those_behind_it_wait(
    rig: Rig, session: db.Tx
) -> None:
    rig.execute("INSERT INTO refusals VALUES ('bad')")
    rig.commit(moved("good", 1), moved("bad", 1), moved("good", 2), moved("bad", 2), moved("other", 1))

    outcome = apply(session, SUBSCRIPTIONS, deliveries(rig))

    assert outcome == {"applied": 3, "parked": 1, "set_aside": 1}
    assert [(row["subject"], row["state"]) for row in parked_rows(rig)] == [("bad", "waiting")] * 2
    assert "Refused" in parked_rows(rig)[0]["reason"]
    assert_in_order(rig.effects())


def test_later_batches_set_events_of_a_parked_subject_aside(rig: Rig, session: db.Tx) -> None:
    rig.execute("INSERT INTO refusals VALUES ('bad')")
    rig.commit(moved("bad", 1))
    apply(session, SUBSCRIPTIONS, deliveries(rig))
    rig.execute("DELETE FROM refusals")
    rig.commit(moved("bad", 2), moved("good", 1))

    outcome = apply(session, SUBSCRIPTIONS, deliveries(rig)[1:])

    assert outcome == {"set_aside": 1, "applied": 1}


def test_the_order_of_parking_is_the_order_of_events_also_when_one_is_bad_in_itself(
    rig: Rig, session: db.Tx
) -> None:
    rig.execute("INSERT INTO refusals VALUES ('bad')")
    rig.commit(moved("bad", 1), moved("bad", 2), moved("bad", 3))
    bodies = rig.bodies()
    spoiled = json.loads(bodies[1])
    spoiled["data"]["n"] = "two"
    bodies[1] = json.dumps(spoiled).encode()

    apply(session, SUBSCRIPTIONS, [Delivery(body=body) for body in bodies])

    assert [bytes(row["body"]) for row in parked_rows(rig)] == bodies


def test_a_database_error_in_a_handler_parks_one_event_and_spoils_nothing(rig: Rig, session: db.Tx) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        things.record(tx, events)
        if any(event.subject == "bad" for event in events):
            tx.execute("SELECT 1 / 0")

    rig.commit(moved("good", 1), moved("bad", 1), moved("better", 1))

    outcome = apply(
        session, {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}, deliveries(rig)
    )

    assert outcome == {"applied": 2, "parked": 1}
    assert {row["subject"] for row in rig.effects()} == {"good", "better"}
    assert "22012" in parked_rows(rig)[0]["reason"]


def test_a_handler_that_swallows_a_database_error_is_found_out(rig: Rig, session: db.Tx) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        if any(event.subject == "bad" for event in events):
            try:
                tx.execute("SELECT 1 / 0")
            except Exception:
                return
        things.record(tx, events)

    rig.commit(moved("bad", 1), moved("good", 1))

    outcome = apply(
        session, {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}, deliveries(rig)
    )

    assert outcome == {"applied": 1, "parked": 1}


def test_a_constraint_checked_only_at_the_commit_parks_the_event_that_broke_it(
    rig: Rig, session: db.Tx
) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        for event in events:
            tx.execute("INSERT INTO pairs VALUES (%s)", [event.data.n])

    rig.commit(moved("a", 1), moved("b", 1), moved("c", 2))

    outcome = apply(
        session, {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}, deliveries(rig)
    )

    assert outcome == {"applied": 2, "parked": 1}
    assert "23505" in parked_rows(rig)[0]["reason"]


@pytest.mark.parametrize("state", ["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01"])
def test_trouble_that_passes_rolls_the_batch_back_and_parks_nothing(
    rig: Rig, session: db.Tx, state: str
) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        things.record(tx, events)
        tx.execute(f"DO $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$".encode())

    rig.commit(moved("a", 1), moved("b", 1))

    subscriptions = {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}
    assert db.is_passing(error_of(session, subscriptions, deliveries(rig)))
    assert rig.effects() == []
    assert parked_rows(rig) == []
    assert rig.value("SELECT count(*) FROM inbox") == 0


def test_a_real_lock_timeout_is_trouble_that_passes(rig: Rig, session: db.Tx) -> None:
    rig.commit(moved("a", 1))
    session.execute("SET lock_timeout = '50ms'")
    with rig.database.transaction() as tx:
        tx.execute("LOCK TABLE effects IN ACCESS EXCLUSIVE MODE")

        error = error_of(session, SUBSCRIPTIONS, deliveries(rig))

    assert db.is_passing(error)
    assert apply(session, SUBSCRIPTIONS, deliveries(rig)) == {"applied": 1}


def test_bytes_nobody_can_read_are_kept_raw_and_once(rig: Rig, session: db.Tx) -> None:
    junk = Delivery(body=b"\xff\x00 not an event")
    rig.commit(moved("a", 1))

    outcome = apply(session, SUBSCRIPTIONS, [junk, *deliveries(rig), junk])

    assert outcome == {"undecodable": 2, "applied": 1}
    (row,) = parked_rows(rig)
    assert (row["state"], bytes(row["body"])) == ("undecodable", junk.body)


def test_an_unknown_type_is_counted_and_forgotten(rig: Rig, session: db.Tx) -> None:
    rig.commit(ThingSeen(thing_id="a", area=things.AREA), moved("a", 1))

    assert apply(session, SUBSCRIPTIONS, deliveries(rig)) == {"unknown": 1, "applied": 1}
    assert parked_rows(rig) == []


def test_an_event_delivered_ten_times_in_vain_is_parked_untried(rig: Rig, session: db.Tx) -> None:
    rig.commit(moved("a", 1), moved("b", 1))
    first, second = rig.bodies()

    outcome = apply(
        session, SUBSCRIPTIONS, [Delivery(body=first, redeliveries=10), Delivery(body=second, redeliveries=9)]
    )

    assert outcome == {"parked": 1, "applied": 1}


def test_data_that_does_not_fit_its_contract_parks_the_event_in_its_subjects_line(
    rig: Rig, session: db.Tx
) -> None:
    rig.commit(moved("a", 1), moved("a", 2))
    bodies = rig.bodies()
    spoiled = json.loads(bodies[0])
    del spoiled["data"]["n"]

    outcome = apply(
        session,
        SUBSCRIPTIONS,
        [Delivery(body=json.dumps(spoiled).encode()), Delivery(body=bodies[1])],
    )

    assert outcome == {"parked": 1, "set_aside": 1}
    assert "EventInvalid" in parked_rows(rig)[0]["reason"]


def test_copies_do_not_wait_behind_a_dead_event_and_others_do(rig: Rig, session: db.Tx) -> None:
    rig.execute("INSERT INTO refusals VALUES ('a')")
    rig.commit(moved("a", 1))
    apply(session, SUBSCRIPTIONS, deliveries(rig))
    rig.execute("UPDATE parked SET state = 'dead'")
    rig.execute("DELETE FROM refusals")
    rig.commit(moved("a", 2), ThingNamed(thing_id="a", area=things.AREA, name="gate"))

    outcome = apply(session, SUBSCRIPTIONS, deliveries(rig)[1:])

    assert outcome == {"set_aside": 1, "applied": 1}
    assert rig.value("SELECT name FROM names WHERE thing_id = 'a'") == "gate"


def test_copies_wait_behind_an_event_that_is_still_tried(rig: Rig, session: db.Tx) -> None:
    rig.execute("INSERT INTO refusals VALUES ('a')")
    rig.commit(moved("a", 1), ThingNamed(thing_id="a", area=things.AREA, name="gate"))

    assert apply(session, SUBSCRIPTIONS, deliveries(rig)) == {"parked": 1, "set_aside": 1}


def test_a_session_that_was_ended_elsewhere_cannot_commit_its_batch(rig: Rig, session: db.Tx) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        things.record(tx, events)
        reached.set()
        go_on.wait(10)

    rig.commit(moved("a", 1))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            apply(
                session,
                {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)},
                deliveries(rig),
            )
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert reached.wait(10)
    rig.execute("SELECT pg_terminate_backend(%s)", session.info.backend_pid)
    eventually(
        lambda: (
            rig.value("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", session.info.backend_pid) == 0
        )
    )
    go_on.set()
    thread.join(timeout=10)

    assert [db.is_passing(error) for error in failures] == [True]
    assert rig.effects() == []


def test_ids_of_any_time_are_taken_in_once(rig: Rig, session: db.Tx) -> None:
    rig.commit(moved("a", 1))
    bodies = []
    for event_id in (
        "00000000-0000-7000-8000-000000000001",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "c0ffee00-1234-4abc-9def-0123456789ab",
        ids.new(),
    ):
        changed = json.loads(rig.bodies()[0])
        changed["id"], changed["subject"] = event_id, event_id
        bodies.append(json.dumps(changed).encode())

    assert apply(session, SUBSCRIPTIONS, [Delivery(body=body) for body in bodies]) == {"applied": 4}
    assert apply(session, SUBSCRIPTIONS, [Delivery(body=body) for body in bodies]) == {"seen": 4}


def test_a_reason_can_always_be_stored(rig: Rig, session: db.Tx) -> None:
    def handler(tx: db.Tx, events: Sequence[Received[ThingMoved]]) -> None:
        raise RuntimeError("a\0b \ud800 " + "x" * 100_000)

    rig.commit(moved("a", 1))

    apply(session, {ThingMoved.type: Subscription(contract=ThingMoved, handler=handler)}, deliveries(rig))

    assert len(parked_rows(rig)[0]["reason"]) <= 1000
    assert parked.DELAYS_SECONDS[0] > 0
