"""What meetings agreed on, and every look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from services.cases.domain.meetings import Project
from services.cases.store.sql import queries
from shared import db, errors


def add(tx: db.Tx, project: Project) -> None:
    columns = {name: value for name, value in asdict(project).items() if name not in ("ended_at", "version")}
    queries.add_project(tx, **columns)


def lock(tx: db.Tx, project_id: str, *, scopes: list[str], person_id: str) -> tuple[Project, datetime]:
    """A project of these areas, or one the person owns or watches. Raises NotFound."""
    row = queries.lock_project(tx, project_id=project_id, scopes=scopes, person_id=person_id)
    if row is None:
        raise errors.NotFound()
    return _project_of(row), row["at"]


def lock_reviewed(tx: db.Tx, project_id: str) -> tuple[Project, datetime]:
    """A project on the agenda of a meeting the caller holds."""
    row = queries.lock_reviewed_project(tx, project_id=project_id)
    if row is None:
        raise errors.NotFound()
    return _project_of(row), row["at"]


def _project_of(row: Mapping[str, Any]) -> Project:
    return Project(
        project_id=str(row["project_id"]),
        meeting_id=str(row["meeting_id"]),
        kind=row["kind"],
        area=row["area"],
        title=row["title"],
        owner_id=str(row["owner_id"]),
        watcher_id=str(row["watcher_id"]),
        due_on=row["due_on"],
        is_confidential=row["is_confidential"],
        state=row["state"],
        agreed_at=row["agreed_at"],
        ended_at=row["ended_at"],
        version=row["version"],
    )


def save_review(
    tx: db.Tx, project: Project, *, meeting_id: str | None, words: str, by: str, at: datetime
) -> None:
    """Writes a look at a project and what it found."""
    queries.save_project(
        tx,
        project_id=project.project_id,
        state=project.state,
        ended_at=project.ended_at,
        version=project.version,
    )
    queries.add_project_review(
        tx,
        project_id=project.project_id,
        meeting_id=meeting_id,
        state=project.state,
        words=words,
        person_id=by,
        at=at,
    )


def view(tx: db.Tx, project_id: str, *, scopes: list[str], person_id: str, today: date) -> dict[str, Any]:
    """Raises NotFound."""
    row: dict[str, Any] | None = queries.project_view(
        tx, project_id=project_id, scopes=scopes, person_id=person_id, today=today
    )
    if row is None:
        raise errors.NotFound()
    return row


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    area: str | None,
    person_id: str,
    is_mine: bool,
    state: str | None,
    is_overdue: bool,
    today: date,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    after_on, after_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_projects(
        tx,
        scopes=scopes,
        area=area,
        person_id=person_id,
        is_mine=is_mine,
        state=state,
        overdue_on=today if is_overdue else None,
        today=today,
        after_on=after_on,
        after_id=after_id,
        most=most,
    )
    return rows
