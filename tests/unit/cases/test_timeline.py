"""The hash chain of a timeline: any later edit shows."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from services.cases.domain import timeline
from services.cases.domain.case import By, Entry

AT = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
ENTRY = Entry(
    action="resolved",
    by=By(person_id="019f0000-0000-7000-8000-00000000000a", role="grid_worker"),
    at=AT,
    area="370102007003001",
    detail={"words": "已整改", "resolved_by": "hand"},
)
LINK = timeline.link(timeline.START, "case-1", 1, ENTRY)


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "closed"},
        {"by": By(person_id=None, role="grid_worker")},
        {"by": By(person_id="019f0000-0000-7000-8000-00000000000a", role="grid_lead")},
        {"at": AT + timedelta(microseconds=1)},
        {"area": "370102007003002"},
        {"detail": {"words": "已整改。", "resolved_by": "hand"}},
        {"detail": {"words": "已整改"}},
    ],
)
def test_an_edit_of_any_part_changes_the_hash(changes: dict[str, Any]) -> None:
    assert timeline.link(timeline.START, "case-1", 1, dataclasses.replace(ENTRY, **changes)) != LINK


def test_the_hash_holds_the_matter_the_position_and_what_came_before() -> None:
    moved = {
        timeline.link(timeline.START, "case-2", 1, ENTRY),
        timeline.link(timeline.START, "case-1", 2, ENTRY),
        timeline.link(LINK, "case-1", 1, ENTRY),
    }

    assert len(moved | {LINK}) == 4


def test_the_hash_is_the_same_however_the_moment_and_the_detail_are_written() -> None:
    same = dataclasses.replace(
        ENTRY,
        at=AT.astimezone(timezone(timedelta(hours=8))),
        detail=dict(reversed(ENTRY.detail.items())),
    )

    assert timeline.link(timeline.START, "case-1", 1, same) == LINK
