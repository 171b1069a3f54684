"""The notice board: rows and values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.cases.domain.notices import Notice
from services.cases.store.sql import queries
from shared import areas, db, errors


@dataclass(frozen=True, kw_only=True)
class Held:
    """A notice, locked, with what its matter's reporter wrote and the moment after the lock."""

    notice: Notice
    case_words: str
    at: datetime


def add(tx: db.Tx, notice: Notice) -> None:
    columns = asdict(notice)
    for later in ("published_at", "ended_at", "is_hidden", "version"):
        del columns[later]
    queries.add_notice(tx, **columns)


def lock(tx: db.Tx, notice_id: str, *, scopes: list[str]) -> Held:
    """Raises NotFound outside these areas."""
    row: Mapping[str, Any] | None = queries.lock_notice(tx, notice_id=notice_id, scopes=scopes)
    if row is None:
        raise errors.NotFound()
    notice = Notice(
        notice_id=str(row["notice_id"]),
        area=row["area"],
        title=row["title"],
        words=row["words"],
        state=row["state"],
        case_id=None if row["case_id"] is None else str(row["case_id"]),
        written_by=str(row["written_by"]),
        written_at=row["written_at"],
        published_at=row["published_at"],
        ended_at=row["ended_at"],
        is_hidden=row["is_hidden"],
        version=row["version"],
    )
    return Held(notice=notice, case_words=row["case_words"], at=row["at"])


def save(tx: db.Tx, notice: Notice) -> None:
    queries.save_notice(
        tx,
        notice_id=notice.notice_id,
        title=notice.title,
        words=notice.words,
        state=notice.state,
        published_at=notice.published_at,
        ended_at=notice.ended_at,
        is_hidden=notice.is_hidden,
        version=notice.version,
    )


def add_progress(tx: db.Tx, notice_id: str, *, words: str, by: str, at: datetime) -> None:
    queries.add_notice_progress(tx, notice_id=notice_id, words=words, written_by=by, at=at)


def view(tx: db.Tx, notice_id: str, *, scopes: list[str]) -> dict[str, Any]:
    """Raises NotFound for a draft of another area."""
    row: dict[str, Any] | None = queries.notice_view(tx, notice_id=notice_id, scopes=scopes)
    if row is None:
        raise errors.NotFound()
    return row


def board(
    tx: db.Tx, *, area: str, is_ended: bool, before: Sequence[Any] | None, most: int
) -> list[dict[str, Any]]:
    """What stands, or stood, on the board of an area, newest first."""
    before_at, before_id = before or (None, None)
    around: list[str] = []
    while (wider := areas.parent(around[-1] if around else area)) is not None:
        around.append(wider)
    rows: list[dict[str, Any]] = queries.board(
        tx, area=area, around=around, is_ended=is_ended, before_at=before_at, before_id=before_id, most=most
    )
    return rows


def listed(
    tx: db.Tx, *, scopes: list[str], state: str | None, after: Sequence[Any] | None, most: int
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_notices(
        tx, scopes=scopes, state=state, after_at=after_at, after_id=after_id, most=most
    )
    return rows
