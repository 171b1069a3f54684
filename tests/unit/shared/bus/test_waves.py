"""Waves: the n-th event of each subject stands in the n-th wave, grouped by handler."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.inbox import batch

HANDLERS = {"x": object(), "y": object(), "z": object()}


def item(subject: str, handler: str) -> Any:
    return SimpleNamespace(
        envelope=SimpleNamespace(key=("/yiwang/probe", subject)),
        subscription=SimpleNamespace(handler=HANDLERS[handler]),
    )


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("xyz")), max_size=60))
def test_order_within_a_subject_is_kept_and_no_list_has_a_subject_twice(pairs: list[tuple[str, str]]) -> None:
    items = [item(subject, handler) for subject, handler in pairs]

    waves = batch._waves(items)

    seen: list[Any] = []
    for wave in waves:
        in_wave = [one.envelope.key for group in wave.values() for one in group]
        assert len(in_wave) == len(set(in_wave))
        seen.extend(one for group in wave.values() for one in group)
    for subject in "abcde":
        key = ("/yiwang/probe", subject)
        assert [id(i) for i in seen if i.envelope.key == key] == [
            id(i) for i in items if i.envelope.key == key
        ]
    assert len(seen) == len(items)


def test_events_of_one_handler_come_together_in_a_wave() -> None:
    waves = batch._waves([item("a", "x"), item("b", "y"), item("c", "x"), item("a", "x")])

    assert [[len(group) for group in wave.values()] for wave in waves] == [[2, 1], [1]]
