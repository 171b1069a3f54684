"""The demo world of `volunteers`."""

from collections.abc import Callable

from services.volunteers import demo
from shared import db


def test_the_demo_world_is_loaded_once_however_often_it_is_loaded(
    database: Callable[[str], db.Database],
) -> None:
    own = database("volunteers")

    demo.load(own)
    demo.load(own)

    with own.transaction(read_only=True) as tx:
        kinds = {row["kind"] for row in tx.execute("SELECT kind FROM teams").fetchall()}
        activities = tx.execute("SELECT activity_id, state FROM activities").fetchall()
        announced = tx.execute("SELECT subject, type FROM outbox").fetchall()
    assert len(kinds) == 5
    assert [(str(row["activity_id"]), row["state"]) for row in activities] == [(demo.ACTIVITY, "published")]
    assert [(row["subject"], row["type"]) for row in announced] == [
        (demo.ACTIVITY, "yiwang.volunteers.activity_published.v1")
    ]
