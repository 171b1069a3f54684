"""The hash chain of a matter's timeline: whoever changes or removes an entry breaks every later one."""

import hashlib
import json
from datetime import UTC

from services.cases.domain.case import Entry

# What the first entry of every timeline follows.
START = bytes(32)


def link(before: bytes, case_id: str, position: int, entry: Entry) -> bytes:
    """The hash of an entry at a position (from 1), given the hash of the entry before it (32 bytes)."""
    content = json.dumps(
        [
            case_id,
            position,
            entry.action,
            entry.by.person_id,
            entry.by.role,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.area,
            entry.detail,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(before + content.encode()).digest()
