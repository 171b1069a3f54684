"""Live figures: folded in batches from what every change adds, compared with a recount, put right, and read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.store.sql import queries
from shared import areas as codes
from shared import db

# How far back a recount looks at what happened; what is true now it always counts in full.
RECOUNT_DAYS = 3
MOST = 2000
_FOLD = 5000
_PRUNE = 10_000


def fold(tx: db.Tx) -> int:
    """Folds one batch of changes; answers how many, none while another worker does."""
    return int(queries.fold_figures(tx, most=_FOLD)) if queries.claim_figures(tx) else 0


def differences(tx: db.Tx) -> list[dict[str, Any]]:
    """Where the figures, with what is still to be folded, do not agree with a recount. One snapshot: exact also while
    others work."""
    found: list[dict[str, Any]] = queries.figure_differences(tx, days=RECOUNT_DAYS)
    return found


def repair(tx: db.Tx) -> int | None:
    """Puts right what does not agree; answers how many figures did not, None while another worker folds."""
    if not queries.claim_figures(tx):
        return None
    found = differences(tx)
    now_true = [row for row in found if row["hour"] is None]
    happened = [row for row in found if row["hour"] is not None]
    queries.correct_figures(
        tx,
        areas=[row["area"] for row in now_true],
        measures=[row["measure"] for row in now_true],
        clocks=[row["clock"] for row in now_true],
        subjects=[row["subject"] for row in now_true],
        departments=[row["department_id"] for row in now_true],
        classes=[row["sla_class"] for row in now_true],
        numbers=[row["number"] for row in now_true],
    )
    queries.correct_hours(
        tx,
        areas=[row["area"] for row in happened],
        hours=[row["hour"] for row in happened],
        measures=[row["measure"] for row in happened],
        subjects=[row["subject"] for row in happened],
        numbers=[row["number"] for row in happened],
    )
    queries.drop_zero_figures(tx)
    queries.prune_hours(tx, most=_PRUNE)
    return len(found)


@dataclass(frozen=True, kw_only=True)
class Only:
    """Which figures are wanted."""

    clock: str
    # None is both.
    subject: str | None
    # None is all.
    department: str | None


def by_area(tx: db.Tx, areas: list[str], *, level: codes.Level, only: Only) -> list[dict[str, Any]]:
    """Figures of the areas of a level within areas, the most overdue first."""
    found: list[dict[str, Any]] = queries.figures_by_area(
        tx, areas=areas, digits=codes.digits(level), most=MOST, **vars(only)
    )
    return found


def by_department(tx: db.Tx, areas: list[str], *, only: Only) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queries.figures_by_department(tx, areas=areas, most=MOST, **vars(only))
    return found


def by_class(tx: db.Tx, areas: list[str], *, only: Only) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queries.figures_by_class(tx, areas=areas, most=MOST, **vars(only))
    return found


def area_of(tx: db.Tx, department: str | None) -> str | None:
    """The area a department serves; None where it is not known."""
    area: str | None = queries.area_of_department(tx, department=department)
    return area


def trend(tx: db.Tx, areas: list[str], *, unit: str, since: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queries.figure_trend(tx, areas=areas, unit=unit, since=since)
    return found
