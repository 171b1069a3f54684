"""Services with appointed times, each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cases.domain import appointments as domain
from services.cases.domain import errors
from services.cases.domain.appointments import Appointment

# A Friday, 13:51 in Beijing.
NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = Appointment(
    appointment_id="a",
    area="370102007003001",
    mode="at_home",
    items=("认证",),
    words="",
    resident_id="r",
    asked_by="r",
    asked_at=NOW,
    wanted_from=None,
    wanted_until=None,
    state="asked",
)


def appointed(one: Appointment = ASKED, **changes: Any) -> Appointment:
    how: dict[str, Any] = {"worker_id": "w", "starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR}
    return domain.appoint(one, at=NOW, **{**how, **changes})[0]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


def test_a_bundle_has_at_least_two_things_to_do() -> None:
    with pytest.raises(errors.BundleTooSmall):
        domain.ask(replace(ASKED, mode="bundled"))
    assert domain.ask(replace(ASKED, mode="bundled", items=("认证", "领证")))[1]


@pytest.mark.parametrize(
    ("starts", "lasts", "allowed"),
    [
        (timedelta(), HOUR, True),
        (-timedelta(seconds=1), HOUR, False),
        (HOUR, timedelta(), False),
        (HOUR, domain.LONGEST, True),
        (HOUR, domain.LONGEST + timedelta(seconds=1), False),
        (domain.HORIZON, HOUR, True),
        (domain.HORIZON + timedelta(seconds=1), HOUR, False),
    ],
)
def test_an_appointment_lies_ahead_and_is_bounded(starts: timedelta, lasts: timedelta, allowed: bool) -> None:
    times = {"starts_at": NOW + starts, "ends_at": NOW + starts + lasts}

    if allowed:
        assert appointed(**times).state == "appointed"
    else:
        with pytest.raises(errors.TimeOutOfBounds):
            appointed(**times)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "allowed"),
    [
        (local(20, 17, 30), local(20, 19), True),
        (local(20, 17, 29), local(20, 19), False),
        (local(20, 12), local(20, 13, 30), False),
        (local(21, 10), local(21, 11), True),
        (local(23, 8), local(23, 9), True),
        (local(23, 8), local(23, 9, 1), False),
    ],
)
def test_off_hours_service_touches_no_business_hours(
    starts_at: datetime, ends_at: datetime, allowed: bool
) -> None:
    asked = replace(ASKED, mode="off_hours")

    if allowed:
        assert appointed(asked, starts_at=starts_at, ends_at=ends_at).state == "appointed"
    else:
        with pytest.raises((errors.NotOffHours, errors.TimeOutOfBounds)):
            appointed(asked, starts_at=starts_at, ends_at=ends_at)


def test_nobody_keeps_or_misses_what_has_not_begun() -> None:
    one = appointed()

    for at, allowed in ((NOW + HOUR - timedelta(seconds=1), False), (NOW + HOUR, True)):
        for step in (
            lambda at=at: domain.keep(one, outcome="已办", at=at),
            lambda at=at: domain.miss(one, by="worker", outcome="堵车", at=at),
        ):
            if allowed:
                assert step()[0].ended_at == at
            else:
                with pytest.raises(errors.NotBegun):
                    step()


def test_what_was_missed_gets_another_time_and_what_is_over_none() -> None:
    missed, _ = domain.miss(appointed(), by="resident", outcome="不在家", at=NOW + HOUR)
    kept, _ = domain.keep(appointed(missed), outcome="已办", at=NOW + HOUR)
    cancelled, _ = domain.cancel(ASKED, outcome="不需要了", at=NOW)

    assert appointed(missed).state == "appointed"
    for over in (kept, cancelled):
        with pytest.raises(errors.AppointmentOver):
            appointed(over)
        with pytest.raises(errors.AppointmentOver):
            domain.cancel(over, outcome="", at=NOW)
