"""Open matters move to the new grids when a re-drawn net takes effect."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared import clock
from shared.contracts.registry import NetPublished
from tests.integration.cases.conftest import report
from tests.support import clients, district, waiting

if TYPE_CHECKING:
    from tests.integration.cases.conftest import World

_numbers = itertools.count(501)
# Longer ago than a report under way takes to be committed.
LONG_AGO = timedelta(minutes=2)


class Redrawn:
    """A subdistrict of two grids side by side, of which the eastern one is given up for the western."""

    def __init__(self, world: World) -> None:
        number = next(_numbers)
        self.world = world
        self.subdistrict = f"370102{number}"
        self.west, self.east = (f"{self.subdistrict}001{grid:03}" for grid in (1, 2))
        self._edge = round(118 + number / 10, 2)
        self.publish(1, clock.now() - 2 * LONG_AGO, (self.west, self._edge), (self.east, self._edge + 0.01))
        self.settle()
        self.staff = world.api.client(roles=["community_officer"], areas=[self.subdistrict])

    @property
    def in_east(self) -> dict[str, float]:
        return {"longitude": round(self._edge + 0.015, 4), "latitude": 36.605}

    def publish(self, version: int, effective_at: datetime, *grids: tuple[str, float]) -> None:
        outlines = [district.outline(code, round(west, 3)) for code, west in grids]
        net: NetPublished = district.net(
            self.subdistrict, *outlines, net_version=version, effective_at=effective_at
        )
        self.world.feed.give(net)

    def give_up_the_east(self, *, ago: timedelta = LONG_AGO) -> None:
        """One grid over both: what lay in the east lies in the west now."""
        wide = district.outline(
            self.west,
            self._edge,
            outline=(
                tuple(
                    (round(self._edge + x, 3), y)
                    for x, y in ((0, 36.6), (0.02, 36.6), (0.02, 36.61), (0, 36.61), (0, 36.6))
                ),
            ),
        )
        self.world.feed.give(
            district.net(self.subdistrict, wide, net_version=2, effective_at=clock.now() - ago)
        )

    def settle(self) -> int:
        """Runs the timer until nothing is left; answers how much it did."""
        done = 0
        for _ in range(100):
            with self.world.database.transaction() as tx:
                one = self.world.feed.worker.settle_nets(tx)
            done += one
            if not one:
                return done
        raise AssertionError("nets are settled for ever")

    def report(self, client: clients.Client | None = None, *, into: str | None = None) -> str:
        """A matter in the east; the processes know of the net within a second."""
        answers: list[Any] = []

        def filed() -> bool:
            answers.append((client or self.staff).post("/cases", json=report(place=self.in_east)))
            return answers[-1].status_code == 201 and answers[-1].json()["area"] == (into or self.east)

        waiting.eventually(filed, what="the new net is known")
        return str(answers[-1].json()["case_id"])


@pytest.fixture
def redrawn(world: World) -> Redrawn:
    return Redrawn(world)


def test_an_open_matter_moves_and_its_path_stays(redrawn: Redrawn) -> None:
    case_id = redrawn.report()
    in_the_east = redrawn.world.api.client(roles=["grid_worker"], areas=[redrawn.east])
    assert in_the_east.get(f"/cases/{case_id}").status_code == 200

    redrawn.give_up_the_east()
    redrawn.settle()

    case = redrawn.world.read(case_id)
    assert case["area"] == redrawn.west
    assert redrawn.world.events(case_id)[-1] == "case_moved"
    data = redrawn.world.data(case_id, "case_moved")
    assert (data["area"], data["from_area"]) == (redrawn.west, redrawn.east)
    timeline = redrawn.world.supervisor.get(f"/cases/{case_id}/timeline").json()["items"]
    (entry,) = (one for one in timeline if one["action"] == "moved_to_grid")
    assert entry["detail"] == {"from": redrawn.east, "to": redrawn.west}
    verified = redrawn.world.supervisor.post(f"/cases/{case_id}/timeline/verify").json()
    assert verified["whole"] is True
    in_the_west = redrawn.world.api.client(roles=["grid_worker"], areas=[redrawn.west])
    listed = in_the_west.get("/cases").json()["items"]
    assert case_id in {one["case_id"] for one in listed}
    assert in_the_east.get(f"/cases/{case_id}").status_code == 404


def test_what_is_queued_of_a_matter_moves_with_it(redrawn: Redrawn) -> None:
    case_id = redrawn.report()
    redrawn.world.step(redrawn.staff, case_id, "triage")
    redrawn.world.step(redrawn.staff, case_id, "resolve", words="已处理")

    redrawn.give_up_the_east()
    redrawn.settle()

    assert {
        row["area"]
        for row in redrawn.world.rows("SELECT area FROM hearings WHERE case_id = %(c)s", c=case_id)
    } == {redrawn.west}


def test_who_is_still_to_be_told_moves_too_though_the_matter_is_over(redrawn: Redrawn) -> None:
    case_id = redrawn.report(redrawn.world.resident)
    redrawn.world.step(redrawn.staff, case_id, "decline", ground="court", words="已起诉")

    redrawn.give_up_the_east()
    redrawn.settle()

    assert (
        redrawn.world.hearing(case_id, "tell")["area"] == redrawn.west == redrawn.world.read(case_id)["area"]
    )


def test_a_closed_matter_that_is_opened_again_is_in_the_grid_its_place_lies_in_now(redrawn: Redrawn) -> None:
    resident, world = redrawn.world.resident, redrawn.world
    case_id = redrawn.report(resident)
    world.step(redrawn.staff, case_id, "triage")
    world.step(redrawn.staff, case_id, "resolve", words="已处理")
    world.step(redrawn.staff, case_id, "check", passed=True)
    world.step(resident, case_id, "call-back", reached=True, settled=True, satisfaction="satisfied")
    redrawn.give_up_the_east()
    redrawn.settle()
    redrawn.report(into=redrawn.west)
    closed = world.read(case_id)["area"]

    opened = world.step(resident, case_id, "refute", words="又堵了")

    assert (closed, opened["area"], opened["state"]) == (redrawn.east, redrawn.west, "handling")
    assert world.events(case_id)[-2:] == ["case_moved", "case_reworked"]
    assert world.actions(case_id)[-3:] == ["moved_to_grid", "refuted", "reworked"]


def test_a_matter_that_is_over_stays_where_it_was(redrawn: Redrawn) -> None:
    case_id = redrawn.report(redrawn.world.resident)
    redrawn.world.step(redrawn.world.resident, case_id, "withdraw", words="不需要了")

    redrawn.give_up_the_east()
    redrawn.settle()

    assert redrawn.world.read(case_id)["area"] == redrawn.east


def test_nothing_moves_before_the_net_took_effect_or_twice(redrawn: Redrawn) -> None:
    case_id = redrawn.report()
    redrawn.give_up_the_east(ago=timedelta(seconds=-3600))
    assert redrawn.settle() == 0
    assert redrawn.world.read(case_id)["area"] == redrawn.east


def test_what_stands_still_goes_on_doing_so(redrawn: Redrawn) -> None:
    case_id = redrawn.report()
    before = redrawn.world.rows("SELECT moved_at, version FROM cases WHERE case_id = %(c)s", c=case_id)

    redrawn.give_up_the_east()
    redrawn.settle()
    redrawn.settle()

    after = redrawn.world.rows("SELECT moved_at, version FROM cases WHERE case_id = %(c)s", c=case_id)
    assert after == [{"moved_at": before[0]["moved_at"], "version": before[0]["version"] + 1}]


def test_a_matter_somebody_holds_moves_a_moment_later(redrawn: Redrawn) -> None:
    case_id = redrawn.report()
    redrawn.give_up_the_east()

    with redrawn.world.database.transaction() as tx:
        tx.execute("SELECT 1 FROM cases WHERE case_id = %s FOR UPDATE", [case_id])
        assert redrawn.settle() == 0
    redrawn.settle()

    assert redrawn.world.read(case_id)["area"] == redrawn.west


def test_a_dispute_at_the_desk_moves_with_its_matter(redrawn: Redrawn) -> None:
    world = redrawn.world
    case_id = redrawn.report()
    mediator = world.api.client(roles=["mediator"], areas=[redrawn.subdistrict])
    opened = mediator.post(
        f"/cases/{case_id}/disputes",
        json={
            "parties": [{"side": "applicant", "name": "赵钱孙"}, {"side": "respondent", "name": "周吴"}],
            "mediators": [world.staff("mediator", areas=[redrawn.subdistrict])],
        },
    )
    assert opened.status_code == 201, opened.text
    redrawn.give_up_the_east()
    redrawn.settle()

    def found(area: str) -> list[str]:
        page = mediator.get("/cases/disputes", params={"area": area}).json()
        return [one["case_id"] for one in page["items"]]

    assert (found(redrawn.west), found(redrawn.east)) == ([case_id], [])
