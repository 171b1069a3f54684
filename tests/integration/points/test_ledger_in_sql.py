"""What the ledger promises holds in the database itself, whatever the code above it does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from services.points.domain import ledger
from services.points.domain.ledger import InsufficientPoints, Purpose, Transfer
from services.points.store import ledger as ledger_store
from shared import clock, db, ids

if TYPE_CHECKING:
    from tests.integration.points.conftest import World


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET points = points + 1",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "UPDATE transfers SET reason = 'x'",
        "DELETE FROM transfers",
        "TRUNCATE transfers CASCADE",
        "DELETE FROM accounts",
        "DELETE FROM stock_movements",
        "UPDATE stock_movements SET quantity = 7",
    ],
)
def test_what_is_booked_is_never_changed_or_removed(world: World, statement: str) -> None:
    world.household(points=10)

    with (
        pytest.raises(
            (psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege, db.OutOfBounds)
        ),
        world.database.transaction() as tx,
    ):
        tx.execute(statement)

    assert world.differences() == []


def test_the_owner_of_the_tables_may_not_even_try_to_change_an_entry(world: World) -> None:
    with world.database.transaction() as tx:
        tx.execute("ALTER TABLE entries DISABLE TRIGGER USER")

    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.database.transaction() as tx:
        tx.execute("UPDATE entries SET points = 1")


@pytest.mark.parametrize(
    "statement",
    [
        # A balance without an entry, an account overdrawn, a transfer with one leg, with legs that differ.
        "UPDATE accounts SET balance = balance + 1 WHERE kind = 'household'",
        "UPDATE accounts SET balance = -1 WHERE kind = 'held'",
        """INSERT INTO transfers (id, scheme_id, purpose, at, reason, made_by)
        SELECT gen_random_uuid(), id, 'adjust', now(), 'x', id FROM schemes""",
        """WITH t AS (
            INSERT INTO transfers (id, scheme_id, purpose, at, reason, made_by)
            SELECT gen_random_uuid(), id, 'adjust', now(), 'x', id FROM schemes RETURNING id
        )
        INSERT INTO entries (account_id, sequence, transfer_id, points, balance_after)
        SELECT a.id, a.last_sequence + 1, t.id, 5, a.balance + 5 FROM accounts a, t WHERE a.kind <> 'shop'""",
        # One more leg for an old transfer.
        """INSERT INTO entries (account_id, sequence, transfer_id, points, balance_after)
        SELECT a.id, 1, t.id, 5, 5 FROM accounts a, transfers t WHERE a.kind = 'shop' LIMIT 1""",
    ],
)
def test_books_that_do_not_balance_cannot_be_committed(world: World, statement: str) -> None:
    world.household(points=10)

    with pytest.raises(db.OutOfBounds), world.database.transaction() as tx:
        assert tx.execute(statement).rowcount > 0

    assert world.differences() == []


def test_the_ledger_alone_lets_exactly_ten_of_forty_spends_through(world: World) -> None:
    # Without the passbook's lock that orders take first: the accounts themselves must be safe.
    home = world.household(points=100)

    def spend(_: int) -> bool:
        transfer = Transfer(
            id=ids.new(),
            scheme_id=world.scheme,
            purpose=Purpose.ADJUST,
            at=clock.now(),
            reason="race",
            made_by=home.person,
            legs=ledger.reserving(household_id=home.id, points=10),
        )
        try:
            with world.database.transaction() as tx:
                ledger_store.post(tx, [transfer])
        except InsufficientPoints:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        spent = list(pool.map(spend, range(40)))

    assert sum(spent) == 10
    assert (world.book(home.id)["available"], world.book(home.id)["held"]) == (0, 100)


def test_transfers_between_the_same_accounts_in_both_directions_do_not_deadlock(world: World) -> None:
    home = world.household(points=100)

    def move(number: int) -> None:
        legs = ledger.reserving if number % 2 else ledger.releasing
        transfer = Transfer(
            id=ids.new(),
            scheme_id=world.scheme,
            purpose=Purpose.ADJUST,
            at=clock.now(),
            reason="back and forth",
            made_by=home.person,
            legs=legs(household_id=home.id, points=1),
        )
        try:
            with world.database.transaction() as tx:
                ledger_store.post(tx, [transfer])
        except InsufficientPoints:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(80)))

    assert [d for d in world.differences() if d.check in ("trial_balance", "entries")] == []
