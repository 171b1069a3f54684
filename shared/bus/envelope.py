"""Events on the wire: CloudEvents 1.0, JSON structured mode."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from shared import areas, clock, errors
from shared.contracts.base import Event

CONTENT_TYPE = "application/cloudevents+json"
# Zero-padded so that it also sorts as text.
_SEQUENCE_DIGITS = 20
_LONGEST_ATTRIBUTE = 300
_LARGEST_SEQUENCE = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

E = TypeVar("E", bound=Event)


class Undecodable(errors.Malformed):
    """The bytes are not an event in a CloudEvents 1.0 envelope."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """An event whose data nobody has looked at yet."""

    id: str
    # `/yiwang/<service>`
    source: str
    type: str
    subject: str
    # Numbers the events of a subject one by one, also those that this reader does not get.
    sequence: int
    time: datetime
    area: str
    traceparent: str | None
    data: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """What order is kept within."""
        return (self.source, self.subject)


@dataclass(frozen=True, kw_only=True)
class Received(Generic[E]):
    """An event as a handler gets it."""

    id: str
    source: str
    type: str
    subject: str
    sequence: int
    time: datetime
    area: str
    traceparent: str | None
    data: E


def source(service: str) -> str:
    return f"/yiwang/{service}"


def encode(row: Mapping[str, Any], *, service: str) -> bytes:
    """The envelope of an outbox row whose `data` is JSON text; that is copied, not read."""
    attributes = {
        "specversion": "1.0",
        "id": str(row["id"]),
        "source": source(service),
        "type": row["type"],
        "subject": row["subject"],
        "time": clock.rfc3339(row["time"]),
        "datacontenttype": "application/json",
        "dataschema": f"urn:yiwang:event:{row['type'].removeprefix('yiwang.')}",
        "sequence": str(row["sequence"]).zfill(_SEQUENCE_DIGITS),
        "area": row["area"],
    }
    if row["traceparent"]:
        attributes["traceparent"] = row["traceparent"]
    opening = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))[:-1]
    return f'{opening},"data":{row["data"]}}}'.encode()


def decode(body: bytes) -> Envelope:
    """Reads an envelope. Raises Undecodable, whatever the bytes are."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"not JSON: {type(error).__name__}") from error
    if not isinstance(read, dict):
        raise Undecodable("not a JSON object")
    if read.get("specversion") != "1.0":
        raise Undecodable("specversion is not 1.0")
    data = read.get("data")
    if not isinstance(data, dict):
        raise Undecodable("data is not a JSON object")
    return Envelope(
        id=_id(read),
        source=_text(read, "source"),
        type=_text(read, "type"),
        subject=_text(read, "subject"),
        sequence=_sequence(read),
        time=_time(read),
        area=_area(read),
        traceparent=_text(read, "traceparent") if read.get("traceparent") else None,
        data=data,
    )


def received(envelope: Envelope, contract: type[E]) -> Received[E]:
    """The envelope with its data read as the contract says. Raises contracts.EventInvalid."""
    return Received(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        sequence=envelope.sequence,
        time=envelope.time,
        area=envelope.area,
        traceparent=envelope.traceparent,
        data=contract.from_data(envelope.data),
    )


def _text(read: Mapping[str, Any], name: str) -> str:
    value = read.get(name)
    if not isinstance(value, str) or not value:
        raise Undecodable(f"{name} is missing")
    # PostgreSQL stores no NUL and no half of a surrogate pair; CloudEvents allows no control characters.
    if len(value) > _LONGEST_ATTRIBUTE or _CONTROL.search(value):
        raise Undecodable(f"{name} is too long or has control characters")
    return value


def _id(read: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(_text(read, "id")))
    except ValueError as error:
        raise Undecodable("id is not a UUID") from error


def _sequence(read: Mapping[str, Any]) -> int:
    text = _text(read, "sequence")
    if not (text.isascii() and text.isdigit() and len(text) <= _SEQUENCE_DIGITS):
        raise Undecodable("sequence is not a number")
    number = int(text)
    if not 0 < number <= _LARGEST_SEQUENCE:
        raise Undecodable("sequence is out of range")
    return number


def _time(read: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(read, "time"))
    except ValueError as error:
        raise Undecodable("time is not RFC 3339") from error
    if moment.tzinfo is None:
        raise Undecodable("time has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Undecodable("time is out of range") from error


def _area(read: Mapping[str, Any]) -> str:
    code = _text(read, "area")
    if not areas.is_code(code):
        raise Undecodable("area is not an area code")
    return code
