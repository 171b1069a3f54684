"""Rules that earn points, versioned, capped per person and day, once per cause (domain.md §6, S2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

# A day of a cap is a day in Beijing.
_BEIJING = timezone(timedelta(hours=8))
MOST_MINUTES = 24 * 60


class Basis(StrEnum):
    """What a rule's points are counted by."""

    CAUSE = "cause"
    # Each full hour served; the minutes beyond count in proportion, rounded down.
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One version of a rule of a scheme. A change is a new version; what an old one earned stays."""

    scheme_id: str
    # `matter_accepted`, `activity_attended`, `service_given`, `discussion_joined`, …
    code: str
    version: int
    name: str
    points: int
    basis: Basis
    # The most a person earns by this rule in a day; None for no cap.
    daily_cap: int | None
    active: bool
    valid_from: datetime


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Something happened that a rule may reward. `cause` names it: `case:<id>`, `participation:<id>`, …"""

    rule: str
    cause: str
    person_id: str
    occurred_at: datetime
    minutes: int | None = None
    # Who says that it happened, where somebody does: whom a service was given to, who took a matter on.
    vouched_by: str | None = None

    @property
    def day(self) -> date:
        return self.occurred_at.astimezone(_BEIJING).date()


@dataclass(frozen=True, kw_only=True)
class Award:
    """What a claim earns; nothing where the day's cap is used up or the own household vouches for it.

    The cause is spent all the same.
    """

    claim: Claim
    rule_version: int
    points: int


# Points already earned by (rule, person, day).
Earned = Mapping[tuple[str, str, date], int]


def in_force(versions: Iterable[Rule], at: datetime) -> Rule | None:
    """The version of one rule that holds at a moment, or None when none does or it is switched off."""
    begun = [rule for rule in versions if rule.valid_from <= at]
    latest = max(begun, key=lambda rule: rule.version, default=None)
    return latest if latest is not None and latest.active else None


def worth(rule: Rule, minutes: int | None) -> int:
    """What a cause is worth before any cap."""
    if rule.basis is Basis.CAUSE:
        return rule.points
    return rule.points * min(minutes or 0, MOST_MINUTES) // 60


def is_self_dealing(claim: Claim, homes: Mapping[str, str]) -> bool:
    """Whether the own household vouches for it: it would pay itself. `homes` is person → household."""
    if claim.vouched_by is None:
        return False
    home = homes.get(claim.person_id)
    return claim.vouched_by == claim.person_id or (home is not None and homes.get(claim.vouched_by) == home)


def decide(
    claims: Sequence[Claim],
    rules: Mapping[str, Sequence[Rule]],
    earned: Earned,
    homes: Mapping[str, str] = MappingProxyType({}),
) -> list[Award]:
    """What claims of households of one scheme earn, in order; a claim no rule rewards is left out.

    Args:
        rules: the versions of each rule of the scheme, by code.
        earned: what these persons have earned on these days, without what was reversed.
        homes: the household of each person, of those who vouch too. Nobody earns on the word of the own one.
    """
    so_far = dict(earned)
    awards = []
    for claim in claims:
        rule = in_force(rules.get(claim.rule, ()), claim.occurred_at)
        if rule is None:
            continue
        key = (claim.rule, claim.person_id, claim.day)
        points = 0 if is_self_dealing(claim, homes) else worth(rule, claim.minutes)
        if rule.daily_cap is not None:
            points = max(0, min(points, rule.daily_cap - so_far.get(key, 0)))
        so_far[key] = so_far.get(key, 0) + points
        awards.append(Award(claim=claim, rule_version=rule.version, points=points))
    return awards
