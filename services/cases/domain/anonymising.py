"""Forgetting who reported a matter: the id goes from its timeline, the chain stays whole.

An entry's hash covers a reference to the person, so deleting id and salt changes no hash. Entries of before 0132 cover
the id itself: from the first of them that names the reporter the chain is linked anew, and the entry that says so keeps
the hash the chain had. A timeline that is not whole is not linked anew: that would hide what was done to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.cases.domain import audit, timeline
from services.cases.domain.case import PLATFORM, By, Case, Entry
from services.cases.domain.timeline import START, Stored
from shared.contracts.cases import ReporterAnonymised


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """A matter without its reporter."""

    case: Case
    # Entries there were, as they are now; only those that changed.
    rewritten: tuple[Stored, ...]
    # The entry that says so.
    added: Stored
    event: ReporterAnonymised


def forget(case: Case, entries: Sequence[Stored], *, at: datetime, salt: Callable[[], bytes]) -> Forgotten:
    """Takes the reporter from a matter that knows one.

    Args:
        entries: its whole timeline.
        salt: makes a fresh one each time.
    """
    assert case.reporter_id is not None
    head = audit.Head(
        case_id=case.case_id, length=case.timeline_length, hash=case.timeline_hash, is_anonymised=False
    )
    is_whole = not audit.damages(head, entries)
    linked = _linked(case, entries, salt) if is_whole else list(entries)
    nameless = [_without(one, case.reporter_id) for one in linked]
    detail = {"whole": is_whole}
    tail = case.timeline_hash
    if is_whole and linked and linked[-1].hash != case.timeline_hash:
        tail = linked[-1].hash
        detail |= {"former_hash": case.timeline_hash.hex()}  # type: ignore[dict-item]
    length = case.timeline_length + 1
    added = timeline.chained(
        tail,
        case.case_id,
        length,
        Entry(action="reporter_anonymised", by=PLATFORM, at=at, area=case.area, detail=detail),
        salt=salt(),
    )
    after = replace(
        case,
        reporter_id=None,
        version=case.version + 1,
        timeline_length=length,
        timeline_hash=added.hash,
    )
    return Forgotten(
        case=after,
        rewritten=tuple(now for now, was in zip(nameless, entries, strict=True) if now != was),
        added=added,
        event=ReporterAnonymised(case_id=case.case_id, area=case.area, anonymised_at=at),
    )


def _linked(case: Case, entries: Sequence[Stored], salt: Callable[[], bytes]) -> list[Stored]:
    """The timeline, linked anew from the first entry of before that names the reporter."""
    first = next(
        (at for at, one in enumerate(entries) if one.marks is None and _names(one, case.reporter_id)),
        len(entries),
    )
    made = list(entries[:first])
    for one in entries[first:]:
        before = made[-1].hash if made else START
        made.append(timeline.chained(before, case.case_id, one.position, one.entry, salt=one.salt or salt()))
    return made


def _without(one: Stored, person_id: str) -> Stored:
    if not _names(one, person_id):
        return one
    nobody = replace(one.entry, by=By(person_id=None, role=one.entry.by.role))
    return replace(one, entry=nobody, salt=None)


def _names(one: Stored, person_id: str | None) -> bool:
    return person_id is not None and one.entry.by.person_id == person_id
