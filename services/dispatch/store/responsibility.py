"""Rows of the responsibility list and the values of its rules."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.dispatch.domain import responsibility as domain
from services.dispatch.domain.responsibility import Department, Ground, Item, ListState, ResponsibilityList
from services.dispatch.store.sql import queries
from shared import auth, clock, db, errors, ids

# Published lists never change, so their items are remembered: one per district and version in use.
_MOST_REMEMBERED = 64


class Remembered:
    """The items of published lists, read once per process."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[Item, ...]] = {}
        self._lock = threading.Lock()

    def of(self, tx: db.Tx, one: ResponsibilityList) -> tuple[Item, ...]:
        if one.state is not ListState.PUBLISHED:
            return items_of(tx, one.list_id)
        with self._lock:
            if one.list_id in self._items:
                return self._items[one.list_id]
        items = items_of(tx, one.list_id)
        with self._lock:
            if len(self._items) >= _MOST_REMEMBERED:
                self._items.clear()
            self._items[one.list_id] = items
        return items


remembered = Remembered()


def today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def in_force(tx: db.Tx, area: str, on: date | None = None) -> ResponsibilityList:
    """The list in force for an area. Raises NotFound in a deployment that was never seeded."""
    row = queries.list_in_force(tx, area=area, today=on or today())
    if row is None:
        raise errors.NotFound()
    return list_of(row)


def lock(tx: db.Tx, list_id: str, actor: auth.Actor) -> ResponsibilityList:
    """A list of the actor's areas, locked. Raises NotFound, also for the delivered one: nobody edits that."""
    row = queries.lock_draft(tx, list_id=list_id, scopes=actor.scopes)
    if row is None:
        raise errors.NotFound()
    return list_of(row)


def draft_of(tx: db.Tx, area: str) -> ResponsibilityList:
    """The draft of an area or of its city, locked. Raises NoDraft."""
    for length in (6, 4):
        row = queries.draft_of(tx, area=area[:length])
        if row is not None:
            return list_of(row)
    raise domain.NoDraft(area=area[:6])


def view(tx: db.Tx, list_id: str, actor: auth.Actor) -> dict[str, Any]:
    row = queries.get_list(tx, list_id=list_id, scopes=_editing(actor))
    if row is None:
        raise errors.NotFound()
    return dict(row)


def listed(
    tx: db.Tx, actor: auth.Actor, *, area: str | None, before: Sequence[Any] | None, most: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.list_lists(
        tx,
        area=area,
        scopes=_editing(actor),
        before_area=str(before[0]) if before else None,
        before_number=before[1] if before else None,
        most=most,
    )
    return rows


def insert_draft(tx: db.Tx, area: str, *, copy_of: ResponsibilityList | None, by: str) -> str:
    """A new draft, with the items of another list. Raises DraftExists."""
    list_id = ids.new()
    with db.translating(
        {
            "responsibility_lists_draft_key": domain.DraftExists,
            "responsibility_lists_number_key": domain.DraftExists,
        }
    ):
        queries.insert_draft(
            tx,
            list_id=list_id,
            area=area,
            last_resort=copy_of.last_resort if copy_of else "urban_management",
            made_by=by,
        )
    if copy_of:
        queries.copy_items(tx, from_list_id=copy_of.list_id, to_list_id=list_id)
    return list_id


def save(tx: db.Tx, one: ResponsibilityList, *, published_by: str | None = None) -> None:
    queries.save_list(
        tx,
        list_id=one.list_id,
        state=one.state,
        effective_on=one.effective_on,
        last_resort=one.last_resort,
        version=one.version,
        published_by=published_by,
    )


def deliver(tx: db.Tx, items: Sequence[Item], *, since: date, last_resort: str) -> None:
    """Keeps the list as delivered: its first version in force from `since`, another one from today where it changed."""
    rows = queries.delivered_lists(tx)
    if rows and {item.code: item for item in items_of(tx, str(rows[0]["list_id"]))} == {
        item.code: item for item in items
    }:
        return
    list_id = ids.new()
    queries.seed_list(
        tx,
        list_id=list_id,
        number=rows[0]["number"] + 1 if rows else 1,
        effective_on=today() if rows else since,
        last_resort=last_resort,
    )
    put_items(tx, list_id, items)


def items_of(tx: db.Tx, list_id: str) -> tuple[Item, ...]:
    return tuple(_item_of(row) for row in queries.items_of(tx, list_id=list_id))


def put_items(tx: db.Tx, list_id: str, items: Iterable[Item]) -> None:
    queries.put_items(tx, list_id=list_id, items=json.dumps([vars(item) for item in items]))


def serving(tx: db.Tx, area: str) -> list[Department]:
    return [Department(**row) for row in queries.departments_serving(tx, area=area)]


def proposal(tx: db.Tx, *, category: str, area: str, kind: Any) -> tuple[ResponsibilityList, domain.Proposal]:
    """Whom the list in force would whistle for a matter in an area."""
    of = in_force(tx, area)
    made = domain.propose(of, remembered.of(tx, of), category=category, kind=kind, serving=serving(tx, area))
    return of, made


def grounds(tx: db.Tx, called: Sequence[tuple[str, str, Sequence[str]]]) -> list[dict[str, Ground]]:
    """For each (area, category, department ids): why each department is called, by department id.

    Without any list (a deployment that was never seeded) there is no ground.
    """
    departments = {one for _, _, departments in called for one in departments}
    kinds = {
        row["department_id"]: row["kind"]
        for row in queries.departments_called(tx, department_ids=sorted(departments))
    }
    lists: dict[str, ResponsibilityList | None] = {}
    made: list[dict[str, Ground]] = []
    for area, category, department_ids in called:
        district = area[:6]
        if district not in lists:
            row = queries.list_in_force(tx, area=district, today=today())
            lists[district] = list_of(row) if row else None
        of = lists[district]
        made.append(
            {
                one: domain.ground_of(of, remembered.of(tx, of), category=category, unit=kinds.get(one))
                for one in department_ids
                # Groups of members are called to help; no list makes anything their duty.
                if kinds.get(one) is None or kinds[one] in domain.UNITS
            }
            if of
            else {}
        )
    return made


def ground_json(ground: Ground | None) -> dict[str, Any] | None:
    return None if ground is None else {**vars(ground), "supporting": list(ground.supporting)}


def ground_from(row: Mapping[str, Any] | None) -> Ground | None:
    return None if row is None else Ground(**{**row, "supporting": tuple(row["supporting"])})


def propose_amendment(tx: db.Tx, **proposal: Any) -> None:
    """Keeps a ruling as a proposal for the list's next version."""
    queries.insert_amendment(tx, **proposal)


def kind_of(tx: db.Tx, department_id: str) -> str | None:
    rows = queries.departments_called(tx, department_ids=[department_id])
    return rows[0]["kind"] if rows else None


def lock_amendment(tx: db.Tx, amendment_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An open proposal of the actor's areas, locked. Raises NotFound, DecidedAlready."""
    row = queries.lock_amendment(tx, amendment_id=amendment_id, scopes=actor.scopes)
    if row is None:
        raise errors.NotFound()
    if row["state"] != "open":
        raise domain.DecidedAlready(state=row["state"])
    return dict(row)


def list_of(row: Mapping[str, Any]) -> ResponsibilityList:
    return ResponsibilityList(
        list_id=str(row["list_id"]),
        area=row["area"],
        number=row["number"],
        state=ListState(row["state"]),
        effective_on=row["effective_on"],
        last_resort=row["last_resort"],
        version=row["version"],
    )


def _item_of(row: Mapping[str, Any]) -> Item:
    return Item(**{**row, "supporting": tuple(row["supporting"]), "categories": tuple(row["categories"])})


def _editing(actor: auth.Actor) -> list[str]:
    """Where the actor may see drafts."""
    return actor.scopes if actor.has(auth.Role.ADMIN) else []
