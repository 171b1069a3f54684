"""Parked events: tried again by themselves, first of each subject first; then in an operator's hands."""

import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from deploy.local import processes
from shared import db
from shared.bus import parked
from shared.bus.inbox import Delivery, apply
from tests.support.bus import things
from tests.support.bus.rig import Rig, assert_in_order
from tests.support.bus.things import SUBSCRIPTIONS, ThingNamed, moved


def take_in(rig: Rig, bodies: list[bytes] | None = None) -> None:
    session = db.session(rig.database_url, name="test")
    apply(session, SUBSCRIPTIONS, [Delivery(body=body) for body in bodies or rig.bodies()])
    session.close()


def refuse(rig: Rig, subject: str) -> None:
    rig.execute("INSERT INTO refusals VALUES (%s) ON CONFLICT DO NOTHING", subject)


def rows(rig: Rig) -> list[dict[str, Any]]:
    return rig.execute("SELECT key, state, subject, tries, reason FROM parked ORDER BY key")


def due_now(rig: Rig) -> None:
    rig.execute("UPDATE parked SET retry_at = clock_timestamp() WHERE state = 'waiting'")


def retry(rig: Rig) -> int:
    return parked.Retry(SUBSCRIPTIONS).run(rig.database)


def test_when_the_reason_is_gone_the_subject_catches_up_in_order(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("a", 2), moved("b", 1), moved("a", 3))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    due_now(rig)

    tried = [retry(rig) for _ in range(4)]

    assert tried == [1, 1, 1, 0]
    assert rows(rig) == []
    assert_in_order(rig.effects())
    assert len(rig.effects()) == 4


def test_only_the_first_of_a_subject_is_tried(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("a", 2))
    take_in(rig)
    due_now(rig)

    retry(rig)

    assert [row["tries"] for row in rows(rig)] == [1, 0]


def test_an_event_is_not_tried_before_its_time(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    rig.execute("UPDATE parked SET retry_at = clock_timestamp() + interval '1 hour'")

    assert retry(rig) == 0
    assert len(rows(rig)) == 1


def test_delays_grow_and_the_last_try_leaves_the_event_dead(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    delays = []

    for _ in range(parked.MOST_TRIES):
        due_now(rig)
        retry(rig)
        delays.append(
            rig.value("SELECT extract(epoch FROM retry_at - clock_timestamp())::float8 FROM parked")
        )

    assert delays[:-1] == sorted(delays[:-1])
    assert delays[0] == pytest.approx(parked.DELAYS_SECONDS[1], abs=1.0)
    assert [(row["state"], row["tries"]) for row in rows(rig)] == [("dead", parked.MOST_TRIES)]
    due_now(rig)
    assert retry(rig) == 0


def test_a_dead_event_holds_its_subject_but_not_the_copies(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("a", 2), ThingNamed(thing_id="a", area=things.AREA, name="gate"))
    take_in(rig)
    rig.execute("UPDATE parked SET state = 'dead' WHERE key = (SELECT min(key) FROM parked)")
    rig.execute("DELETE FROM refusals")
    due_now(rig)

    retry(rig)
    retry(rig)

    assert rig.value("SELECT name FROM names WHERE thing_id = 'a'") == "gate"
    assert rig.effects() == []
    assert [row["state"] for row in rows(rig)] == ["dead", "waiting"]


def test_replicas_trying_at_once_apply_each_event_once_and_in_order(rig: Rig) -> None:
    for n in range(10):
        refuse(rig, f"s{n}")
    rig.commit(*(moved(f"s{n % 10}", n) for n in range(50)))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    due_now(rig)

    def drain() -> None:
        attempt = parked.Retry(SUBSCRIPTIONS)
        for _ in range(200):
            attempt.run(rig.database)
            if not rows(rig):
                return

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert rows(rig) == []
    assert len(rig.effects()) == 50
    assert_in_order(rig.effects())


def test_trouble_that_passes_does_not_count_as_a_try(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    due_now(rig)
    rig.execute(
        "CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END $$"
    )
    rig.execute("CREATE TRIGGER busy BEFORE INSERT ON effects FOR EACH ROW EXECUTE FUNCTION busy()")

    retry(rig)

    assert [(row["state"], row["tries"]) for row in rows(rig)] == [("waiting", 0)]
    rig.execute("DROP TRIGGER busy ON effects")
    due_now(rig)
    retry(rig)
    assert rows(rig) == []


def test_the_try_is_counted_before_it_is_made(rig: Rig) -> None:
    """An event that ends the process must not be tried for ever."""
    seen: list[int] = []

    def handler(tx: db.Tx, events: Any) -> None:
        seen.append(rig.value("SELECT tries FROM parked"))
        raise SystemExit

    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    due_now(rig)
    subscription = type(SUBSCRIPTIONS[things.ThingMoved.type])(contract=things.ThingMoved, handler=handler)

    with pytest.raises(SystemExit):
        parked.Retry({things.ThingMoved.type: subscription}).run(rig.database)

    assert seen == [1]
    assert rig.value("SELECT tries FROM parked") == 1


def test_redriving_gives_a_dead_event_all_its_tries_again_and_is_audited(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    rig.execute("UPDATE parked SET state = 'dead', tries = 8")
    rig.execute("DELETE FROM refusals")
    key = rows(rig)[0]["key"]

    with rig.database.transaction() as tx:
        parked.redrive(tx, key, "person:1")
    retry(rig)

    assert len(rig.effects()) == 1
    (entry,) = rig.execute("SELECT action, by, key, state, subject FROM parked_audit")
    assert entry == {"action": "redrive", "by": "person:1", "key": key, "state": "dead", "subject": "a"}


def test_dropping_an_event_frees_its_subject_and_keeps_its_bytes_in_the_audit(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("a", 2))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    key = rows(rig)[0]["key"]

    with rig.database.transaction() as tx:
        parked.drop(tx, key, "person:1")
    due_now(rig)
    retry(rig)

    assert [row["n"] for row in rig.effects()] == [2]
    assert bytes(rig.value("SELECT body FROM parked_audit WHERE action = 'drop'")) == rig.bodies()[0]


def test_undecodable_bytes_that_became_readable_are_applied_once(rig: Rig) -> None:
    rig.commit(moved("a", 1))
    body = rig.bodies()[0]
    rig.execute(
        "INSERT INTO parked (state, reason, body) VALUES ('undecodable', 'an older release', %s)", body
    )

    with rig.database.transaction() as tx:
        parked.redrive(tx, rows(rig)[0]["key"], "person:1")
    retry(rig)
    take_in(rig, [body])

    assert len(rig.effects()) == 1


def test_undecodable_bytes_of_an_event_that_has_arrived_since_are_not_applied_again(rig: Rig) -> None:
    rig.commit(moved("a", 1))
    take_in(rig)
    rig.execute(
        "INSERT INTO parked (state, reason, body) VALUES ('undecodable', 'cut short', %s)", rig.bodies()[0]
    )

    with pytest.raises(parked.ArrivedOtherwise), rig.database.transaction() as tx:
        parked.redrive(tx, rows(rig)[0]["key"], "person:1")


def test_redriving_what_is_still_junk_is_refused(rig: Rig) -> None:
    take_in(rig, [b"junk"])

    with pytest.raises(parked.StillUndecodable), rig.database.transaction() as tx:
        parked.redrive(tx, rows(rig)[0]["key"], "person:1")
    with pytest.raises(parked.NoSuchParked), rig.database.transaction() as tx:
        parked.drop(tx, 10**9, "person:1")


def test_pages_of_parked_events_hold_together(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(*(moved("a", n) for n in range(5)))
    take_in(rig, [*rig.bodies(), b"junk"])

    with rig.database.transaction(read_only=True) as tx:
        first = parked.page(tx, None, None, 4)
        second = parked.page(tx, None, first[-1].key, 4)
        raw = parked.page(tx, "undecodable", None, 10)

    assert [event.key for event in (*first, *second)] == [row["key"] for row in rows(rig)]
    assert [(event.state, event.body_bytes) for event in raw] == [("undecodable", 4)]


def test_more_subjects_than_a_page_are_all_tried(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "PAGE", 3)
    for n in range(8):
        refuse(rig, f"s{n}")
    rig.commit(*(moved(f"s{n}", n) for n in range(8)))
    take_in(rig)
    rig.execute("DELETE FROM refusals")
    due_now(rig)
    attempt = parked.Retry(SUBSCRIPTIONS)

    while attempt.run(rig.database):
        pass

    assert len(rig.effects()) == 8


def test_an_event_nobody_subscribes_to_any_more_leaves_the_park(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1))
    take_in(rig)
    due_now(rig)

    parked.Retry({}).run(rig.database)

    assert rows(rig) == []


def test_the_command_line_lists_redrives_and_drops(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("a", 2))
    take_in(rig)
    rig.execute("UPDATE parked SET state = 'dead' WHERE key = (SELECT min(key) FROM parked)")

    def redrive(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "shared.bus.redrive", "cases", *arguments],
            env=processes.surroundings({"YIWANG_MODE": "local", "DATABASE_URL": rig.database_url}),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "2 parked" in redrive()
    assert "redriven" in redrive("redrive", "dead")
    assert [row["state"] for row in rows(rig)] == ["waiting", "waiting"]
    keys = [str(row["key"]) for row in rows(rig)]
    redrive("drop", *keys)
    assert "nothing is parked" in redrive()
    assert (
        json.loads(bytes(rig.value("SELECT body FROM parked_audit ORDER BY id DESC LIMIT 1")))["subject"]
        == "a"
    )


def test_what_nobody_decided_about_is_given_up_in_the_end_and_frees_its_subject(rig: Rig) -> None:
    for subject in ("late", "early"):
        refuse(rig, subject)
        rig.commit(moved(subject, 1), moved(subject, 2))
    take_in(rig, [*rig.bodies(), b"junk"])
    rig.execute(
        "UPDATE parked SET state = 'dead' WHERE tries = 0 AND state = 'waiting' AND starts_with(reason, 'Refused')"
    )
    rig.execute(
        "UPDATE parked SET parked_at = clock_timestamp() - make_interval(days => %s, secs => CASE subject"
        " WHEN 'early' THEN 1 ELSE -60 END)",
        parked.KEPT_DAYS,
    )

    assert parked.prune(rig.database) == 1

    assert {(row["subject"], row["state"]) for row in rows(rig)} == {
        ("late", "dead"),
        ("late", "waiting"),
        ("early", "waiting"),
        (None, "undecodable"),
    }
    audit = rig.execute("SELECT action, by, subject FROM parked_audit")
    assert audit == [{"action": "drop", "by": f"kept for {parked.KEPT_DAYS} days", "subject": "early"}]
    rig.execute("DELETE FROM refusals")
    due_now(rig)
    assert retry(rig) == 1
    assert [(effect["subject"], effect["n"]) for effect in rig.effects()] == [("early", 2)]


def test_an_old_decision_keeps_what_was_done_and_loses_the_bytes(rig: Rig) -> None:
    refuse(rig, "a")
    rig.commit(moved("a", 1), moved("b", 1))
    take_in(rig, [*rig.bodies(), b"junk"])
    for row in rows(rig):
        with rig.database.transaction() as tx:
            parked.drop(tx, row["key"], "cli:somebody")
    rig.execute(
        "UPDATE parked_audit SET at = clock_timestamp() - make_interval(days => %s) WHERE subject = 'a'",
        parked.AUDIT_BYTES_DAYS,
    )

    assert parked.prune(rig.database) == 1
    assert parked.prune(rig.database) == 0

    kept = rig.execute(
        "SELECT subject, by, octet_length(body) > 0 AS has_bytes FROM parked_audit ORDER BY subject"
    )
    assert kept == [
        {"subject": "a", "by": "cli:somebody", "has_bytes": False},
        {"subject": None, "by": "cli:somebody", "has_bytes": True},
    ]
