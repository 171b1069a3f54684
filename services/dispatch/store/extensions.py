"""Rows of extensions and supervision orders, and who may see them."""

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import errors as domain_errors
from services.dispatch.domain.clock import Clock
from services.dispatch.domain.extension import Extension, ExtensionState
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import auth, db, errors


def insert(tx: db.Tx, extension: Extension, clock: Clock) -> None:
    """Keeps a request. Raises ExtensionOpen when there is an undecided one."""
    with db.translating({"extensions_asked_key": domain_errors.ExtensionOpen}):
        queries.insert_extension(
            tx,
            extension_id=extension.extension_id,
            clock_id=clock.clock_id,
            run=extension.run,
            owner_id=clock.owner_id,
            task_id=clock.task_id,
            case_id=clock.case_id,
            area=clock.area,
            department_id=clock.department_id,
            clock=clock.name,
            state=extension.state,
            words=extension.words,
            asked_by=extension.asked_by,
            asked_at=extension.asked_at,
        )


def save(tx: db.Tx, extension: Extension) -> None:
    queries.save_extension(
        tx,
        extension_id=extension.extension_id,
        state=extension.state,
        decided_by=extension.decided_by,
        decided_at=extension.decided_at,
        decision_words=extension.decision_words,
    )


def row(tx: db.Tx, extension_id: str, reach: orders.Reach) -> dict[str, Any]:
    """A request within reach. Raises NotFound."""
    found: dict[str, Any] | None = queries.find_extension(tx, extension_id=extension_id, **vars(reach))
    if found is None:
        raise errors.NotFound()
    return found


def of(row: Mapping[str, Any]) -> Extension:
    return Extension(
        extension_id=str(row["extension_id"]),
        clock_id=str(row["clock_id"]),
        run=row["run"],
        state=ExtensionState(row["state"]),
        words=row["words"],
        asked_by=str(row["asked_by"]),
        asked_at=row["asked_at"],
        decided_by=None if row["decided_by"] is None else str(row["decided_by"]),
        decided_at=row["decided_at"],
        decision_words=row["decision_words"],
    )


def listed(
    tx: db.Tx, actor: auth.Actor, *, state: str | None, before: str | None, most: int
) -> list[dict[str, Any]]:
    """Requests within the actor's reach, newest first: of their department for responders, else of their areas."""
    reach = orders.seen(actor)
    if reach.department:
        found = queries.list_department_extensions(
            tx, department=reach.department, state=state, before=before, most=most
        )
    else:
        found = queries.list_area_extensions(tx, scopes=reach.scopes, state=state, before=before, most=most)
    return list(found)


def supervisions(
    tx: db.Tx, actor: auth.Actor, *, state: str | None, before: str | None, most: int
) -> list[dict[str, Any]]:
    """Supervision orders within the actor's reach, newest first."""
    reach = orders.seen(actor)
    if reach.department:
        found = queries.list_department_supervisions(
            tx, department=reach.department, state=state, before=before, most=most
        )
    else:
        found = queries.list_area_supervisions(tx, scopes=reach.scopes, state=state, before=before, most=most)
    return list(found)


def supervision(tx: db.Tx, supervision_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A supervision order within the actor's reach. Raises NotFound."""
    found: dict[str, Any] | None = queries.get_supervision(
        tx, supervision_id=supervision_id, **vars(orders.seen(actor))
    )
    if found is None:
        raise errors.NotFound()
    return found
