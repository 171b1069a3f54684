"""The double-entry ledger: points move between accounts, entries are only ever added (domain.md §6).

    issuance   one per scheme; goes as far below zero as the scheme has issued
    household  what a household may spend; never below zero
    held       what a household has reserved for open orders; never below zero
    arrears    what a household owes because a reversal found its points already spent; never above zero
    shop       what a shop has taken in; never below zero

A transfer's legs add up to zero, so all accounts together always do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared import errors


class InsufficientPoints(errors.Conflict):
    """The passbook does not hold enough points for this."""


class Kind(StrEnum):
    """What an account is for."""

    ISSUANCE = "issuance"
    HOUSEHOLD = "household"
    HELD = "held"
    ARREARS = "arrears"
    SHOP = "shop"


class Purpose(StrEnum):
    """Why points moved."""

    EARN = "earn"
    REVERSE = "reverse"
    RESERVE = "reserve"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUST = "adjust"


@dataclass(frozen=True, order=True)
class AccountKey:
    """Names an account: its kind and the id of the scheme, household or shop it belongs to."""

    kind: Kind
    owner_id: str


@dataclass(frozen=True)
class Leg:
    """One side of a transfer: `points` onto an account, or off it when negative."""

    account: AccountKey
    points: int


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One movement of points, with why it happened. Raises ValueError unless it balances."""

    id: str
    scheme_id: str
    purpose: Purpose
    at: datetime
    legs: tuple[Leg, ...]
    household_id: str | None = None
    # Who earned, and for what.
    person_id: str | None = None
    rule: str | None = None
    rule_version: int | None = None
    cause: str | None = None
    # The transfer this one takes back.
    reverses: str | None = None
    redemption_id: str | None = None
    # An adjustment names who made it and why; the reason never leaves this service.
    reason: str | None = None
    made_by: str | None = None

    def __post_init__(self) -> None:
        accounts = {leg.account for leg in self.legs}
        if len(accounts) != len(self.legs) or len(accounts) < 2:
            raise ValueError("a transfer has at least two legs, each on its own account")
        if sum(leg.points for leg in self.legs) or not all(leg.points for leg in self.legs):
            raise ValueError("the legs of a transfer are not zero and add up to zero")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as stored. `last_sequence` numbers its entries from 1 without gaps."""

    id: int
    key: AccountKey
    balance: int
    last_sequence: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one transfer did to one account."""

    transfer_id: str
    account_id: int
    sequence: int
    points: int
    balance_after: int


def post(
    accounts: Mapping[AccountKey, Account], transfers: Iterable[Transfer]
) -> tuple[list[Entry], dict[AccountKey, Account]]:
    """The entries of transfers made one after the other, and the accounts after them.

    Raises InsufficientPoints as soon as one would take an account over its bound; then none of them counts.
    """
    entries: list[Entry] = []
    after = dict(accounts)
    for transfer in transfers:
        for leg in transfer.legs:
            account = after[leg.account]
            account = replace(
                account, balance=account.balance + leg.points, last_sequence=account.last_sequence + 1
            )
            if not _within_bounds(account):
                raise InsufficientPoints(missing=abs(account.balance))
            after[leg.account] = account
            entries.append(
                Entry(
                    transfer_id=transfer.id,
                    account_id=account.id,
                    sequence=account.last_sequence,
                    points=leg.points,
                    balance_after=account.balance,
                )
            )
    return entries, after


def _within_bounds(account: Account) -> bool:
    match account.key.kind:
        case Kind.ISSUANCE:
            return True
        case Kind.ARREARS:
            return account.balance <= 0
        case _:
            return account.balance >= 0


def issuing(*, scheme_id: str, household_id: str, points: int, owed: int) -> tuple[Leg, ...]:
    """New points for a household: first onto what it owes, the rest to spend. `owed` is not negative."""
    settled = min(points, owed)
    return _legs(
        Leg(AccountKey(Kind.ISSUANCE, scheme_id), -points),
        Leg(AccountKey(Kind.ARREARS, household_id), settled),
        Leg(AccountKey(Kind.HOUSEHOLD, household_id), points - settled),
    )


def taking_back(*, scheme_id: str, household_id: str, points: int, available: int) -> tuple[Leg, ...]:
    """Points back from a household: what it still has, and the rest as arrears settled by later earnings.

    A reversal must not fail because the egg is eaten, and a household account must not go below zero.
    """
    taken = min(points, available)
    return _legs(
        Leg(AccountKey(Kind.HOUSEHOLD, household_id), -taken),
        Leg(AccountKey(Kind.ARREARS, household_id), -(points - taken)),
        Leg(AccountKey(Kind.ISSUANCE, scheme_id), points),
    )


def adjusting(*, scheme_id: str, household_id: str, points: int) -> tuple[Leg, ...]:
    """Points given (positive) or taken (negative) by hand; taking stops at zero."""
    return _legs(
        Leg(AccountKey(Kind.ISSUANCE, scheme_id), -points),
        Leg(AccountKey(Kind.HOUSEHOLD, household_id), points),
    )


def reserving(*, household_id: str, points: int) -> tuple[Leg, ...]:
    """Points set aside for an order."""
    return _legs(
        Leg(AccountKey(Kind.HOUSEHOLD, household_id), -points),
        Leg(AccountKey(Kind.HELD, household_id), points),
    )


def capturing(*, household_id: str, shop_id: str, points: int) -> tuple[Leg, ...]:
    """Reserved points handed to the shop."""
    return _legs(
        Leg(AccountKey(Kind.HELD, household_id), -points),
        Leg(AccountKey(Kind.SHOP, shop_id), points),
    )


def releasing(*, household_id: str, points: int) -> tuple[Leg, ...]:
    """Reserved points given back."""
    return _legs(
        Leg(AccountKey(Kind.HELD, household_id), -points),
        Leg(AccountKey(Kind.HOUSEHOLD, household_id), points),
    )


def _legs(*legs: Leg) -> tuple[Leg, ...]:
    return tuple(leg for leg in legs if leg.points)


def accounts_of(transfers: Sequence[Transfer]) -> list[AccountKey]:
    """The accounts transfers touch, in the order in which they are locked."""
    return sorted({leg.account for transfer in transfers for leg in transfer.legs})
