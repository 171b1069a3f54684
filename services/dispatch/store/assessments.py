"""Assessments as rows, with every version there was."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from services.dispatch.domain import errors as domain_errors
from services.dispatch.domain.assessment import Assessment, State, Window
from services.dispatch.domain.indicators import UNRANKED
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import areas, auth, db, errors

Act = Literal["assessed", "corrected", "appealed", "ruled"]
# How long a finished response waits in the list of those to assess; later it may still be assessed by itself.
TO_ASSESS_FOR = timedelta(days=60)
MOST_COUNTED = 10_000


def add(tx: db.Tx, one: Assessment) -> None:
    """Keeps the first version. Raises AssessedAlready."""
    with db.translating({"assessments_pkey": domain_errors.AssessedAlready}):
        queries.insert_assessment(
            tx,
            task_id=one.task_id,
            order_id=one.order_id,
            case_id=one.case_id,
            area=one.area,
            department_id=one.department_id,
            points=json.dumps(dict(one.points)),
            score=one.score,
            is_negative=one.is_negative,
            words=one.words,
            by_person=one.by_person,
            assessed_at=one.assessed_at,
        )
    _keep(tx, one, act="assessed", words=one.words, by_person=one.by_person)


def save(tx: db.Tx, one: Assessment, *, act: Act, words: str, by_person: str, at: datetime) -> None:
    """Keeps the next version; the earlier ones stay in the history."""
    queries.save_assessment(
        tx,
        task_id=one.task_id,
        points=json.dumps(dict(one.points)),
        score=one.score,
        is_negative=one.is_negative,
        words=one.words,
        by_person=one.by_person,
        changed_at=one.changed_at,
        state=one.state,
        appeal_words=one.appeal_words,
        appealed_at=one.appealed_at,
        ruling_words=one.ruling_words,
        ruled_at=one.ruled_at,
        version=one.version,
    )
    _keep(tx, one, act=act, words=words, by_person=by_person, at=at)


def lock(tx: db.Tx, task_id: str, reach: orders.Reach) -> tuple[Assessment, datetime]:
    """The assessment of a task within reach, its order locked, and the moment after. Raises NotFound."""
    _, at = orders.lock_by_task(tx, task_id, reach)
    row = queries.lock_assessment(tx, task_id=task_id)
    if row is None:
        raise errors.NotFound()
    return _of_row(row), at


def window(tx: db.Tx, one: Assessment) -> Window:
    """What the month the assessment counts in still allows."""
    district = areas.at_level(one.area, areas.Level.DISTRICT)
    row = queries.window_of(tx, area=district, at=one.assessed_at)
    return Window(is_frozen=row["is_frozen"], appeals_until=row["appeals_until"]) if row else Window()


def view(tx: db.Tx, task_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An assessment with its versions. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_assessment(tx, task_id=task_id, **vars(orders.seen(actor)))
    if row is None:
        raise errors.NotFound()
    return row


def listed(
    tx: db.Tx, actor: auth.Actor, *, state: str | None, before: str | None, most: int
) -> list[dict[str, Any]]:
    """Assessments within the actor's reach: of their department for responders, else of their areas."""
    reach = orders.seen(actor)
    page: dict[str, Any] = {"state": state, "before": before, "most": most}
    rows: list[dict[str, Any]]
    if reach.department:
        rows = queries.list_department_assessments(tx, department=reach.department, **page)
    else:
        rows = queries.list_area_assessments(tx, scopes=reach.scopes, **page)
    return rows


def to_assess(
    tx: db.Tx, actor: auth.Actor, *, after: tuple[str, str] | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Finished responses of the actor's areas nobody assessed yet, oldest first; how many, with the first page."""
    reach: dict[str, Any] = {
        "scopes": orders.of_areas(actor).scopes,
        "unranked": sorted(UNRANKED),
        "since": db.now(tx) - TO_ASSESS_FOR,
    }
    after_at, after_task = after or (None, None)
    rows: list[dict[str, Any]] = queries.to_assess(
        tx, after_at=after_at, after_task=after_task, most=most, **reach
    )
    if after is not None:
        return rows, None
    return rows, int(queries.count_to_assess(tx, most=MOST_COUNTED + 1, **reach))


def _keep(
    tx: db.Tx, one: Assessment, *, act: Act, words: str, by_person: str, at: datetime | None = None
) -> None:
    queries.keep_assessment(
        tx,
        task_id=one.task_id,
        version=one.version,
        act=act,
        points=json.dumps(dict(one.points)),
        score=one.score,
        is_negative=one.is_negative,
        state=one.state,
        words=words,
        by_person=by_person,
        at=at or one.changed_at,
    )


def _of_row(row: Mapping[str, Any]) -> Assessment:
    return Assessment(
        task_id=str(row["task_id"]),
        order_id=str(row["order_id"]),
        case_id=str(row["case_id"]),
        area=row["area"],
        department_id=row["department_id"],
        points=row["points"],
        is_negative=row["is_negative"],
        words=row["words"],
        by_person=str(row["by_person"]),
        assessed_at=row["assessed_at"],
        changed_at=row["changed_at"],
        state=State(row["state"]),
        appeal_words=row["appeal_words"],
        appealed_at=row["appealed_at"],
        ruling_words=row["ruling_words"],
        ruled_at=row["ruled_at"],
        version=row["version"],
    )
