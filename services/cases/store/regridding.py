"""Nets that took effect and the matters they moved. Every table that keeps the grid of an open matter is in `move`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.cases.domain.case import Case, Change
from services.cases.store import matters, timeline
from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import Place


@dataclass(frozen=True, kw_only=True)
class Located:
    """Where a matter lies, and the grid it is in."""

    case_id: str
    area: str
    place: Place


def due(tx: db.Tx, *, settles_after_seconds: float) -> tuple[str, int] | None:
    """Subdistrict and version of a net that took effect so long ago and is not settled, locked."""
    row = queries.lock_unsettled_net(tx, settles_after_seconds=settles_after_seconds)
    return (row["area"], row["net_version"]) if row else None


def settled(tx: db.Tx, net: tuple[str, int]) -> None:
    queries.settle_net(tx, area=net[0], net_version=net[1])


def live(tx: db.Tx, subdistrict: str) -> list[Located]:
    """The matters of a subdistrict that are not over."""
    return [
        Located(
            case_id=str(row["case_id"]),
            area=row["area"],
            place=Place(longitude=row["longitude"], latitude=row["latitude"]),
        )
        for row in queries.live_places(tx, subdistrict=subdistrict)
    ]


def lock(tx: db.Tx, case_ids: Iterable[str]) -> list[tuple[Case, datetime]]:
    """Those of the matters that are not over and that nobody else holds, locked."""
    rows = queries.lock_live_cases(tx, case_ids=sorted(case_ids))
    return [(matters.case_of(row), row["at"]) for row in rows]


def move(tx: db.Tx, changes: Sequence[Change]) -> None:
    """Writes matters in their new grids, and what is open of them; the caller holds the locks."""
    linked = [timeline.linked(one) for one in changes]
    entries = [row for _, rows in linked for row in rows]
    case_ids = [done.case.case_id for done, _ in linked]
    with db.together(tx):
        queries.regrid_cases(tx, cases=json.dumps([_row(done.case) for done, _ in linked]))
        queries.add_entries(tx, entries=json.dumps(entries, ensure_ascii=False))
        queries.regrid_discussions(tx, case_ids=case_ids)
        queries.move_hearings(tx, case_ids=case_ids)
        queries.regrid_holds(tx, case_ids=case_ids)
        queries.regrid_disputes(tx, case_ids=case_ids)
        queries.regrid_removals(tx, case_ids=case_ids)


def _row(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "area": case.area,
        "version": case.version,
        "timeline_length": case.timeline_length,
        "timeline_hash": case.timeline_hash.hex(),
    }
