"""Comparing the books of a scheme with each other, in the database."""

from services.points.domain.reconciliation import Check, Difference
from services.points.store.statements import sql
from shared import db

# More than this says "everything is wrong" just as well.
MOST_DIFFERENCES = 1000


def differences(tx: db.Tx, scheme_id: str) -> list[Difference]:
    """Whatever does not agree in the books of one scheme."""
    rows = sql.differences(tx, scheme_id=scheme_id, limit=MOST_DIFFERENCES)
    return [Difference(**{**row, "scheme_id": scheme_id, "check": Check(row["check"])}) for row in rows]


def next_scheme(tx: db.Tx, *, after: str | None) -> str | None:
    """The scheme that follows, by id; None after the last."""
    row = sql.next_scheme(tx, after=after)
    return row["id"] if row else None
