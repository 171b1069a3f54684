"""What was done to a timeline behind the platform's back, told from what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.cases.domain.timeline import START, Stored


class Kind(StrEnum):
    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    # The matter says another length or end of its timeline than the timeline has.
    HEAD_MISMATCH = "head_mismatch"
    # Entries of a matter that is not there.
    CASE_DELETED = "case_deleted"


@dataclass(frozen=True, kw_only=True)
class Damage:
    kind: Kind
    # Of the entry, from 1; None for the matter itself.
    position: int | None = None
    # The columns that do not fit, where they can be told.
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a matter says of its timeline."""

    case_id: str
    length: int
    hash: bytes
    # Its reporter's id was deleted on purpose.
    is_anonymised: bool


def damages(head: Head, entries: Sequence[Stored]) -> list[Damage]:
    """Everything that does not fit, in the order of positions; nothing for a whole timeline.

    Args:
        entries: all that there are, by position.
    """
    found: list[Damage] = []
    # The hash the next entry must follow; None where the entry before it is gone.
    before: bytes | None = START
    expected, last = 1, 0
    for at, one in enumerate(entries):
        if one.position > expected:
            found += [
                Damage(kind=Kind.DELETED, position=missing) for missing in range(expected, one.position)
            ]
            before = None
        later = entries[at + 1] if at + 1 < len(entries) else None
        damage = _damage(head, one, before, later)
        if damage is not None:
            found.append(damage)
        expected = one.position + 1
        if damage is None or damage.kind is not Kind.INSERTED:
            last = one.position
        if damage is not None and damage.columns == ("hash",) and before is not None:
            # Only the hash itself was edited; what follows still follows what it was.
            before = one.rehashed(before, head.case_id)
        elif damage is None or damage.kind is not Kind.INSERTED:
            before = one.hash
    return found + _head_damages(head, last, before)


def _damage(head: Head, one: Stored, before: bytes | None, later: Stored | None) -> Damage | None:
    fits = before is not None and one.follows(before, head.case_id)
    edited = one.edited_columns
    if fits and edited:
        # The hash covers the columns as they are: only the marks beside it were edited.
        edited = ("marks",)
    if not one.person_fits or (one.is_anonymous and not head.is_anonymised):
        edited = (*edited, "person_id") if "person_id" not in edited else edited
    if edited:
        return Damage(kind=Kind.EDITED, position=one.position, columns=edited)
    if fits or before is None:
        return None
    return _misfit(head, one, before, later)


def _misfit(head: Head, one: Stored, before: bytes, later: Stored | None) -> Damage:
    """What happened to an entry whose hash does not follow, told by what would make the next one follow."""
    if one.position > head.length:
        return Damage(kind=Kind.INSERTED, position=one.position)
    rehashed = one.rehashed(before, head.case_id)
    if later is None:
        is_only_hash = one.position == head.length and rehashed == head.hash
        return Damage(kind=Kind.EDITED, position=one.position, columns=("hash",) if is_only_hash else ())
    if later.follows(rehashed, head.case_id):
        return Damage(kind=Kind.EDITED, position=one.position, columns=("hash",))
    if later.follows(before, head.case_id, position=one.position):
        # Entries behind an inserted one were moved up.
        return Damage(kind=Kind.INSERTED, position=one.position)
    if later.follows(one.hash, head.case_id, position=later.position + 1):
        # Entries behind a deleted one were moved down.
        return Damage(kind=Kind.DELETED, position=one.position)
    return Damage(kind=Kind.EDITED, position=one.position)


def _head_damages(head: Head, last: int, end: bytes | None) -> list[Damage]:
    if last < head.length:
        # The matter's own hash may be that of the last entry there is: then its length was edited.
        if end == head.hash:
            return [Damage(kind=Kind.HEAD_MISMATCH, columns=("timeline_length",))]
        return [Damage(kind=Kind.DELETED, position=gone) for gone in range(last + 1, head.length + 1)]
    if last > head.length:
        if end == head.hash:
            return [Damage(kind=Kind.HEAD_MISMATCH, columns=("timeline_length",))]
        return [Damage(kind=Kind.INSERTED, position=added) for added in range(head.length + 1, last + 1)]
    if end is not None and end != head.hash:
        return [Damage(kind=Kind.HEAD_MISMATCH, columns=("timeline_hash",))]
    return []
