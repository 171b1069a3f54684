"""Matters whose grid was re-drawn. Every table that keeps the area of something open is in `move`."""

from collections.abc import Mapping

from services.dispatch.store import figures
from services.dispatch.store.sql import queries
from shared import db


def move(tx: db.Tx, areas: Mapping[str, str]) -> None:
    """What is open of matters goes to the areas they lie in now, and the live figures with it.

    Args:
        areas: matter → its grid. The caller has locked their open orders, then the matters.
    """
    case_ids, to = list(areas), list(areas.values())
    with db.together(tx):
        queries.note_reports_moved(tx, areas=to, case_ids=case_ids, days=figures.RECOUNT_DAYS)
        queries.note_red_cards_moved(tx, areas=to, case_ids=case_ids, days=figures.RECOUNT_DAYS)
        queries.regrid_watched(tx, areas=to, case_ids=case_ids)
        queries.regrid_orders(tx, areas=to, case_ids=case_ids)
        queries.regrid_tasks(tx, case_ids=case_ids)
        # Triggers keep the figures of what runs.
        queries.regrid_clocks(tx, areas=to, case_ids=case_ids)
        queries.regrid_supervisions(tx, areas=to, case_ids=case_ids)
        queries.regrid_extensions(tx, areas=to, case_ids=case_ids)
