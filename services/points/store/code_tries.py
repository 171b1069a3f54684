"""How often somebody typed a wrong pick-up code at a shop."""

from services.points.domain import redemptions
from services.points.store.statements import sql
from shared import db


def begin(tx: db.Tx, shop_id: str, person_id: str) -> None:
    """Counts a try as wrong until `was_right`; others of this person at the shop wait. Raises TooManyCodes."""
    row = sql.begin_code_try(
        tx, shop_id=shop_id, person_id=person_id, hours=redemptions.WRONG_CODES_FORGOTTEN_AFTER_HOURS
    )
    redemptions.check_tries(row["wrong"], seconds_left=row["seconds_left"])


def was_right(tx: db.Tx, shop_id: str, person_id: str) -> None:
    sql.code_was_right(tx, shop_id=shop_id, person_id=person_id)


def keep(tx: db.Tx) -> None:
    """Makes the wrong try count although the request will answer an error. Nothing else was changed before."""
    tx.commit()
