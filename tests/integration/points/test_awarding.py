"""Events earn points, once per cause; causes that fall away take them back."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.points import ordering
from services.points.domain import ledger, redemptions
from services.points.domain.ledger import InsufficientPoints, Purpose, Transfer
from services.points.store import ledger as ledger_store
from services.points.store import passbooks, shops
from services.points.store import redemptions as redemption_store
from services.points.worker import Worker
from shared import clock, db, ids
from shared.bus import inbox
from shared.bus.inbox import Received
from shared.contracts.base import consumed_by
from shared.contracts.cases import CaseDeclined, CaseMerged, CaseTriaged, CaseWithdrawn
from shared.contracts.registry import HouseholdChanged, KinshipConfirmed
from shared.contracts.volunteers import ParticipationConfirmed, ServiceConfirmed
from tests.integration.points.conftest import GRID, Household, received
from tests.support import waiting

if TYPE_CHECKING:
    from tests.integration.points.conftest import World


def test_an_accepted_matter_is_credited_to_the_reporters_household_and_announced(world: World) -> None:
    home = world.household()
    event = world.triaged(home.person)

    world.apply(event)

    book = world.book(home.id)
    assert (book["available"], book["held"], book["owed"]) == (5, 0, 0)
    ((name, data),) = world.events(home.id)
    assert name == "points_earned"
    assert data["cause"] == f"case:{event.case_id}"
    assert (data["household_id"], data["person_id"], data["points"]) == (home.id, home.person, 5)
    assert data["area"] == GRID


def test_the_same_event_twice_awards_once(world: World) -> None:
    home = world.household()
    event = received(world.triaged(home.person))

    world.apply(event, event)
    world.apply(world.triaged(home.person, event.data.case_id))

    assert world.statement(home.id) == [("earn", 5, 5)]
    assert len(world.events(home.id)) == 1


def test_the_same_event_to_eight_handlers_at_once_awards_once(world: World) -> None:
    home = world.household()
    event = received(world.triaged(home.person))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.apply(event), range(16)))

    assert world.statement(home.id) == [("earn", 5, 5)]
    assert len(world.events(home.id)) == 1


def test_a_handler_that_waited_for_the_book_sees_what_was_credited_meanwhile(world: World) -> None:
    home = world.household()
    event = received(world.triaged(home.person))

    def somebody_waits() -> bool:
        return bool(
            world.rows(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )

    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction() as tx:
            passbooks.lock_book(tx, home.id)
            second = pool.submit(world.apply, event)
            waiting.eventually(somebody_waits, what="the second handler waits for the book")
            world.worker.case_triaged(tx, [event])
        second.result()

    assert world.statement(home.id) == [("earn", 5, 5)]


def test_one_batch_credits_many_households_and_the_same_cause_in_it_once(world: World) -> None:
    homes = [world.household() for _ in range(5)]
    events = [received(world.triaged(home.person)) for home in homes for _ in range(2)]

    with world.database.transaction() as tx:
        world.worker.case_triaged(tx, [*events, events[0]])

    assert [world.book(home.id)["available"] for home in homes] == [10] * 5
    assert world.differences() == []


def test_an_anonymous_matter_earns_nothing(world: World) -> None:
    world.apply(world.triaged(None))

    assert world.rows("SELECT * FROM awards") == []
    assert world.rows("SELECT * FROM waiting_claims") == []


def test_a_matter_waits_for_a_household_that_is_not_known_yet(world: World) -> None:
    person, household = ids.new(), ids.new()
    world.apply(world.triaged(person, "0193c0de-0000-7000-8000-000000000001"), world.triaged(person))
    world.apply(world.triaged(person, "0193c0de-0000-7000-8000-000000000001"))

    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(ids.new(), person)))

    assert world.statement(household) == [("earn", 5, 5), ("earn", 5, 10)]
    assert world.rows("SELECT * FROM waiting_claims") == []


def test_a_matter_that_falls_away_while_it_waits_is_never_credited(world: World) -> None:
    person, household, case_id = ids.new(), ids.new(), ids.new()
    world.apply(world.triaged(person, case_id), CaseWithdrawn(case_id=case_id, area=GRID))

    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(person,)))

    assert world.statement(household) == []


def test_a_claim_left_waiting_by_a_race_is_credited_by_the_timer(world: World) -> None:
    home = world.household()
    with world.database.transaction() as tx:
        tx.execute(
            "INSERT INTO waiting_claims (rule, cause, person_id, occurred_at) VALUES (%s, %s, %s, now())",
            ("matter_accepted", "case:x", home.person),
        )

    with world.database.transaction() as tx:
        assert world.worker.credit_waiting(tx) == 1
    with world.database.transaction() as tx:
        assert world.worker.credit_waiting(tx) == 0

    assert world.statement(home.id) == [("earn", 5, 5)]


def test_the_daily_cap_holds_across_events_and_a_reversal_frees_its_share(world: World) -> None:
    home = world.household()
    events = [world.triaged(home.person) for _ in range(6)]

    world.apply(*events)

    assert world.book(home.id)["available"] == 20

    world.apply(CaseDeclined(case_id=events[0].case_id, area=GRID, ground="not_a_matter"))
    world.apply(world.triaged(home.person), world.triaged(home.person))

    assert world.book(home.id)["available"] == 20
    yesterday = clock.now() - timedelta(days=1)
    world.apply(world.triaged(home.person, triaged_at=yesterday))
    assert world.book(home.id)["available"] == 25
    assert world.differences() == []


def test_a_cause_used_up_by_the_cap_stays_used_up(world: World) -> None:
    home = world.household()
    capped = [world.triaged(home.person) for _ in range(5)][-1]
    world.apply(*(world.triaged(home.person) for _ in range(4)), capped)
    world.add_rule("matter_accepted", points=5, daily_cap=None)

    world.apply(capped)

    assert world.book(home.id)["available"] == 20


@pytest.mark.parametrize(
    "fell_away",
    [
        lambda case_id: CaseDeclined(case_id=case_id, area=GRID, ground="court"),
        lambda case_id: CaseWithdrawn(case_id=case_id, area=GRID),
        lambda case_id: CaseMerged(case_id=case_id, area=GRID, into_case_id=ids.new()),
    ],
)
def test_a_cause_that_falls_away_is_reversed_once_by_a_new_entry(world: World, fell_away: object) -> None:
    home = world.household()
    event = world.triaged(home.person)
    world.apply(event)

    gone = received(fell_away(event.case_id))  # type: ignore[operator]
    world.apply(gone, gone)

    assert world.statement(home.id) == [("earn", 5, 5), ("reverse", -5, 0)]
    (_, earned), (name, reversed_) = world.events(home.id)
    assert name == "points_reversed"
    assert reversed_["reverses_transfer_id"] == earned["transfer_id"]
    assert world.differences() == []

    world.apply(event)
    assert world.book(home.id)["available"] == 0


def test_points_already_spent_are_owed_and_settled_by_the_next_earnings(world: World) -> None:
    home = world.household()
    event = world.triaged(home.person)
    world.apply(event)
    with world.database.transaction() as tx:
        legs = ledger.adjusting(scheme_id=world.scheme, household_id=home.id, points=-3)
        ledger_store.post(
            tx,
            [
                Transfer(
                    id=ids.new(),
                    scheme_id=world.scheme,
                    purpose=Purpose.ADJUST,
                    at=clock.now(),
                    reason="spent",
                    made_by=home.person,
                    legs=legs,
                )
            ],
        )

    world.apply(CaseWithdrawn(case_id=event.case_id, area=GRID))

    book = world.book(home.id)
    assert (book["available"], book["owed"]) == (0, 3)

    world.apply(world.triaged(home.person))

    book = world.book(home.id)
    assert (book["available"], book["owed"]) == (2, 0)
    assert world.differences() == []


def test_volunteering_earns_by_activity_and_by_the_hour(world: World) -> None:
    home = world.household()

    world.apply(
        ParticipationConfirmed(
            participation_id=ids.new(),
            activity_id=ids.new(),
            area=GRID,
            person_id=home.person,
            minutes=120,
            confirmed_at=clock.now(),
        ),
        ServiceConfirmed(
            service_order_id=ids.new(),
            area=GRID,
            person_id=home.person,
            minutes=90,
            confirmed_at=clock.now(),
        ),
    )

    assert world.statement(home.id) == [("earn", 5, 5), ("earn", 15, 20)]


def test_households_follow_their_newest_event_in_whatever_order_events_come(world: World) -> None:
    household, person, newcomer = ids.new(), ids.new(), ids.new()

    def changed(
        sequence: int, members: tuple[str, ...], *, active: bool = True
    ) -> Received[HouseholdChanged]:
        event = HouseholdChanged(household_id=household, area=GRID, members=members, active=active)
        return received(event, sequence=sequence)

    world.apply(changed(2, (person, newcomer)), changed(1, (person,)), changed(2, (person,)))

    with world.database.transaction(read_only=True) as tx:
        assert passbooks.households_of(tx, [person, newcomer]) == {person: household, newcomer: household}

    world.apply(changed(4, (), active=False), changed(3, (person,)))

    with world.database.transaction(read_only=True) as tx:
        assert passbooks.households_of(tx, [person, newcomer]) == {}
    assert not world.book(household)["active"]


def test_a_person_who_moves_earns_for_the_household_changed_last(world: World) -> None:
    old, new = world.household(), ids.new()
    world.apply(HouseholdChanged(household_id=new, area=GRID, members=(old.person,)))

    world.apply(world.triaged(old.person))

    assert world.book(new)["available"] == 5
    assert world.book(old.id)["available"] == 0


def test_where_there_is_no_scheme_there_is_no_book_and_nothing_is_earned(world: World) -> None:
    person, household = ids.new(), ids.new()
    world.apply(HouseholdChanged(household_id=household, area="370102003001001", members=(person,)))

    world.apply(world.triaged(person))

    assert world.rows("SELECT * FROM passbooks WHERE household_id = %(h)s", h=household) == []
    assert world.rows("SELECT * FROM awards") == []


def test_books_are_numbered_one_by_one(world: World) -> None:
    numbers = [world.book(world.household().id)["number"] for _ in range(3)]

    assert [number[:15] for number in numbers] == [f"370102007{serial:06}" for serial in (1, 2, 3)]


def test_kinship_is_kept_by_sequence(world: World) -> None:
    kinship, person, relative = ids.new(), ids.new(), ids.new()

    def confirmed(sequence: int, relation: str) -> Received[KinshipConfirmed]:
        event = KinshipConfirmed(
            kinship_id=kinship,
            area=GRID,
            person_id=person,
            relative_id=relative,
            relation=relation,  # type: ignore[arg-type]
        )
        return received(event, sequence=sequence)

    world.apply(confirmed(2, "spouse"), confirmed(1, "sibling"))

    assert [row["relation"] for row in world.rows("SELECT relation FROM kinships")] == ["spouse"]


def test_the_worker_takes_in_what_the_contracts_say() -> None:
    declared = {contract.type for contract in consumed_by("points")}

    assert {contract.type for _, contract, _ in inbox.subscriptions_of(Worker)} == declared


def test_a_scheme_that_is_switched_off_earns_nothing_and_still_takes_back(world: World) -> None:
    home = world.household()
    before = world.triaged(home.person)
    world.apply(before)
    with world.database.transaction() as tx:
        tx.execute("UPDATE schemes SET active = false WHERE id = %s", (world.scheme,))

    world.apply(world.triaged(home.person))

    assert world.book(home.id)["available"] == 5
    world.apply(CaseDeclined(case_id=before.case_id, area=before.area, ground="court"))
    assert world.book(home.id)["available"] == 0


def test_households_that_move_while_others_get_their_books_do_not_wait_in_a_ring(world: World) -> None:
    moving, fresh = world.household(), Household(id=ids.new(), person=ids.new())
    events = [
        received(
            HouseholdChanged(household_id=moving.id, area=f"{GRID[:12]}002", members=(moving.person,)),
            sequence=2,
        ),
        received(HouseholdChanged(household_id=fresh.id, area=GRID, members=(fresh.person,))),
    ]

    def change() -> None:
        with world.database.transaction() as tx:
            world.worker.household_changed(tx, events)

    with ThreadPoolExecutor(1) as pool:
        # As everybody does: first the scheme, then a book.
        with world.database.transaction() as tx:
            shops.lock_scheme(tx, world.scheme)
            changing = pool.submit(change)
            waiting.eventually(lambda: _somebody_waits(world), what="the other to wait for the scheme")
            passbooks.lock_books(tx, [moving.id])
        changing.result()

    assert world.book(moving.id)["area"] == f"{GRID[:12]}002"
    assert world.book(fresh.id)["available"] == 0


def _somebody_waits(world: World) -> bool:
    (row,) = world.rows(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(row["n"])


def test_spending_and_taking_back_at_once_leave_books_that_agree(world: World) -> None:
    home = world.household()
    events = [world.triaged(home.person, triaged_at=clock.now() - timedelta(days=n)) for n in range(12)]
    world.apply(*events)

    def take_back(event: CaseTriaged) -> None:
        world.apply(CaseWithdrawn(case_id=event.case_id, area=GRID))

    def spend(number: int) -> bool:
        try:
            with world.database.transaction() as tx:
                book = passbooks.lock_book(tx, home.id)
                goods = shops.lock_goods(tx, [world.egg])
                order = redemptions.place(
                    redemption_id=ids.new(),
                    passbook=book,
                    shop=shops.shop(tx, world.shop),
                    goods=goods,
                    quantities={world.egg: 1},
                    by=home.person,
                    at=db.now(tx),
                    pickup_code=f"{number:06}",
                )
                redemption_store.add(tx, order)
                ordering.reserve(tx, order)
        except InsufficientPoints:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(take_back, event) for event in events for _ in range(2)]
        spent = [pool.submit(spend, n) for n in range(12)]
        for one in taken:
            one.result()
        bought = sum(one.result() for one in spent)

    book = world.book(home.id)
    assert (book["held"], book["owed"], book["available"]) == (5 * bought, 5 * bought, 0)
    assert world.differences() == []


def served(volunteer: str, resident: str | None, **changes: object) -> ServiceConfirmed:
    event = ServiceConfirmed(
        service_order_id=ids.new(),
        area=GRID,
        person_id=volunteer,
        minutes=60,
        confirmed_at=clock.now(),
        resident_id=resident,
    )
    return dataclasses.replace(event, **changes)  # type: ignore[arg-type]


def test_nobody_earns_by_serving_the_own_household(world: World) -> None:
    household, volunteer, mother = ids.new(), ids.new(), ids.new()
    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(volunteer, mother)))
    neighbour = world.household()

    within, across = served(volunteer, mother), served(volunteer, neighbour.person)
    world.apply(within, across, served(volunteer, volunteer))

    assert world.statement(household) == [("earn", 10, 10)]
    assert world.differences() == []

    # Moving apart afterwards changes nothing: the cause is spent.
    world.apply(HouseholdChanged(household_id=ids.new(), area=GRID, members=(mother,)), within)
    assert world.statement(household) == [("earn", 10, 10)]


def test_a_service_that_waited_for_its_household_is_looked_at_again(world: World) -> None:
    household, volunteer, mother = ids.new(), ids.new(), ids.new()
    world.apply(served(volunteer, mother))

    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(volunteer, mother)))

    assert world.statement(household) == []
    assert world.rows("SELECT points FROM awards") == [{"points": 0}]


def test_nobody_earns_by_a_matter_the_own_household_took_on(world: World) -> None:
    household, resident, grid_worker = ids.new(), ids.new(), ids.new()
    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(resident, grid_worker)))

    world.apply(
        world.triaged(resident, triaged_by=grid_worker),
        world.triaged(grid_worker, triaged_by=grid_worker),
        world.triaged(resident, triaged_by=ids.new()),
        world.triaged(resident),
    )

    assert world.statement(household) == [("earn", 5, 5), ("earn", 5, 10)]


def test_nobody_earns_by_hours_the_own_household_stated(world: World) -> None:
    household, volunteer, lead = ids.new(), ids.new(), ids.new()
    world.apply(HouseholdChanged(household_id=household, area=GRID, members=(volunteer, lead)))
    took_part = ParticipationConfirmed(
        participation_id=ids.new(),
        activity_id=ids.new(),
        area=GRID,
        person_id=volunteer,
        minutes=120,
        confirmed_at=clock.now(),
    )

    world.apply(dataclasses.replace(took_part, participation_id=ids.new(), minutes_said_by=lead), took_part)

    assert world.statement(household) == [("earn", 5, 5)]
