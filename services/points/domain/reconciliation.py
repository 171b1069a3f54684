"""Do the books agree? Trial balance, ledger against orders, stock against hand-overs (domain.md §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is compared. Also the metric's label."""

    # All accounts of a scheme add up to zero.
    TRIAL_BALANCE = "trial_balance"
    # An account's balance is the sum of its entries, which are numbered without gaps.
    ENTRIES = "entries"
    # Points held for a household are the points of its open orders.
    HELD = "held"
    # A shop has taken in the points of its completed orders.
    SHOP = "shop"
    # An order's points are those of its lines, and its transfers are those its state asks for.
    ORDERS = "orders"
    # Goods reserved are those of open orders.
    STOCK_RESERVED = "stock_reserved"
    # Goods on hand are what came in less what was handed over, and so much was handed over as orders say.
    STOCK_ON_HAND = "stock_on_hand"
    # What awards say was credited, less what was reversed, is what issuance gave out for them.
    AWARDS = "awards"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two books disagree about one thing. Any difference is an alert."""

    check: Check
    scheme_id: str
    # The account, household, shop, order or good concerned.
    about: str
    expected: int
    found: int


def summary(differences: Iterable[Difference]) -> dict[Check, int]:
    """How many differences each check found; every check is there, also with none."""
    counts = dict.fromkeys(Check, 0)
    for difference in differences:
        counts[difference.check] += 1
    return counts
