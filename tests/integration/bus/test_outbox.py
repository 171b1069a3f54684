"""Events are written with the change that caused them, numbered without gaps, in commit order."""

import contextlib
import threading

from shared.bus import outbox
from tests.support.bus.rig import Rig
from tests.support.bus.things import AREA, ThingNamed, moved


def test_events_of_a_subject_are_numbered_one_by_one_across_calls(rig: Rig) -> None:
    rig.commit(moved("a", 1), moved("b", 1), moved("a", 2))
    rig.commit(moved("a", 3))

    rows = rig.execute("SELECT subject, sequence, data->>'n' AS n FROM outbox ORDER BY subject, sequence")

    assert [(row["subject"], row["sequence"], row["n"]) for row in rows] == [
        ("a", 1, "1"),
        ("a", 2, "2"),
        ("a", 3, "3"),
        ("b", 1, "1"),
    ]


def test_all_types_of_a_subject_share_its_numbers(rig: Rig) -> None:
    rig.commit(moved("a", 1), ThingNamed(thing_id="a", area=AREA, name="gate"), moved("a", 2))

    rows = rig.execute("SELECT type, sequence FROM outbox ORDER BY sequence")

    assert [row["type"].split(".")[2] for row in rows] == ["thing_moved", "thing_named", "thing_moved"]


def test_a_change_taken_back_takes_its_events_and_numbers_with_it(rig: Rig) -> None:
    with contextlib.suppress(RuntimeError), rig.database.transaction() as tx:
        outbox.add(tx, [moved("a", 1)])
        raise RuntimeError

    rig.commit(moved("a", 2))

    assert rig.execute("SELECT sequence FROM outbox") == [{"sequence": 1}]


def test_writers_of_a_subject_wait_for_each_other_so_that_numbers_follow_commits(rig: Rig) -> None:
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        with rig.database.transaction() as tx:
            entered.set()
            outbox.add(tx, [moved("a", 2)])
            order.append("second")

    with rig.database.transaction() as tx:
        outbox.add(tx, [moved("a", 1)])
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        thread.join(timeout=0.3)
        order.append("first")
    thread.join(timeout=5)

    assert order == ["first", "second"]
    assert rig.value("SELECT data->>'n' FROM outbox WHERE sequence = 2") == "2"


def test_many_subjects_in_one_call_from_many_writers_never_deadlock(rig: Rig) -> None:
    failures: list[BaseException] = []

    def write(direction: int) -> None:
        try:
            for _ in range(10):
                rig.commit(*(moved(f"s{n}", n) for n in range(40)[::direction]))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(direction,)) for direction in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert failures == []
    assert rig.value("SELECT max(sequence) FROM outbox") == 40
    assert rig.value("SELECT count(*) FROM outbox") == 1600


def test_no_events_write_nothing(rig: Rig) -> None:
    rig.commit()

    assert rig.value("SELECT count(*) FROM outbox") == 0
