"""Matters merged into another one 合并办理: their reporters are answered there, and may say that it is not settled."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from services.cases.domain import errors, hearing
from services.cases.domain.case import By, Case, Change, State, change


def refute(
    merged: Case, target: Case, *, words: str, refute_days: int, by: By, at: datetime
) -> tuple[Change, Callable[[Case], Change]]:
    """The reporter of a merged matter says that the one it went into is not settled; that one is handled again.

    Answers what is said of their own, and the step of the other. What they say stays with their own matter: whoever
    reported the other reads its timeline and must not know them.
    """
    if merged.state is not State.MERGED:
        raise errors.NotInThisState(state=merged.state, allowed=[State.MERGED])
    said = change(merged, "refuted", by, at, detail={"words": words, "into": target.number})
    nobody = By(person_id=None, role=by.role)
    told = f"并案事项 {merged.number}"
    return said, partial(hearing.refute, words=told, refute_days=refute_days, by=nobody, at=at)
