"""Order-style service: order, offer, take, serve, confirm (domain.md §5)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.volunteers.domain import errors, orders
from services.volunteers.domain.orders import ServiceOrder, State

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def order(**changes: object) -> ServiceOrder:
    made = ServiceOrder(
        service_order_id="o",
        area="370102007001001",
        service="haircut",
        resident_id="resident",
        words="老人行动不便",
        ordered_at=AT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_ordering_announces_the_service_without_the_residents_words() -> None:
    _, [event] = orders.order(order(draw_id="d"))

    assert event.to_data() == {
        "service_order_id": "o",
        "area": "370102007001001",
        "service": "haircut",
        "resident_id": "resident",
        "draw_id": "d",
    }


def test_an_order_goes_from_taken_to_served_to_confirmed() -> None:
    taken = orders.take(order(), volunteer_id="v", at=AT)
    served = orders.serve(taken, minutes=30, at=AT)
    confirmed, [event] = orders.confirm(served, rating=5, remark="谢谢", at=AT)

    assert (taken.state, served.state, confirmed.state) == (State.TAKEN, State.SERVED, State.CONFIRMED)
    assert (confirmed.version, confirmed.rating) == (4, 5)
    assert event.to_data() == {
        "service_order_id": "o",
        "area": "370102007001001",
        "person_id": "v",
        "minutes": 30,
        "confirmed_at": "2026-11-20T08:00:00.000000Z",
        "draw_id": None,
        "resident_id": "resident",
    }


def test_nobody_takes_their_own_order_or_one_of_their_household() -> None:
    with pytest.raises(errors.OwnOrder):
        orders.take(order(), volunteer_id="resident", at=AT)
    with pytest.raises(errors.OwnOrder):
        orders.take(order(household_id="home"), volunteer_id="v", household_id="home", at=AT)


def test_an_order_of_another_or_an_unknown_household_can_be_taken() -> None:
    assert orders.take(order(household_id="home"), volunteer_id="v", household_id="next door", at=AT)
    assert orders.take(order(household_id="home"), volunteer_id="v", household_id=None, at=AT)
    assert orders.take(order(household_id=None), volunteer_id="v", household_id=None, at=AT)


def test_what_was_given_back_can_be_taken_by_somebody_else() -> None:
    again = orders.give_back(orders.take(order(), volunteer_id="v", at=AT))

    assert (again.state, again.volunteer_id, again.taken_at) == (State.ORDERED, None, None)
    assert orders.take(again, volunteer_id="w", at=AT).volunteer_id == "w"


@pytest.mark.parametrize("state", [State.SERVED, State.CONFIRMED, State.CANCELLED])
def test_what_was_served_is_not_cancelled(state: State) -> None:
    with pytest.raises(errors.NotInThisState):
        orders.cancel(order(state=state))


def test_a_draw_from_the_bank_is_not_cancelled_here() -> None:
    with pytest.raises(errors.DrawnOrder):
        orders.cancel(order(draw_id="d"))


@pytest.mark.parametrize("state", [State.TAKEN, State.SERVED, State.CONFIRMED, State.CANCELLED])
def test_only_an_open_order_is_offered_or_taken(state: State) -> None:
    with pytest.raises(errors.NotInThisState):
        orders.offer(order(state=state), team_id="t")
    with pytest.raises(errors.NotInThisState):
        orders.take(order(state=state), volunteer_id="v", at=AT)
