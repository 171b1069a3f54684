"""Rows of photos and documents."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.cases.domain import errors as domain_errors
from services.cases.domain.attachments import Attachment, Evidence, Held
from services.cases.domain.media import Kind
from services.cases.store.sql import queries
from shared import db, errors


def held(tx: db.Tx, case_id: str) -> Held:
    """How much a matter has attached; the caller holds its lock."""
    return Held(**queries.attachments_held(tx, case_id=case_id))


def insert(tx: db.Tx, attachment: Attachment) -> None:
    columns = {name: value for name, value in vars(attachment).items() if not name.startswith("remov")}
    queries.insert_attachment(tx, **columns)


def of_case(tx: db.Tx, case_id: str) -> list[Attachment]:
    """Everything ever attached to a matter, what was removed too."""
    return [_attachment_of(row) for row in queries.attachments_of(tx, case_id=case_id)]


def find(tx: db.Tx, case_id: str, attachment_id: str) -> Attachment:
    """One attachment of a matter. Raises NotFound."""
    row = queries.attachment(tx, attachment_id=attachment_id)
    if row is None or str(row["case_id"]) != case_id:
        raise errors.NotFound()
    return _attachment_of(row)


def photo(tx: db.Tx, attachment_id: str) -> Attachment | None:
    """A photo that was not removed."""
    row = queries.attachment(tx, attachment_id=attachment_id)
    found = _attachment_of(row) if row else None
    return found if found and found.kind is Kind.PHOTO and found.removed_at is None else None


def sent_before(tx: db.Tx, case_id: str, attachment_id: str, *, by: str) -> Attachment | None:
    """What this caller attached under this id before. Raises AlreadyExists when the id is somebody else's."""
    row = queries.attachment(tx, attachment_id=attachment_id)
    if row is None:
        return None
    if str(row["case_id"]) != case_id or str(row["attached_by"]) != by:
        raise db.AlreadyExists()
    return _attachment_of(row)


def remove(tx: db.Tx, attachment: Attachment) -> None:
    queries.remove_attachment(
        tx,
        attachment_id=attachment.attachment_id,
        removed_at=attachment.removed_at,
        removed_by=attachment.removed_by,
        removal_reason=attachment.removal_reason,
    )


def evidence(tx: db.Tx, case_id: str, attachment_ids: Iterable[Any]) -> Evidence:
    """What a step's timeline entry keeps of the attachments it names. Raises UnknownAttachment."""
    wanted = [str(attachment_id) for attachment_id in attachment_ids]
    if not wanted:
        return ()
    there = {one.attachment_id: one for one in of_case(tx, case_id) if one.removed_at is None}
    unknown = [attachment_id for attachment_id in wanted if attachment_id not in there]
    if unknown:
        raise domain_errors.UnknownAttachment(attachments=unknown)
    return tuple({"attachment_id": one, "sha256": there[one].sha256.hex()} for one in dict.fromkeys(wanted))


def to_erase(tx: db.Tx, *, most: int) -> list[tuple[str, str, Kind]]:
    """(id, key, kind) of removed attachments whose files are still there; locked."""
    rows = queries.attachments_to_erase(tx, most=most)
    return [(str(row["attachment_id"]), row["stored_as"], Kind(row["kind"])) for row in rows]


def erased(tx: db.Tx, attachment_ids: Sequence[str]) -> None:
    queries.attachments_erased(tx, attachment_ids=attachment_ids)


def known(tx: db.Tx, keys: Sequence[str]) -> frozenset[str]:
    """Which of these files belong to an attachment."""
    return frozenset(row["stored_as"] for row in queries.known_files(tx, keys=keys))


def swept_through(tx: db.Tx, *, unless_begun: date) -> date | None:
    """The last day whose files were compared with the rows; None while another worker is at it."""
    queries.begin_sweeps(tx, swept_through=unless_begun)
    day: date | None = queries.swept_through(tx)
    return day


def set_swept_through(tx: db.Tx, day: date) -> None:
    queries.set_swept_through(tx, swept_through=day)


def _attachment_of(row: dict[str, Any]) -> Attachment:
    return Attachment(
        **{
            **row,
            "attachment_id": str(row["attachment_id"]),
            "case_id": str(row["case_id"]),
            "kind": Kind(row["kind"]),
            "sha256": bytes(row["sha256"]),
            "received_sha256": bytes(row["received_sha256"]),
            "attached_by": _text(row["attached_by"]),
            "removed_by": _text(row["removed_by"]),
        }
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
