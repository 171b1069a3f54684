"""The names of what matters refer to by code, all at once: for files of many rows."""

from typing import Any

from services.cases.store.sql import queries
from shared import db


def of_matters(tx: db.Tx) -> dict[str, str]:
    """Code → name of every matter of the catalogue, those no longer in use too."""
    return {row["code"]: row["name"] for row in queries.matter_names(tx)}


def of_grids(tx: db.Tx) -> dict[str, dict[str, Any]]:
    """Code → names of the grid, its community and subdistrict, by the newest net that has it."""
    return {row["code"]: row for row in queries.grid_names(tx)}


def of_departments(tx: db.Tx) -> dict[str, str]:
    """Id → name of every department."""
    return {row["department_id"]: row["name"] for row in queries.department_names(tx)}
