"""Photos and documents of a matter: how many there may be, and what the timeline keeps as evidence."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.cases.domain import errors
from services.cases.domain.case import DONE, OPEN, By, Case, Change, Entry
from services.cases.domain.media import Kind

MOST_PER_CASE = 40
MOST_BYTES_PER_CASE = 200 * 1024 * 1024
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class Attachment:
    attachment_id: str
    case_id: str
    kind: Kind
    media_type: str
    # As its sender calls it; empty where they do not.
    name: str
    size_bytes: int
    width: int | None
    height: int | None
    # Of the file as it is kept, and as it came: a photo loses the camera's notes in between.
    sha256: bytes
    received_sha256: bytes
    # Its key in the store of files; the small one of a photo has `.small` behind it.
    stored_as: str
    attached_by: str | None
    attached_as: str
    attached_at: datetime
    removed_at: datetime | None = None
    removed_by: str | None = None
    removal_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a matter has attached already, without what was removed."""

    count: int
    size_bytes: int


def require_room(held: Held) -> None:
    """Raises EnoughAttached where not even the smallest file has room; asked before one is looked at and written."""
    if held.count >= MOST_PER_CASE or held.size_bytes >= MOST_BYTES_PER_CASE:
        raise errors.EnoughAttached(most=MOST_PER_CASE, most_bytes=MOST_BYTES_PER_CASE)


# What a step's timeline entry keeps of an attachment it names: its id and hash.
Evidence = tuple[dict[str, str], ...]


def attach(case: Case, attachment: Attachment, *, held: Held, by: By) -> Change:
    """A photo or document is added while the matter is under way. Raises NotInThisState, EnoughAttached.

    The matter's version stays: what is decided about it does not depend on one more photo, and a phone that sends
    three must not make everybody else's step stale.
    """
    if case.state not in OPEN | DONE:
        raise errors.NotInThisState(state=case.state)
    size_bytes = held.size_bytes + attachment.size_bytes
    if held.count >= MOST_PER_CASE or size_bytes > MOST_BYTES_PER_CASE:
        raise errors.EnoughAttached(most=MOST_PER_CASE, most_bytes=MOST_BYTES_PER_CASE)
    detail = {
        "attachment_id": attachment.attachment_id,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256.hex(),
        "received_sha256": attachment.received_sha256.hex(),
    }
    entry = Entry(action="attached", by=by, at=attachment.attached_at, area=case.area, detail=detail)
    return Change(case=case, entries=(entry,), events=())


def remove(
    case: Case, attachment: Attachment, *, reason: str, decides: bool, by: By, at: datetime
) -> tuple[Attachment, Change]:
    """It is taken away for good, with a reason; the timeline keeps that it was there and what it was.

    Args:
        decides: the caller decides for the matter's area. Others may remove only what they attached.
    """
    if not decides and attachment.attached_by != by.person_id:
        raise errors.NotYourAttachment()
    detail = {
        "attachment_id": attachment.attachment_id,
        "sha256": attachment.sha256.hex(),
        "reason": reason,
    }
    entry = Entry(action="attachment_removed", by=by, at=at, area=case.area, detail=detail)
    removed = replace(attachment, removed_at=at, removed_by=by.person_id, removal_reason=reason)
    return removed, Change(case=case, entries=(entry,), events=())
