"""Accounts, transfers and entries. Every movement of points goes through `post`."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from services.points.domain import ledger
from services.points.domain.ledger import Account, AccountKey, Entry, Kind, Transfer
from services.points.store.statements import sql
from shared import db, errors

_TRANSFER_COLUMNS = [f.name for f in dataclasses.fields(Transfer) if f.name != "legs"]


class LedgerMoved(errors.Conflict):
    """The account moved while this was being decided; repeat the request."""


def open_accounts(tx: db.Tx, *, scheme_id: str, kinds: Iterable[Kind], owner_ids: Iterable[str]) -> None:
    """Opens these kinds of account for each owner; those already open stay as they are."""
    keys = [(kind, owner_id) for owner_id in sorted(owner_ids) for kind in kinds]
    if keys:
        sql.open_accounts(
            tx,
            scheme_ids=[scheme_id] * len(keys),
            kinds=[kind for kind, _ in keys],
            owner_ids=[owner_id for _, owner_id in keys],
        )


def lock(tx: db.Tx, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Locks accounts; one that does not exist is missing from the answer."""
    wanted = list(keys)
    rows = sql.lock_accounts(tx, kinds=[k.kind for k in wanted], owner_ids=[k.owner_id for k in wanted])
    accounts = [
        Account(
            id=row["id"],
            key=AccountKey(Kind(row["kind"]), row["owner_id"]),
            balance=row["balance"],
            last_sequence=row["last_sequence"],
        )
        for row in rows
    ]
    return {account.key: account for account in accounts}


def post(tx: db.Tx, transfers: Sequence[Transfer]) -> None:
    """Makes transfers, all or none.

    Whoever moves a household's points holds its passbook's lock. Raises InsufficientPoints.
    """
    if not transfers:
        return
    before = lock(tx, ledger.accounts_of(transfers))
    entries, after = ledger.post(before, transfers)
    changed = [account for key, account in after.items() if account != before[key]]
    with db.together(tx):
        sql.add_transfers(tx, [_row(transfer) for transfer in transfers])
        _add_entries(tx, entries)
        moved = db.ask(
            tx,
            sql.save_accounts,
            ids=[account.id for account in changed],
            balances=[account.balance for account in changed],
            last_sequences=[account.last_sequence for account in changed],
            sequences_before=[before[account.key].last_sequence for account in changed],
        )
    if len(moved.fetchall()) != len(changed):
        raise LedgerMoved()


def _row(transfer: Transfer) -> dict[str, Any]:
    return {column: getattr(transfer, column) for column in _TRANSFER_COLUMNS}


def _add_entries(tx: db.Tx, entries: list[Entry]) -> None:
    sql.add_entries(
        tx,
        account_ids=[entry.account_id for entry in entries],
        sequences=[entry.sequence for entry in entries],
        transfer_ids=[entry.transfer_id for entry in entries],
        points=[entry.points for entry in entries],
        balances_after=[entry.balance_after for entry in entries],
    )


def statement(tx: db.Tx, household_id: str, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Entries of a household's spendable points, newest first."""
    rows: list[dict[str, Any]] = sql.statement(tx, household_id=household_id, before=before, limit=limit)
    return rows


def trial_balance(tx: db.Tx, scopes: list[str]) -> list[dict[str, Any]]:
    """Number and balance of accounts per scheme and kind."""
    rows: list[dict[str, Any]] = sql.trial_balance(tx, scopes=scopes)
    return rows
