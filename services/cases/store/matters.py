"""Rows of `cases` and the values of its domain."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.cases.domain.case import Case, Change, Hold, State
from services.cases.domain.hearing_queue import UNASKED
from services.cases.store import callers, following, owed, timeline
from services.cases.store.sql import queries
from shared import areas, auth, clock, db, errors
from shared.contracts.cases import CaseWhistled, Place

# Responders see what their department was called to, not the area they serve.
AREA_STAFF = auth.STAFF - {auth.Role.RESPONDER}


class OrderUnknown(errors.Conflict):
    """An event speaks of an order whose whistle is not here; it waits until it is, or for an operator."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Matters by what a caller is to them: of these areas, their own reports, what their department was called to."""

    scopes: list[str] = field(default_factory=list)
    person_id: str | None = None
    department: str | None = None


def seen(actor: auth.Actor) -> Reach:
    """What the caller may read."""
    return Reach(
        scopes=of_areas(actor).scopes,
        person_id=actor.person_id,
        department=actor.department if actor.has(auth.Role.RESPONDER) else None,
    )


def of_areas(actor: auth.Actor) -> Reach:
    """What a member of staff may change as such. A person who also reports, or also acts for a department,
    gets no hold on matters elsewhere by that."""
    return Reach(scopes=actor.scopes if actor.has(*AREA_STAFF) else [])


def own(actor: auth.Actor) -> Reach:
    """What the caller reported."""
    return Reach(person_id=actor.person_id)


def of_areas_or_own(actor: auth.Actor) -> Reach:
    return Reach(scopes=of_areas(actor).scopes, person_id=actor.person_id)


def number_of(counter: int, area: str, at: datetime) -> str:
    """The number a resident is told: district, day in Beijing, counter."""
    return f"{area[:6]}{at.astimezone(clock.BEIJING):%Y%m%d}{counter:06d}"


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What is needed to file a matter, read in one query."""

    number: str
    at: datetime
    # The catalogue's row, or None for an unknown or retired matter.
    matter: dict[str, Any] | None
    # Published contacts of those who answer for the grid.
    responsible: list[dict[str, Any]]


def filing(tx: db.Tx, *, grid: str, category: str) -> Filing:
    row = queries.filing(tx, grid=grid, category=category)
    return Filing(
        number=number_of(row["counter"], grid, row["at"]),
        at=row["at"],
        matter=row["matter"],
        responsible=row["responsible"],
    )


def lock(tx: db.Tx, case_id: str, reach: Reach) -> tuple[Case, datetime]:
    """A matter within reach, locked, and the moment after the lock. Raises NotFound."""
    row = queries.lock_case(tx, case_id=case_id, **vars(reach))
    if row is None:
        raise errors.NotFound()
    return case_of(row), row["at"]


def lock_many(tx: db.Tx, case_ids: Iterable[str]) -> dict[str, tuple[Case, datetime]]:
    """Matters named by events, locked, by id; ids without a matter are left out."""
    rows = queries.lock_cases(tx, case_ids=sorted(set(case_ids)))
    return {str(row["case_id"]): (case_of(row), row["at"]) for row in rows}


def insert(tx: db.Tx, change: Change) -> Change:
    """Files a new matter with its first timeline entry."""
    linked, entries = timeline.linked(change)
    filed = {name: value for name, value in _columns(linked.case).items() if name not in _LATER}
    queries.insert_case(tx, **filed, entries=json.dumps(entries, ensure_ascii=False))
    return linked


def save(tx: db.Tx, *changes: Change) -> list[Change]:
    """Writes changed matters and appends their timelines; the caller holds the locks."""
    linked: list[Change] = []
    with db.together(tx):
        for change in changes:
            done, entries = timeline.linked(change)
            linked.append(done)
            queries.save_case(
                tx, **_changed_columns(done.case), entries=json.dumps(entries, ensure_ascii=False)
            )
        following.follow(tx, linked)
        owed.follow(tx, linked)
    return linked


def view(tx: db.Tx, case_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A matter as its readers see it. Raises NotFound outside the caller's reach."""
    return _view_of(queries.get_case(tx, case_id=case_id, **vars(seen(actor))))


def ask_view(tx: db.Tx, case_id: str, actor: auth.Actor) -> db.Asked:
    """Asks for `view` inside `db.together`, to be read by `view_of`."""
    return db.ask(tx, queries.get_case, case_id=case_id, **vars(seen(actor)))


def view_of(asked: db.Asked) -> dict[str, Any]:
    return _view_of(asked.fetchone())


def _view_of(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise errors.NotFound()
    return {
        **row,
        "place": {"longitude": row["longitude"], "latitude": row["latitude"]},
        "reporter_id": _unless_hidden(row["reporter_id"], row["hidden_id"]),
        "first_inquiry_by": _unless_hidden(row["first_inquiry_by"], row["hidden_id"]),
        "origin": {"kind": row["origin_kind"], "id": row["origin_id"]} if row["origin_id"] else None,
        "caller": callers.masked(row["sealed_caller"]),
        "outcome": _outcome(row["outcome"]),
    }


def _outcome(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    moments = {
        name: value and datetime.fromisoformat(value) for name, value in found.items() if name.endswith("_at")
    }
    return {**found, **moments}


def _unless_hidden(person_id: Any, hidden_id: Any) -> Any:
    """A confidential reporter 保密 is nobody to those who may not know them, in whatever part they appear."""
    return None if person_id == hidden_id else person_id


def within(area: str | None, scopes: Iterable[str]) -> list[str]:
    """What of the scopes lies in an area; all of it where none is given."""
    if area is None:
        return list(scopes)
    return [
        max(area, scope, key=len)
        for scope in scopes
        if areas.inside(area, scope) or areas.inside(scope, area)
    ]


def case_of(row: Mapping[str, Any]) -> Case:
    return Case(
        case_id=str(row["case_id"]),
        number=row["number"],
        area=row["area"],
        state=State(row["state"]),
        category=row["category"],
        channel=row["channel"],
        urgency=row["urgency"],
        mechanism=row["mechanism"],
        scope_class=row["scope_class"],
        level=row["level"],
        sla_class=row["sla_class"],
        category_version=row["category_version"],
        words=row["words"],
        place=Place(longitude=row["longitude"], latitude=row["latitude"]),
        address=row["address"],
        reporter_id=_text(row["reporter_id"]),
        is_confidential=row["is_confidential"],
        has_reporter=_has_reporter(row),
        # Nobody, once the reporter who filed it is forgotten.
        first_inquiry_by=str(row["first_inquiry_by"] or ""),
        first_handler_by=_text(row["first_handler_by"]),
        run=row["run"],
        hold=Hold(row["hold"]) if row["hold"] else None,
        review_on=row["review_on"],
        open_orders=row["open_orders"],
        departments=tuple(row["departments"]),
        calls_made=row["calls_made"],
        met=row["met"],
        settled=row["settled"],
        satisfaction=row["satisfaction"],
        merged_into=_text(row["merged_into"]),
        documents_missing=row["documents_missing"],
        reported_at=row["reported_at"],
        resolved_at=row["resolved_at"],
        closed_at=row["closed_at"],
        version=row["version"],
        timeline_length=row["timeline_length"],
        timeline_hash=bytes(row["timeline_hash"]),
    )


# What a matter just filed has not had happen to it; the table's defaults say so.
_LATER = {
    "first_handler_by",
    "run",
    "hold",
    "review_on",
    "open_orders",
    "departments",
    "calls_made",
    "met",
    "settled",
    "satisfaction",
    "merged_into",
    "resolved_at",
    "closed_at",
    "version",
}
_FIXED = {
    "number",
    "category",
    "channel",
    "sla_class",
    "category_version",
    "words",
    "longitude",
    "latitude",
    "address",
    "reporter_id",
    "is_confidential",
    "has_reporter",
    "first_inquiry_by",
    "reported_at",
}


def _changed_columns(case: Case) -> dict[str, Any]:
    return {name: value for name, value in _columns(case).items() if name not in _FIXED}


def _columns(case: Case) -> dict[str, Any]:
    columns = dict(vars(case))
    place: Place = columns.pop("place")
    return columns | {
        "longitude": place.longitude,
        "latitude": place.latitude,
        "departments": list(case.departments),
    }


def _has_reporter(row: Mapping[str, Any]) -> bool:
    """As noted when it was filed; what an earlier release filed is taken to have one wherever people report."""
    noted: bool | None = row["has_reporter"]
    if noted is not None:
        return noted
    return row["reporter_id"] is not None or row["channel"] not in UNASKED


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def add_order(tx: db.Tx, change: Change) -> None:
    """Notes the whistle of a change that whistled."""
    whistle = next(event for event in change.events if isinstance(event, CaseWhistled))
    queries.insert_order(
        tx,
        order_id=whistle.order_id,
        case_id=whistle.case_id,
        run=change.case.run,
        kind=whistle.kind,
        departments=list(whistle.departments),
        whistled_at=whistle.whistled_at,
    )


def close_orders(tx: db.Tx, case_id: str) -> None:
    queries.close_orders(tx, case_id=case_id)


def to_call(tx: db.Tx, case: Case) -> tuple[dict[str, str], frozenset[str]]:
    """Whom a locked matter may call, kind by id; and the departments with an unfinished order for it."""
    with db.together(tx):
        serving = db.ask(tx, queries.departments_serving, area=case.area)
        called = db.ask(tx, queries.unfinished_departments, case_id=case.case_id)
    kinds = {row["department_id"]: row["kind"] for row in serving}
    return kinds, frozenset(department for row in called for department in row["departments"])


def serving(tx: db.Tx, area: str) -> dict[str, str]:
    """Kind by id of the departments that may be called for an area."""
    return {row["department_id"]: row["kind"] for row in queries.departments_serving(tx, area=area)}


def is_filed(tx: db.Tx, case_id: str, *, by: auth.Actor) -> bool:
    """True when this caller filed a matter under this id before. Raises AlreadyExists when somebody else did.

    Waits for whoever is filing under the id now, so that two reports of one id make one matter.
    """
    queries.hold_id(tx, case_id=case_id)
    filer = queries.filer_of(tx, case_id=case_id)
    if filer is not None and str(filer) != by.person_id:
        raise db.AlreadyExists()
    return filer is not None


def entries(tx: db.Tx, case_id: str, actor: auth.Actor, *, after: int, most: int) -> list[dict[str, Any]]:
    """A page of a matter's timeline. Raises NotFound outside the caller's reach."""
    case = queries.get_case(tx, case_id=case_id, **vars(seen(actor)))
    if case is None:
        raise errors.NotFound()
    rows = queries.timeline_of(tx, case_id=case_id, after=after, most=most)
    return [
        {
            **row,
            "person_id": _unless_hidden(row["person_id"], case["hidden_id"]),
            "hash": bytes(row["hash"]).hex(),
        }
        for row in rows
    ]


def today(at: datetime) -> date:
    """The day in Beijing."""
    return at.astimezone(clock.BEIJING).date()
