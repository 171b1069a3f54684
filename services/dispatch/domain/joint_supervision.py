"""The ladder of organisations (S2): proposed by the system after a month's table, every step taken by a person.

    proposed → joint supervision 联合督办 (rectification date, progress, closed) or dismissed
             → long-run low ranks: passed to 纪检 or 组织 for interview 约谈 and notice 通报

Nothing here fires by itself: a proposal that nobody takes up stays a proposal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from services.dispatch.domain import errors
from services.dispatch.domain.indicators import Rules
from services.dispatch.domain.ranking import Line

Ground = Literal["low_rank", "negative_attitude", "low_satisfaction", "long_run_low_rank"]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Why the system thinks that an organisation needs joint supervision."""

    organisation_id: str
    grounds: tuple[Ground, ...]


def propose(
    rules: Rules,
    lines: Sequence[Line],
    *,
    negative: Mapping[str, int],
    low_before: Sequence[Iterable[str]],
) -> tuple[Proposal, ...]:
    """What a frozen table suggests, in the order of the table.

    Args:
        negative: organisation → assessments of the month with a negative attitude.
        low_before: who was among the low ranks in earlier months, the newest first.
    """
    low = low_ranked(rules, lines)
    earlier = [set(some) for some in low_before]
    found = []
    for line in lines:
        grounds: list[Ground] = []
        if line.organisation_id in low:
            grounds.append("low_rank")
            if len(_run(line.organisation_id, earlier)) + 1 >= rules.long_run_months:
                grounds.append("long_run_low_rank")
        if negative.get(line.organisation_id, 0) >= rules.negative_attitudes:
            grounds.append("negative_attitude")
        if _is_disliked(rules, line):
            grounds.append("low_satisfaction")
        if grounds:
            found.append(Proposal(organisation_id=line.organisation_id, grounds=tuple(grounds)))
    return tuple(found)


def low_ranked(rules: Rules, lines: Iterable[Line]) -> frozenset[str]:
    """The last so many of those ranked, with all who share their place; whoever shares the first is never low."""
    ranked = [(line.organisation_id, line.rank) for line in lines if line.rank is not None]
    return frozenset(
        organisation
        for organisation, rank in ranked
        if rank > 1 and sum(1 for _, other in ranked if other > rank) < rules.low_ranks
    )


def _run(organisation_id: str, earlier: Sequence[set[str]]) -> list[set[str]]:
    """The earlier months without a gap in which it was low."""
    run: list[set[str]] = []
    for some in earlier:
        if organisation_id not in some:
            break
        run.append(some)
    return run


def _is_disliked(rules: Rules, line: Line) -> bool:
    count = line.counts.get("satisfied")
    if count is None or count.denominator < max(1, rules.least_matters):
        return False
    return Fraction(count.numerator, count.denominator) * 100 < rules.low_satisfaction_percent


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class JointSupervision:
    """An organisation under joint supervision, opened by a person."""

    supervision_id: str
    proposal_id: str
    ranking_id: str
    area: str
    organisation_id: str
    words: str
    rectify_on: date
    state: State = State.OPEN
    closing_words: str | None = None
    is_rectified: bool | None = None
    version: int = 1


def open_on(today: date, *, rectify_on: date) -> None:
    """Raises RectifyLater unless there is at least a day for it."""
    if rectify_on <= today:
        raise errors.RectifyLater()


def progress(supervision: JointSupervision, *, rectify_on: date | None) -> JointSupervision:
    """Somebody reports how it goes; a supervisor may move the date. Raises SupervisionClosed."""
    if supervision.state is not State.OPEN:
        raise errors.SupervisionClosed()
    return replace(
        supervision, rectify_on=rectify_on or supervision.rectify_on, version=supervision.version + 1
    )


def close(supervision: JointSupervision, *, is_rectified: bool, words: str) -> JointSupervision:
    """A supervisor ends it. Raises SupervisionClosed."""
    if supervision.state is not State.OPEN:
        raise errors.SupervisionClosed()
    return replace(
        supervision,
        state=State.CLOSED,
        is_rectified=is_rectified,
        closing_words=words,
        version=supervision.version + 1,
    )
