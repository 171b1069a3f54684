"""Copies end right in whatever order and however often events come."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.bus import copies
from shared.bus.envelope import Received


def named(subject: str, sequence: int) -> Received[Any]:
    return Received(
        id=f"{subject}{sequence}",
        source="/yiwang/probe",
        type="t",
        subject=subject,
        sequence=sequence,
        time=datetime(2026, 11, 20, tzinfo=UTC),
        area="3701",
        traceparent=None,
        data=None,
    )


def test_only_the_newest_event_of_a_subject_counts() -> None:
    newest = copies.newest([named("b", 1), named("a", 2), named("a", 5), named("a", 3)])

    assert [(event.subject, event.sequence) for event in newest] == [("a", 5), ("b", 1)]


def test_an_event_older_than_or_equal_to_what_is_held_is_ignored() -> None:
    events = [named("a", 4), named("b", 4), named("c", 4), named("d", 1)]

    fresh = copies.fresh(events, {"a": 3, "b": 4, "c": 5})

    assert [event.subject for event in fresh] == ["a", "d"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20)), max_size=50), st.integers(1, 7))
def test_any_order_in_any_cuts_ends_with_the_highest(pairs: list[tuple[str, int]], size: int) -> None:
    held: dict[str, int] = {}
    for start in range(0, len(pairs), size):
        for event in copies.fresh([named(*pair) for pair in pairs[start : start + size]], held):
            held[event.subject] = event.sequence

    assert held == {s: max(n for t, n in pairs if t == s) for s, _ in pairs}
