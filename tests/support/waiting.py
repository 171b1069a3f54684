"""Waiting for a condition instead of sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.02


def eventually(question: Callable[[], T], *, within_seconds: float = 10.0, what: str = "") -> T:
    """Asks until the answer is true, and returns it; fails the test after the deadline.

    An AssertionError raised by the question counts as "not yet" and is what the test fails with in the end.
    """
    end = time.monotonic() + within_seconds
    while True:
        refusal: AssertionError | None = None
        answer: T | None = None
        try:
            answer = question()
        except AssertionError as error:
            refusal = error
        if refusal is None and answer:
            return answer
        if time.monotonic() > end:
            if refusal is not None:
                raise refusal
            raise AssertionError(
                f"{what or 'the condition'}: not within {within_seconds:.0f} s, last answer {answer!r}"
            )
        time.sleep(PAUSE_SECONDS)
