"""How fast somebody may ask."""

from __future__ import annotations

from shared.http.network import Pace


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    pace = Pace(per_second=2, at_once=3)

    assert [pace.allows("a", now=100.0) for _ in range(4)] == [True, True, True, False]
    assert [pace.allows("a", now=100.5) for _ in range(2)] == [True, False]
    assert [pace.allows("a", now=200.0) for _ in range(4)] == [True, True, True, False]


def test_one_who_asks_too_fast_does_not_slow_the_others() -> None:
    pace = Pace(per_second=1, at_once=1)

    assert pace.allows("a", now=1.0)
    assert not pace.allows("a", now=1.0)
    assert pace.allows("b", now=1.0)
