"""Meetings with their agenda and people: rows and values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from services.cases.domain.meetings import Item, Meeting
from services.cases.store.sql import queries
from shared import db, errors, ids

# How many points of each source the agenda takes at once.
MOST_BUILT = 50
# What nobody decided in so long is brought anew by whoever still wants it.
OLDEST_TOPIC = timedelta(days=100)
_LATER = ("residents_present", "minutes", "ended_at", "version")


def add(tx: db.Tx, meeting: Meeting) -> None:
    queries.add_meeting(tx, **{name: value for name, value in asdict(meeting).items() if name not in _LATER})


def lock(tx: db.Tx, meeting_id: str, *, scopes: list[str]) -> tuple[Meeting, datetime]:
    """Raises NotFound outside these areas."""
    row = queries.lock_meeting(tx, meeting_id=meeting_id, scopes=scopes)
    if row is None:
        raise errors.NotFound()
    columns = {name: value for name, value in row.items() if name != "at"}
    return Meeting(
        **{**columns, "meeting_id": str(row["meeting_id"]), "chair_id": str(row["chair_id"])}
    ), row["at"]


def save(tx: db.Tx, meeting: Meeting) -> None:
    queries.save_meeting(
        tx,
        meeting_id=meeting.meeting_id,
        state=meeting.state,
        residents_present=meeting.residents_present,
        minutes=meeting.minutes,
        ended_at=meeting.ended_at,
        version=meeting.version,
    )


def view(tx: db.Tx, meeting_id: str, *, scopes: list[str], person_id: str) -> dict[str, Any]:
    """A meeting with its people and its agenda; confidential points for those who were called. Raises NotFound."""
    row = header(tx, meeting_id, scopes=scopes, person_id=person_id)
    return {
        **row,
        "people": queries.people_of(tx, meeting_id=meeting_id),
        "items": queries.items_of(tx, meeting_id=meeting_id, is_mine=row["is_mine"]),
    }


def header(tx: db.Tx, meeting_id: str, *, scopes: list[str], person_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    row: dict[str, Any] | None = queries.get_meeting(
        tx, meeting_id=meeting_id, scopes=scopes, person_id=person_id
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
    kind: str | None,
    state: str | None,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_meetings(
        tx,
        scopes=scopes,
        area=area,
        person_id=person_id,
        kind=kind,
        state=state,
        after_at=after_at,
        after_id=after_id,
        most=most,
    )
    return rows


def set_people(tx: db.Tx, meeting_id: str, people: Iterable[Mapping[str, Any]]) -> None:
    """Who is called or came, in place of what was said before."""
    queries.clear_people(tx, meeting_id=meeting_id)
    queries.add_people(
        tx,
        meeting_id=meeting_id,
        people=json.dumps(
            [{**one, "person_id": str(one["person_id"])} for one in people], ensure_ascii=False
        ),
    )


def people_of(tx: db.Tx, meeting_id: str) -> frozenset[str]:
    """Who is called or came."""
    return frozenset(str(row["person_id"]) for row in queries.people_of(tx, meeting_id=meeting_id))


def attended(tx: db.Tx, meeting_id: str) -> int:
    count: int = queries.attended(tx, meeting_id=meeting_id)
    return count


def build_agenda(tx: db.Tx, meeting: Meeting, *, person_id: str) -> None:
    """Adds what is open in the area and not on the agenda yet, as this person may know it.

    The caller holds the meeting."""
    queries.build_agenda(
        tx,
        meeting_id=meeting.meeting_id,
        kind=meeting.kind,
        area=meeting.area,
        person_id=person_id,
        topics_since=meeting.starts_at - OLDEST_TOPIC,
        newest=MOST_BUILT,
    )


def add_topic(tx: db.Tx, meeting_id: str, *, title: str, words: str, is_confidential: bool) -> None:
    queries.add_topic(
        tx,
        item_id=ids.new(),
        meeting_id=meeting_id,
        title=title,
        words=words,
        is_confidential=is_confidential,
    )


def lock_item(tx: db.Tx, meeting_id: str, item_id: str, *, is_mine: bool) -> Item:
    """A point of the agenda; the caller holds the meeting. Raises NotFound, for confidential ones of others too."""
    row = queries.lock_item(tx, meeting_id=meeting_id, item_id=item_id)
    if row is None or (row["is_confidential"] and not is_mine):
        raise errors.NotFound()
    return Item(
        item_id=str(row["item_id"]),
        meeting_id=str(row["meeting_id"]),
        source=row["source"],
        is_confidential=row["is_confidential"],
        case_id=_text(row["case_id"]),
        reviewed_id=_text(row["reviewed_id"]),
        decision=row["decision"],
        project_id=_text(row["project_id"]),
    )


def save_item(tx: db.Tx, item: Item) -> None:
    queries.save_item(
        tx,
        item_id=item.item_id,
        case_id=item.case_id,
        decision=item.decision,
        project_id=item.project_id,
    )


def has_secrets(tx: db.Tx, meeting_id: str) -> bool:
    """Whether a confidential point is on the agenda."""
    return bool(queries.has_secrets(tx, meeting_id=meeting_id))


def unreviewed(tx: db.Tx, meeting_id: str) -> int:
    """Points of earlier projects nobody has looked at in this meeting."""
    count: int = queries.unreviewed(tx, meeting_id=meeting_id)
    return count


def held(
    tx: db.Tx, *, scopes: list[str], kind: str, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Each community with how many meetings of a kind it planned and held."""
    rows: list[dict[str, Any]] = queries.meetings_held(tx, scopes=scopes, kind=kind, since=since, until=until)
    return rows


def concerns(tx: db.Tx, *, area: str, before: datetime, since: datetime, until: datetime) -> dict[str, Any]:
    """What residents raised in an area in a time, and in the time before it."""
    row: dict[str, Any] = queries.concerns(tx, area=area, before=before, since=since, until=until)
    return row


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
