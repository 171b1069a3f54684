"""Rows of `timeline` and the links of its chain."""

import itertools
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.cases.domain import audit, timeline
from services.cases.domain.case import By, Change, Entry
from services.cases.domain.timeline import Stored
from services.cases.store.sql import queries
from shared import clock, db


def linked(change: Change) -> tuple[Change, list[dict[str, Any]]]:
    """Chains the entries of a change to the matter's timeline; the rows are for `add_entries`."""
    case, length, tail = change.case, change.case.timeline_length, change.case.timeline_hash
    rows: list[dict[str, Any]] = []
    for entry in change.entries:
        length += 1
        one = timeline.chained(
            tail, case.case_id, length, entry, salt=secrets.token_bytes(timeline.SALT_BYTES)
        )
        tail = one.hash
        rows.append(row_of(case.case_id, one))
    return replace(change, case=replace(case, timeline_length=length, timeline_hash=tail)), rows


def row_of(case_id: str, one: Stored) -> dict[str, Any]:
    """An entry as the queries take it."""
    return {
        "case_id": case_id,
        "position": one.position,
        "action": one.entry.action,
        "person_id": one.entry.by.person_id,
        "role": one.entry.by.role,
        "area": one.entry.area,
        "at": clock.rfc3339(one.entry.at),
        "detail": one.entry.detail,
        "hash": one.hash.hex(),
        "salt": _hex(one.salt),
        "person_ref": _hex(one.person_ref),
        "marks": _hex(one.marks),
    }


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is wrong with the timeline of one matter."""

    case_id: str
    # None when the matter is not there.
    number: str | None
    damages: list[audit.Damage]


def verdicts(tx: db.Tx, case_ids: Iterable[str]) -> list[Verdict]:
    """What is wrong with the timelines of these matters; whole ones are left out."""
    found: list[Verdict] = []
    rows = queries.timelines(tx, case_ids=list(case_ids))
    for case_id, group in itertools.groupby(rows, key=lambda row: str(row["case_id"])):
        entries = list(group)
        head = audit.Head(
            case_id=case_id,
            length=entries[0]["timeline_length"],
            hash=bytes(entries[0]["timeline_hash"]),
            is_anonymised=entries[0]["anonymised_at"] is not None,
        )
        stored = [stored_of(row) for row in entries if row["position"] is not None]
        damages = audit.damages(head, stored)
        if damages:
            found.append(Verdict(case_id=case_id, number=entries[0]["number"], damages=damages))
    return found


def without_case(database: db.Database, *, size: int = 50_000) -> Iterator[Verdict]:
    """Timelines whose matter was deleted; so many entries are looked at in one statement."""
    gone = audit.Damage(kind=audit.Kind.CASE_DELETED)
    reached = None
    while True:
        with database.transaction(read_only=True) as tx:
            row = queries.entries_without_case(tx, after=reached, most=size)
        for case_id in row["gone"]:
            yield Verdict(case_id=str(case_id), number=None, damages=[gone])
        reached = row["reached"]
        if reached is None:
            return


def pages(
    database: db.Database, *, since: datetime | None, until: datetime | None, size: int
) -> Iterator[tuple[datetime, Sequence[str]]]:
    """Ids of matters by the moment of their report, with the moment each page reaches."""
    after_at, after_id = None, None
    while True:
        with database.transaction(read_only=True) as tx:
            rows = queries.cases_between(
                tx, since=since, until=until, after_at=after_at, after_id=after_id, most=size
            )
        if rows:
            after_at, after_id = rows[-1]["reported_at"], rows[-1]["case_id"]
            yield after_at, [str(row["case_id"]) for row in rows]
        if len(rows) < size:
            return


def stored_of(row: Mapping[str, Any]) -> Stored:
    return Stored(
        position=row["position"],
        entry=Entry(
            action=row["action"],
            by=By(person_id=_text(row["person_id"]), role=row["role"]),
            at=row["at"],
            area=row["area"],
            detail=row["detail"],
        ),
        hash=bytes(row["hash"]),
        salt=_bytes(row["salt"]),
        person_ref=_bytes(row["person_ref"]),
        marks=_bytes(row["marks"]),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
