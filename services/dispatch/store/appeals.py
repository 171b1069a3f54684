"""Appeals against rows of tables, as rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import errors as domain_errors
from services.dispatch.domain.appeal import Appeal, State
from services.dispatch.domain.indicators import Indicator
from services.dispatch.store.sql import queries
from shared import auth, db, errors


def reach(actor: auth.Actor) -> dict[str, Any]:
    """Whose appeals the caller may read: supervisors by area, responders and callers their organisation's."""
    return {
        "scopes": actor.scopes if actor.has(auth.Role.SUPERVISOR) else [],
        "department": actor.department if actor.has(auth.Role.RESPONDER) else None,
        "streets": actor.scopes if actor.has(auth.Role.CALLER) else [],
    }


def hold(tx: db.Tx, ranking_id: str) -> Mapping[str, Any]:
    """The window of a table, which is neither computed nor frozen meanwhile: is_frozen, appeals_until, at."""
    row: Mapping[str, Any] = queries.hold_ranking(tx, ranking_id=ranking_id)
    return row


def points_of(tx: db.Tx, ranking_id: str, *, organisation_id: str, indicator: Indicator, subject: str) -> int:
    """What a row adds to a figure; of several about the same matter the least favourable. Raises NotFound."""
    row = queries.row_of_figure(
        tx,
        ranking_id=ranking_id,
        organisation_id=organisation_id,
        indicator=indicator.name,
        subject=subject,
    )
    if row is None:
        raise errors.NotFound()
    return int(row["most"] if indicator.is_fault else row["least"])


def add(tx: db.Tx, appeal: Appeal) -> None:
    """Raises RowAppealedAlready."""
    columns = {name: value for name, value in vars(appeal).items() if name in _ASKED}
    with db.translating({"ranking_appeals_once_key": domain_errors.RowAppealedAlready}):
        queries.insert_ranking_appeal(tx, **columns)


def lock(tx: db.Tx, appeal_id: str, scopes: list[str]) -> tuple[Appeal, datetime]:
    """An appeal about a table of these areas, locked, and the moment after the lock. Raises NotFound."""
    row = queries.lock_ranking_appeal(tx, appeal_id=appeal_id, scopes=scopes)
    if row is None:
        raise errors.NotFound()
    return _of_row(row), row["at"]


def save(tx: db.Tx, appeal: Appeal) -> None:
    """What a ruling changed."""
    queries.save_ranking_appeal(
        tx,
        appeal_id=appeal.appeal_id,
        state=appeal.state,
        ruled_by=appeal.ruled_by,
        ruled_at=appeal.ruled_at,
        ruling_words=appeal.ruling_words,
        version=appeal.version,
    )


def view(tx: db.Tx, appeal_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An appeal the caller may read. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_ranking_appeal(tx, appeal_id=appeal_id, **reach(actor))
    if row is None:
        raise errors.NotFound()
    return row


def listed(tx: db.Tx, actor: auth.Actor, **filters: Any) -> list[dict[str, Any]]:
    """Appeals the caller may read, newest first."""
    rows: list[dict[str, Any]] = queries.list_ranking_appeals(tx, **reach(actor), **filters)
    return rows


_ASKED = frozenset(Appeal.__dataclass_fields__) - {"state", "ruled_by", "ruled_at", "ruling_words", "version"}


def _of_row(row: Mapping[str, Any]) -> Appeal:
    return Appeal(
        appeal_id=str(row["appeal_id"]),
        ranking_id=str(row["ranking_id"]),
        area=row["area"],
        kind=row["kind"],
        month=row["month"],
        organisation_id=row["organisation_id"],
        indicator=row["indicator"],
        subject=str(row["subject"]),
        points=row["points"],
        ground=row["ground"],
        words=row["words"],
        asked_by=str(row["asked_by"]),
        asked_at=row["asked_at"],
        state=State(row["state"]),
        ruled_by=None if row["ruled_by"] is None else str(row["ruled_by"]),
        ruled_at=row["ruled_at"],
        ruling_words=row["ruling_words"],
        version=row["version"],
    )
