"""Rows of the catalogue and its matters."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from services.cases.domain.catalogue import Matter
from services.cases.store.sql import queries
from shared import db, errors


def lock(tx: db.Tx) -> None:
    """Lets this transaction be the only one that changes the catalogue."""
    queries.lock_matters(tx)


def newest(tx: db.Tx, code: str) -> Matter:
    """A matter as it is now. Raises NotFound."""
    row = queries.newest_matter(tx, code=code)
    if row is None:
        raise errors.NotFound()
    return matter_of(row)


def all_newest(tx: db.Tx) -> dict[str, Matter]:
    """The whole catalogue as it is now, by code."""
    return {row["code"]: matter_of(row) for row in queries.all_newest_matters(tx)}


def add_versions(tx: db.Tx, matters: Iterable[Matter], *, by: str | None) -> None:
    """Stores new versions; each becomes the newest of its matter. The caller holds the lock."""
    added = list(matters)
    if not added:
        return
    queries.succeed_matters(tx, codes=[matter.code for matter in added])
    queries.insert_matters(
        tx,
        matters=json.dumps([asdict(matter) for matter in added], ensure_ascii=False),
        changed_by=by,
    )


def matter_of(row: Mapping[str, Any]) -> Matter:
    return Matter(
        code=row["code"],
        version=row["version"],
        name=row["name"],
        theme=row["theme"],
        mechanism=row["mechanism"],
        scope_class=row["scope_class"],
        level=row["level"],
        sla_class=row["sla_class"],
        urgency=row["urgency"],
        main_department_kind=row["main_department_kind"],
        supporting_department_kinds=tuple(row["supporting_department_kinds"]),
        required_documents=tuple(row["required_documents"]),
        filing_standard=row["filing_standard"],
        closing_standard=row["closing_standard"],
        is_active=row["is_active"],
    )
