"""The ledger: whatever is posted, it adds up to zero and no ordinary account goes below zero."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.points.domain import ledger
from services.points.domain.ledger import (
    Account,
    AccountKey,
    InsufficientPoints,
    Kind,
    Leg,
    Purpose,
    Transfer,
)

AT = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
SCHEME, SHOP, HOUSEHOLDS = "scheme", "shop", ("household-1", "household-2")
KEYS = [
    AccountKey(Kind.ISSUANCE, SCHEME),
    AccountKey(Kind.SHOP, SHOP),
    *(AccountKey(kind, h) for h in HOUSEHOLDS for kind in (Kind.HOUSEHOLD, Kind.HELD, Kind.ARREARS)),
]


def opened() -> dict[AccountKey, Account]:
    return {key: Account(id=n, key=key, balance=0, last_sequence=0) for n, key in enumerate(KEYS, 1)}


def transfer(purpose: Purpose, legs: tuple[Leg, ...], number: int = 0) -> Transfer:
    return Transfer(id=f"transfer-{number}", scheme_id=SCHEME, purpose=purpose, at=AT, legs=legs)


def balance(accounts: dict[AccountKey, Account], kind: Kind, owner: str = HOUSEHOLDS[0]) -> int:
    return accounts[AccountKey(kind, owner)].balance


def earning(points: int, owed: int = 0) -> Transfer:
    legs = ledger.issuing(scheme_id=SCHEME, household_id=HOUSEHOLDS[0], points=points, owed=owed)
    return transfer(Purpose.EARN, legs)


steps = st.lists(
    st.tuples(
        st.sampled_from(["earn", "take_back", "reserve", "capture", "release", "adjust"]),
        st.sampled_from(HOUSEHOLDS),
        st.integers(1, 50),
    ),
    max_size=40,
)


@given(steps)
def test_any_run_of_transfers_adds_up_to_zero_and_stays_within_bounds(
    made: list[tuple[str, str, int]],
) -> None:
    accounts, entries = opened(), []
    for number, (what, household, points) in enumerate(made):
        owed = -balance(accounts, Kind.ARREARS, household)
        available = balance(accounts, Kind.HOUSEHOLD, household)
        legs = {
            "earn": lambda h=household, p=points, o=owed: ledger.issuing(
                scheme_id=SCHEME, household_id=h, points=p, owed=o
            ),
            "take_back": lambda h=household, p=points, a=available: ledger.taking_back(
                scheme_id=SCHEME, household_id=h, points=p, available=a
            ),
            "reserve": lambda h=household, p=points: ledger.reserving(household_id=h, points=p),
            "capture": lambda h=household, p=points: ledger.capturing(household_id=h, shop_id=SHOP, points=p),
            "release": lambda h=household, p=points: ledger.releasing(household_id=h, points=p),
            "adjust": lambda h=household, p=points: ledger.adjusting(
                scheme_id=SCHEME, household_id=h, points=-p
            ),
        }[what]()
        try:
            added, accounts = ledger.post(accounts, [transfer(Purpose.ADJUST, legs, number)])
        except InsufficientPoints:
            assert what not in ("earn", "take_back")
            continue
        entries += added

    assert sum(account.balance for account in accounts.values()) == 0
    for key, account in accounts.items():
        own = [entry for entry in entries if entry.account_id == account.id]
        assert account.balance == sum(entry.points for entry in own)
        assert [entry.sequence for entry in own] == list(range(1, len(own) + 1))
        assert not own or own[-1].balance_after == account.balance
        if key.kind in (Kind.HOUSEHOLD, Kind.HELD, Kind.SHOP):
            assert all(entry.balance_after >= 0 for entry in own)
        if key.kind is Kind.ARREARS:
            assert all(entry.balance_after <= 0 for entry in own)


def test_all_points_can_be_spent_and_not_one_more() -> None:
    _, accounts = ledger.post(opened(), [earning(10)])
    household = HOUSEHOLDS[0]

    _, spent = ledger.post(
        accounts, [transfer(Purpose.RESERVE, ledger.reserving(household_id=household, points=10))]
    )

    assert balance(spent, Kind.HOUSEHOLD) == 0
    with pytest.raises(InsufficientPoints):
        ledger.post(
            accounts, [transfer(Purpose.RESERVE, ledger.reserving(household_id=household, points=11))]
        )


def test_transfers_are_posted_all_or_none() -> None:
    accounts = opened()
    household = HOUSEHOLDS[0]

    with pytest.raises(InsufficientPoints):
        ledger.post(
            accounts,
            [earning(5), transfer(Purpose.RESERVE, ledger.reserving(household_id=household, points=6), 1)],
        )

    assert accounts == opened()


def test_a_reversal_of_spent_points_becomes_arrears_that_later_earnings_settle_first() -> None:
    household = HOUSEHOLDS[0]
    _, accounts = ledger.post(
        opened(),
        [
            earning(5),
            transfer(Purpose.RESERVE, ledger.reserving(household_id=household, points=3)),
            transfer(
                Purpose.REVERSE,
                ledger.taking_back(scheme_id=SCHEME, household_id=household, points=5, available=2),
            ),
        ],
    )

    assert balance(accounts, Kind.HOUSEHOLD) == 0
    assert balance(accounts, Kind.ARREARS) == -3
    assert balance(accounts, Kind.ISSUANCE, SCHEME) == 0

    _, accounts = ledger.post(accounts, [earning(2, owed=3), replace(earning(5, owed=1), id="later")])

    assert balance(accounts, Kind.ARREARS) == 0
    assert balance(accounts, Kind.HOUSEHOLD) == 4


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (Leg(KEYS[0], -5),),
        (Leg(KEYS[0], -5), Leg(KEYS[2], 4)),
        (Leg(KEYS[0], 0), Leg(KEYS[2], 0)),
        (Leg(KEYS[0], -5), Leg(KEYS[0], 5)),
    ],
)
def test_a_transfer_that_does_not_balance_cannot_be_made(legs: tuple[Leg, ...]) -> None:
    with pytest.raises(ValueError, match="legs"):
        transfer(Purpose.ADJUST, legs)


def test_accounts_are_named_in_the_one_order_in_which_they_are_locked() -> None:
    one = transfer(Purpose.RESERVE, ledger.reserving(household_id=HOUSEHOLDS[0], points=1))
    other = transfer(Purpose.RELEASE, ledger.releasing(household_id=HOUSEHOLDS[1], points=1))

    assert ledger.accounts_of([one, other]) == ledger.accounts_of([other, one])
