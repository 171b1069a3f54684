"""The delivered catalogue 事项目录: what a deployment starts with; its own edits are never overwritten."""

import csv
from pathlib import Path

from services.cases.store.sql import queries
from shared import db

CATALOGUE = Path(__file__).parent / "data" / "catalogue.csv"


def load(database: db.Database) -> None:
    """Adds the delivered matters that the deployment does not have yet."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with database.transaction() as tx:
        for row in rows:
            queries.seed_matter(
                tx,
                **{
                    **row,
                    "main_department_kind": row["main_department_kind"] or None,
                    "supporting_department_kinds": row["supporting_department_kinds"].split(),
                },
            )
