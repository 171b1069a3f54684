"""Rows of Open311: jurisdictions, keys, questions, and which matters a caller may see by it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.cases.domain import open311 as domain
from services.cases.domain.case import State
from services.cases.domain.open311 import Jurisdiction, Key, Question
from services.cases.store.sql import queries
from shared import db


def jurisdiction(tx: db.Tx, jurisdiction_id: str | None) -> Jurisdiction:
    """The jurisdiction asked for, or the one served where none is. Raises JurisdictionUnknown, JurisdictionMissing."""
    if jurisdiction_id is None:
        return _served_unasked(queries.usual_jurisdictions(tx))
    row = queries.jurisdiction(tx, jurisdiction_id=jurisdiction_id)
    if row is None:
        raise domain.JurisdictionUnknown(jurisdiction_id=jurisdiction_id)
    return _jurisdiction_of(row)


def _served_unasked(rows: Sequence[Mapping[str, Any]]) -> Jurisdiction:
    """The default one, the only one, or, where none was set up, the whole deployment."""
    if not rows:
        return Jurisdiction()
    if len(rows) > 1 and not rows[0]["is_default"]:
        raise domain.JurisdictionMissing()
    return _jurisdiction_of(rows[0])


def key(tx: db.Tx, api_key: str | None) -> Key | None:
    """Whose key it is; None where there is none. Raises KeyInvalid."""
    if api_key is None:
        return None
    row = queries.api_key(tx, key_hash=hashed(api_key))
    if row is None:
        raise domain.KeyInvalid()
    return Key(**{**row, "key_id": str(row["key_id"]), "areas": tuple(row["areas"])})


def hashed(api_key: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(api_key.encode()).digest()


def questions(tx: db.Tx, category: str) -> list[Question]:
    """What is asked of whoever reports a matter."""
    return [domain.question_of(row) for row in queries.questions_of(tx, category=category) or []]


def set_questions(tx: db.Tx, category: str, asked: Sequence[Mapping[str, Any]], *, by: str) -> None:
    queries.set_questions(
        tx, category=category, questions=json.dumps(asked, ensure_ascii=False), changed_by=by
    )


def found(
    tx: db.Tx,
    served: Jurisdiction,
    caller: Key | None,
    *,
    categories: Sequence[str],
    states: Sequence[State] | None,
    since: datetime,
    until: datetime,
    updated_after: datetime | None,
    updated_before: datetime | None,
    most: int,
    skipped: int,
) -> list[dict[str, Any]]:
    """Requests this caller may see, newest first."""
    published = [row["code"] for row in queries.open311_published(tx, themes=list(served.published_themes))]
    rows = queries.open311_found(
        tx,
        area=served.area,
        key_id=caller.key_id if caller else None,
        anonymous_id=served.anonymous_id,
        published=[code for code in published if not categories or code in categories],
        categories=list(categories) or None,
        states=list(states) if states is not None else None,
        since=since,
        until=until,
        updated_after=updated_after,
        updated_before=updated_before,
        most=most,
        skipped=skipped,
    )
    return _detailed(tx, rows, caller)


def named(
    tx: db.Tx, served: Jurisdiction, caller: Key | None, numbers: Sequence[str]
) -> list[dict[str, Any]]:
    """Requests this caller may see of those named by their numbers."""
    rows = queries.open311_named(tx, **_seen(served, caller), numbers=list(numbers))
    return _detailed(tx, rows, caller)


def number_of(tx: db.Tx, served: Jurisdiction, caller: Key | None, case_id: str) -> str:
    """The number of a request by the id of its case. Raises RequestUnknown."""
    number: str | None = queries.open311_by_token(tx, **_seen(served, caller), case_id=case_id)
    if number is None:
        raise domain.RequestUnknown()
    return number


def insert(
    tx: db.Tx,
    case_id: str,
    *,
    key_id: str,
    filed_at: datetime,
    media_url: str | None,
    answers: Mapping[str, Sequence[str]],
) -> None:
    queries.insert_open311_request(
        tx,
        case_id=case_id,
        key_id=key_id,
        filed_at=filed_at,
        media_url=media_url,
        answers=json.dumps(answers, ensure_ascii=False),
    )


def counted(tx: db.Tx, who: str) -> int:
    """Counts a report of somebody in this minute; answers how many there were with it."""
    count: int = queries.count_use(tx, who=who)
    return count


def _seen(served: Jurisdiction, caller: Key | None) -> dict[str, Any]:
    return {
        "area": served.area,
        "key_id": caller.key_id if caller else None,
        "anonymous_id": served.anonymous_id,
        "themes": list(served.published_themes),
    }


def _detailed(tx: db.Tx, rows: Sequence[Mapping[str, Any]], caller: Key | None) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = queries.open311_details(
        tx, case_ids=[row["case_id"] for row in rows], key_id=caller.key_id if caller else None
    )
    return details


def _jurisdiction_of(row: Mapping[str, Any]) -> Jurisdiction:
    return Jurisdiction(
        jurisdiction_id=row["jurisdiction_id"],
        area=row["area"],
        name=row["name"],
        contact=row["contact"],
        takes_anonymous=row["takes_anonymous"],
        shows_details=row["shows_details"],
        published_themes=tuple(row["published_themes"]),
        anonymous_id=str(row["anonymous_id"]),
    )
