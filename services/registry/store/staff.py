"""Accounts other services must still be told about."""

from collections.abc import Sequence

from services.registry.domain import staff
from services.registry.domain.staff import Account
from services.registry.store.sql import queries
from shared import db


def lock_to_announce(tx: db.Tx, *, most: int) -> list[Account]:
    return [
        Account(
            user_id=str(row["user_id"]),
            person_id=str(row["person_id"]),
            roles=tuple(row["roles"]),
            areas=tuple(row["areas"]),
            department_id=row["department_id"],
            active=row["active"],
            announced_area=row["announced_area"],
        )
        for row in queries.lock_staff_to_announce(tx, most=most)
    ]


def announced(tx: db.Tx, accounts: Sequence[Account]) -> None:
    queries.staff_announced(
        tx,
        user_ids=[account.user_id for account in accounts],
        announced_areas=[staff.area_of(account) for account in accounts],
    )


def mark_all(tx: db.Tx) -> int:
    """Has every account with an area, now or when it was last told of, announced anew; answers how many."""
    marked: int = queries.mark_staff(tx)
    return marked
