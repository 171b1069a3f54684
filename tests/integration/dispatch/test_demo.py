"""The demo rosters of `dispatch`."""

from __future__ import annotations

from collections.abc import Callable

from services.dispatch import demo
from services.dispatch.domain import responsibility
from services.dispatch.store import duty
from shared import db


def test_somebody_answers_now_for_every_department_and_desk_of_the_demo_district(
    database: Callable[[str], db.Database],
) -> None:
    made = database("dispatch")
    offices = [f"370102-{kind}" for kind in responsibility.UNITS if kind != responsibility.SUBDISTRICT]
    units = ["370102", "370102007", "370102007001-party_members", *offices]

    demo.load(made)
    with made.transaction() as tx:
        tx.execute("UPDATE duty_shifts SET first_name = '换班' WHERE unit = '370102'")
    demo.load(made)

    with made.transaction(read_only=True) as tx:
        found = duty.on_duty(tx, units, db.now(tx))
        (row,) = tx.execute("SELECT count(*) FROM duty_shifts").fetchall()
    assert set(found) == set(units)
    assert found["370102"].first.duty_name == "换班"
    assert found["370102-market_supervision"].first.person_id == demo.demo_id("responder.market_supervision")
    assert found["370102007"].next is not None
    assert row["count"] == len(units) * 26
