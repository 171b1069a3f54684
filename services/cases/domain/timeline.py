"""The hash chain of a timeline: whoever changes or removes an entry breaks every later one.

Each entry's hash covers the hash before it, the matter, the position and a digest of each column. Of the person
it covers a reference, SHA-256 over a salt of the entry's own and the person's id: once id and salt are deleted (the
reporter is anonymised), the chain still fits and nobody can tell who it was. The first four bytes of each
column's digest are kept beside the entry as its marks, so that an edited column can be named.

Entries of before 0132 have neither: their hash covers the columns as they stood (`link`). They fit as they did.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from services.cases.domain.case import Entry

# What the first entry of every timeline follows.
START = bytes(32)
SALT_BYTES = 16
# The columns an entry's hash covers, in the order of their marks.
COLUMNS = ("action", "person_id", "role", "at", "area", "detail")
_MARK_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An entry as it stands in the database."""

    position: int
    entry: Entry
    hash: bytes
    salt: bytes | None = None
    person_ref: bytes | None = None
    # None for an entry of before 0132.
    marks: bytes | None = None

    @property
    def is_anonymous(self) -> bool:
        """True where a person acted whose id was deleted."""
        return self.person_ref is not None and self.entry.by.person_id is None and self.salt is None

    def follows(self, before: bytes, case_id: str, *, position: int | None = None) -> bool:
        """True when its hash is that of this entry after `before` (at another position than its own, if given)."""
        return self.hash == self.rehashed(before, case_id, position=position)

    def rehashed(self, before: bytes, case_id: str, *, position: int | None = None) -> bytes:
        at = self.position if position is None else position
        if self.marks is None:
            return link(before, case_id, at, self.entry)
        return _hash(before, case_id, at, _digests(self.entry, self.person_ref))

    @property
    def edited_columns(self) -> tuple[str, ...]:
        """The columns that no longer fit their marks; always none for an entry of before 0132."""
        if self.marks is None:
            return ()
        now = _digests(self.entry, self.person_ref)
        return tuple(name for name in COLUMNS if now[name][:_MARK_BYTES] != self._mark(name))

    @property
    def person_fits(self) -> bool:
        """True when the id is the one the reference stands for, or there is none to compare."""
        person_id = self.entry.by.person_id
        if self.marks is None:
            return True
        if person_id is None or self.salt is None:
            return person_id is None and self.salt is None
        return self.person_ref == reference(person_id, self.salt)

    def _mark(self, column: str) -> bytes:
        assert self.marks is not None
        start = COLUMNS.index(column) * _MARK_BYTES
        return self.marks[start : start + _MARK_BYTES]


def chained(before: bytes, case_id: str, position: int, entry: Entry, *, salt: bytes) -> Stored:
    """An entry put at the end of a chain; `salt` is SALT_BYTES of chance."""
    person_id = entry.by.person_id
    person_ref = None if person_id is None else reference(person_id, salt)
    digests = _digests(entry, person_ref)
    return Stored(
        position=position,
        entry=entry,
        hash=_hash(before, case_id, position, digests),
        salt=None if person_id is None else salt,
        person_ref=person_ref,
        marks=b"".join(digests[name][:_MARK_BYTES] for name in COLUMNS),
    )


def reference(person_id: str, salt: bytes) -> bytes:
    """What stands for a person in the chain."""
    return hashlib.sha256(salt + person_id.encode()).digest()


def link(before: bytes, case_id: str, position: int, entry: Entry) -> bytes:
    """The hash of an entry of before 0132 at a position (from 1), given the hash before it (32 bytes)."""
    content = _json(
        [
            case_id,
            position,
            entry.action,
            entry.by.person_id,
            entry.by.role,
            _moment(entry),
            entry.area,
            entry.detail,
        ]
    )
    return hashlib.sha256(before + content).digest()


def _hash(before: bytes, case_id: str, position: int, digests: Mapping[str, bytes]) -> bytes:
    place = _json([case_id, position])
    return hashlib.sha256(before + place + b"".join(digests[name] for name in COLUMNS)).digest()


def _digests(entry: Entry, person_ref: bytes | None) -> dict[str, bytes]:
    values = {
        "action": entry.action,
        "person_id": None if person_ref is None else person_ref.hex(),
        "role": entry.by.role,
        "at": _moment(entry),
        "area": entry.area,
        "detail": entry.detail,
    }
    return {name: hashlib.sha256(_json(value)).digest() for name, value in values.items()}


def _moment(entry: Entry) -> str:
    return entry.at.astimezone(UTC).isoformat(timespec="microseconds")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
