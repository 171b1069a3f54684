"""The monthly table 月度排名 (domain.md §4): periods, scores, ranks, and the fingerprint of what went in.

Arithmetic is exact: shares are fractions, a score is rounded once, half up, to two decimals.
"""

import calendar
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.dispatch.domain import errors, indicators
from services.dispatch.domain.indicators import Indicator, Rules
from shared.contracts import dispatch

# Months are those of the people who read the table.
_BEIJING = timezone(timedelta(hours=8))
# Its rows are an organisation's matters, for the base it needs to be ranked.
BASE = "on_time"


# --- Months and periods ---


@dataclass(frozen=True, kw_only=True)
class Period:
    """What counts for a month: from `start` up to, not including, `end`."""

    month: str
    start: datetime
    end: datetime


def month_of(moment: datetime) -> str:
    """The calendar month of a moment in Beijing, `2026-11`."""
    return f"{moment.astimezone(_BEIJING):%Y-%m}"


def following(month: str) -> str:
    year, number = _numbers(month)
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def preceding(month: str) -> str:
    year, number = _numbers(month)
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def period(month: str, *, cut_off_day: int, previous_end: datetime | None = None) -> Period:
    """The period of a month: up to the end of its cut-off day, from where the month before ended.

    Args:
        cut_off_day: a day the month does not have means its last one.
        previous_end: where the period before really ended, so that a changed cut-off leaves no gap and no overlap.
    """
    start = previous_end or _end_of(preceding(month), cut_off_day)
    return Period(month=month, start=start, end=_end_of(month, cut_off_day))


def newest_ended(at: datetime, *, cut_off_day: int) -> str:
    """The newest month whose period is over at `at`."""
    month = month_of(at)
    while _end_of(month, cut_off_day) > at:
        month = preceding(month)
    return month


def freezes_at(*, end: datetime, drafted_at: datetime, appeal_days: int) -> datetime:
    """When the appeal window closes: so many whole days in Beijing after the period, or after a late draft."""
    first, drafted_on = _day(end), _day(drafted_at)
    if drafted_on > first:
        first = drafted_on + timedelta(days=1)
    return _midnight(first + timedelta(days=appeal_days))


# --- Scores and ranks ---


@dataclass(frozen=True, kw_only=True)
class Count:
    """What an indicator counted for an organisation: `numerator` of `denominator` rows (points, for assessments)."""

    numerator: int
    denominator: int
    # Of the rows it was counted from.
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One organisation in the table."""

    organisation_id: str
    name: str
    # Indicator → what was counted; an indicator without rows is absent.
    counts: Mapping[str, Count]
    # 0 to 100; None when nothing at all was counted.
    score: Decimal | None = None
    # None when there were too few matters to rank it.
    rank: int | None = None

    @property
    def matters(self) -> int:
        """The base: how many matters of it were on time or late."""
        base = self.counts.get(BASE)
        return base.denominator if base else 0


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """One month's table of an area, as computed last."""

    ranking_id: str
    area: str
    period: Period
    # A correction is the next version, and frozen at once.
    version: int
    rules: Rules
    # 0 are the delivered rules.
    rules_version: int
    appeals_until: datetime
    computed_at: datetime
    lines: tuple[Line, ...] = ()
    fingerprint: str = ""
    frozen_at: datetime | None = None
    reason: str | None = None
    by_person: str | None = None

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


def drafted(
    *,
    ranking_id: str,
    area: str,
    period: Period,
    rules: Rules,
    rules_version: int,
    at: datetime,
) -> Ranking:
    """A month's first table, still empty; its appeal window is open."""
    return Ranking(
        ranking_id=ranking_id,
        area=area,
        period=period,
        version=1,
        rules=rules,
        rules_version=rules_version,
        appeals_until=freezes_at(end=period.end, drafted_at=at, appeal_days=rules.appeal_days),
        computed_at=at,
    )


def computed(ranking: Ranking, lines: Iterable[Line], *, at: datetime) -> Ranking:
    """The table of what was counted. A frozen one is never computed again."""
    assert not ranking.is_frozen
    table = ranked(ranking.rules, lines)
    return replace(
        ranking,
        lines=table,
        fingerprint=fingerprint(ranking.rules, ranking.period, table),
        computed_at=at,
    )


def frozen(ranking: Ranking, *, at: datetime) -> tuple[Ranking, dispatch.RankingFrozen]:
    """The table is final, with the announcement of that."""
    done = replace(ranking, frozen_at=at)
    return done, dispatch.RankingFrozen(
        ranking_id=ranking.ranking_id,
        area=ranking.area,
        month=ranking.period.month,
        subject_kind=ranking.rules.kind,
        ranking_version=ranking.version,
        fingerprint=ranking.fingerprint,
    )


def correction(ranking: Ranking, *, ranking_id: str, reason: str, by_person: str, at: datetime) -> Ranking:
    """The next version of a frozen table, to be computed from what is known now. Raises NotFrozen."""
    if not ranking.is_frozen:
        raise errors.NotFrozen()
    return replace(
        ranking,
        ranking_id=ranking_id,
        version=ranking.version + 1,
        reason=reason,
        by_person=by_person,
        computed_at=at,
        lines=(),
        fingerprint="",
        frozen_at=None,
    )


def share(indicator: Indicator, count: Count) -> Fraction:
    """The share that earns the indicator's weight, 0 to 1; of a fault, what is left of the whole."""
    found = Fraction(count.numerator, count.denominator * indicator.most)
    return 1 - found if indicator.is_fault else found


def score(rules: Rules, counts: Mapping[str, Count]) -> Decimal | None:
    """The weighted mean of the indicators that have rows, of 100.

    Without rows an indicator's weight falls to the others: an organisation nobody assessed is neither
    punished nor rewarded for that.
    """
    parts = [
        (rules.weights.get(one.name, 0), share(one, counts[one.name]))
        for one in indicators.indicators(rules.kind)
        if one.name in counts and counts[one.name].denominator > 0
    ]
    whole = sum(weight for weight, _ in parts)
    if whole == 0:
        return None
    return rounded(100 * sum((weight * part for weight, part in parts), Fraction(0)) / whole)


def ranked(rules: Rules, lines: Iterable[Line]) -> tuple[Line, ...]:
    """The table: best first; equal scores share a rank and the next is skipped; too few matters come last."""
    scored = [replace(line, score=score(rules, line.counts), rank=None) for line in lines]
    able = [line for line in scored if line.score is not None and line.matters >= rules.least_matters]
    placed = [
        replace(line, rank=1 + sum(1 for other in able if _points(other) > _points(line))) for line in able
    ]
    rest = [line for line in scored if line not in able]
    return (
        *sorted(placed, key=lambda line: (line.rank or 0, line.organisation_id)),
        *sorted(rest, key=lambda line: line.organisation_id),
    )


def percent(indicator: Indicator, count: Count) -> Decimal | None:
    """What the indicator shows: the share as counted (of a fault: of what went wrong), in percent or points."""
    if count.denominator == 0:
        return None
    return rounded(Fraction(100 * count.numerator, count.denominator * indicator.most))


def rounded(value: Fraction) -> Decimal:
    """Half up to two decimals, exactly."""
    return Decimal(int(value * 100 + Fraction(1, 2))).scaleb(-2)


def fingerprint(rules: Rules, period: Period, lines: Iterable[Line]) -> str:
    """SHA-256 of all that decides the table: rules, period, organisations and the digests of every counted row."""
    table = tuple(lines)
    told: Sequence[Any] = [
        indicators.to_body(rules),
        [period.month, period.start.astimezone(UTC).isoformat(), period.end.astimezone(UTC).isoformat()],
        sorted(
            [line.organisation_id, name, count.numerator, count.denominator, count.digest]
            for line in table
            for name, count in line.counts.items()
        ),
        sorted(line.organisation_id for line in table),
    ]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _points(line: Line) -> Decimal:
    return line.score if line.score is not None else Decimal(-1)


def _numbers(month: str) -> tuple[int, int]:
    year, number = month.split("-")
    return int(year), int(number)


def _end_of(month: str, cut_off_day: int) -> datetime:
    year, number = _numbers(month)
    last = calendar.monthrange(year, number)[1]
    return _midnight(date(year, number, min(cut_off_day, last)) + timedelta(days=1))


def _day(moment: datetime) -> date:
    return moment.astimezone(_BEIJING).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _BEIJING).astimezone(UTC)
