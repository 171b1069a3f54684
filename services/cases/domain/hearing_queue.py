"""Who must check or call by when: hearings that are due, claimed by one person for a while, tried until they succeed.

A matter that is resolved opens a *check* (somebody goes and looks); one that passed its check opens a *call-back*.
Whoever reported it, or another one merged into it, is told the result: a *tell* for each, opened when the matter is
resolved or declined. Each exists once per run of the handling.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Literal

from services.cases.domain import errors
from services.cases.domain.case import By, Case, State
from shared.contracts.cases import Channel

# Whoever is called lives there; the same zone as `shared.clock.BEIJING`, which a domain may not import.
_LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")


class Kind(StrEnum):
    CHECK = "check"
    CALL_BACK = "call_back"
    TELL = "tell"


# Found by the force itself.
UNASKED: frozenset[Channel] = frozenset({"patrol", "department_round", "sensor"})
# Where people report without saying who they are, unless they do.
_ANONYMOUS: frozenset[Channel] = frozenset(
    {"suggestion_box", "open311", "hotline_12345", "hotline_12319", "community_desk"}
)
CheckOutcome = Literal["no_access", "nobody_there", "too_early_to_tell"]
CallOutcome = Literal["no_answer", "busy", "switched_off", "wrong_number", "refused"]
OUTCOMES: dict[Kind, tuple[str, ...]] = {
    Kind.CHECK: ("no_access", "nobody_there", "too_early_to_tell"),
    Kind.CALL_BACK: ("no_answer", "busy", "switched_off", "wrong_number", "refused"),
    Kind.TELL: ("no_answer", "busy", "switched_off", "wrong_number", "refused"),
}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a deployment checks and calls back; versioned, edited by an administrator."""

    version: int = 1
    # Fruitless calls after which a matter closes outside the satisfaction base.
    tries: int = 3
    hours_between_tries: int = 4
    # Residents are called from the one to the other, local time; never at night.
    call_from: time = time(8)
    call_until: time = time(21)
    # How long a claim keeps others away.
    claim_minutes: int = 30
    # Limits from the moment a hearing opens; dispatch's clock to call back goes before the second.
    check_hours: int = 24
    call_back_hours: int = 72
    tell_hours: int = 24
    # How long after closing a reporter may change the answer, and say that it is not settled after all.
    answer_days: int = 30
    refute_days: int = 15
    # Which figures are shown: 见面/办结/满意 or 响应/解决/满意.
    rate_set: Literal["three_rates", "hotline"] = "three_rates"
    # The farthest review date of a deferral and of the standing list.
    deferral_days: int = 30
    listing_days: int = 180


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """One check, call-back or telling that somebody must do."""

    hearing_id: str
    case_id: str
    run: int
    kind: Kind
    area: str
    is_open: bool
    due_at: datetime
    # Not to be tried before: the last try was short ago, or it is night.
    ready_at: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    # The matter a telling is about, where the reporter's own was merged into it.
    about_case_id: str | None = None

    def claimed_by_another(self, person_id: str | None, at: datetime) -> bool:
        return (
            self.claimed_by is not None
            and self.claimed_until is not None
            and self.claimed_until > at
            and self.claimed_by != person_id
        )


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One fruitless try."""

    number: int
    by: By
    at: datetime
    outcome: str
    words: str


def has_reporter(
    *, channel: Channel, reporter_id: str | None, has_caller: bool = False, has_number: bool = False
) -> bool:
    """Whether anybody who reported a matter can be told and asked.

    Args:
        has_caller: somebody is on record on whose behalf it was filed.
        has_number: it has the number of another system, which knows them.
    """
    if reporter_id is not None or has_caller:
        return True
    return channel not in UNASKED and (has_number or channel not in _ANONYMOUS)


def opened(case: Case, *, rules: Rules, at: datetime, new_id: Callable[[], str]) -> list[Hearing]:
    """The hearings a matter needs in its present state."""
    # The telling is there since the matter was resolved; where it is not, it is opened now.
    hours = {
        State.RESOLVED: {Kind.CHECK: rules.check_hours, Kind.TELL: rules.tell_hours},
        State.CHECKED: {Kind.CALL_BACK: rules.call_back_hours, Kind.TELL: rules.tell_hours},
        State.DECLINED: {Kind.TELL: rules.tell_hours},
    }.get(case.state, {})
    return [
        Hearing(
            hearing_id=new_id(),
            case_id=case.case_id,
            run=case.run,
            kind=kind,
            area=case.area,
            is_open=True,
            due_at=at + timedelta(hours=limit),
            ready_at=at if kind is Kind.CHECK else by_day(at, rules),
        )
        for kind, limit in hours.items()
        if kind is not Kind.TELL or case.has_reporter
    ]


def claim(hearing: Hearing, *, by: By, rules: Rules, at: datetime) -> Hearing:
    """One person takes it for a while. Claiming again what one holds prolongs the claim."""
    _require_open(hearing)
    require_free(hearing, by.person_id, at)
    if hearing.ready_at > at:
        raise errors.NotYetAgain(ready_at=hearing.ready_at.isoformat())
    return replace(
        hearing, claimed_by=by.person_id, claimed_until=at + timedelta(minutes=rules.claim_minutes)
    )


def release(hearing: Hearing, *, by: By, at: datetime) -> Hearing:
    """Whoever claimed it lets others have it; a supervisor may free anybody's."""
    _require_open(hearing)
    if by.role != "supervisor":
        require_free(hearing, by.person_id, at)
    return replace(hearing, claimed_by=None, claimed_until=None)


def attempt(
    hearing: Hearing, *, outcome: str, words: str, by: By, rules: Rules, at: datetime
) -> tuple[Hearing, Attempt]:
    """A fruitless try is noted and the next one put off, never into the night.

    Raises NotYetAgain for a try before its time: three calls in a minute are one.
    """
    _require_open(hearing)
    require_free(hearing, by.person_id, at)
    if outcome not in OUTCOMES[hearing.kind]:
        raise errors.UnknownOutcome(allowed=list(OUTCOMES[hearing.kind]))
    if hearing.ready_at > at:
        raise errors.NotYetAgain(ready_at=hearing.ready_at.isoformat())
    number = hearing.attempts + 1
    again = at + timedelta(hours=rules.hours_between_tries)
    tried = replace(
        hearing,
        attempts=number,
        ready_at=again if hearing.kind is Kind.CHECK else by_day(again, rules),
        claimed_by=None,
        claimed_until=None,
    )
    return tried, Attempt(number=number, by=by, at=at, outcome=outcome, words=words)


def require_free(hearing: Hearing, person_id: str | None, at: datetime) -> None:
    """Raises TakenByAnother while somebody else's claim lasts."""
    if hearing.claimed_by_another(person_id, at):
        raise errors.TakenByAnother()


def by_day(at: datetime, rules: Rules) -> datetime:
    """The moment itself, or the next morning's when people sleep (domain.md §3; reminders at night are a fault)."""
    local = at.astimezone(_LOCAL)
    if rules.call_from <= local.time() < rules.call_until:
        return at
    morning = datetime.combine(local.date(), rules.call_from, _LOCAL)
    if local.time() >= rules.call_until:
        morning += timedelta(days=1)
    return morning.astimezone(at.tzinfo)


def _require_open(hearing: Hearing) -> None:
    if not hearing.is_open:
        raise errors.HearingOver()
