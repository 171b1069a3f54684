"""Appeals against single rows of a month's table: an organisation objects, a supervisor decides, once each.

asked → rejected (the row counts)
      → upheld (it counts no longer: in a draft when that is computed next, in a frozen table as its next version)
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.dispatch.domain import errors
from services.dispatch.domain.indicators import Indicator, Kind
from shared.contracts.dispatch import AppealGround

# The listed grounds, as users call them.
GROUNDS: dict[AppealGround, str] = {
    "not_our_duty": "非本单位职责",
    "wrong_record": "记录有误",
    "beyond_control": "客观原因、不可抗力",
    "counted_twice": "重复计入",
}


class State(StrEnum):
    ASKED = "asked"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class Appeal:
    """An objection to one row of one figure."""

    appeal_id: str
    # The table as it stood then.
    ranking_id: str
    area: str
    kind: Kind
    month: str
    organisation_id: str
    indicator: str
    # The task or matter, and what it added.
    subject: str
    points: int
    ground: AppealGround
    words: str
    asked_by: str
    asked_at: datetime
    state: State = State.ASKED
    ruled_by: str | None = None
    ruled_at: datetime | None = None
    ruling_words: str | None = None
    version: int = 1


def check(
    indicator: Indicator, *, points: int, is_frozen: bool, appeals_until: datetime, at: datetime
) -> None:
    """Whether a row may be appealed against.

    Raises WindowClosed after the window, AssessmentByItself for rows that have an appeal of their own, and
    RowInFavour for one that counts for the organisation already.
    """
    if is_frozen or at >= appeals_until:
        raise errors.WindowClosed()
    if indicator.name == "assessed":
        raise errors.AssessmentByItself()
    if points == (0 if indicator.is_fault else indicator.most):
        raise errors.RowInFavour()


def rule(appeal: Appeal, *, upheld: bool, words: str, by_person: str, at: datetime) -> Appeal:
    """A supervisor decides, also after the month was frozen. Raises AppealDecided."""
    if appeal.state is not State.ASKED:
        raise errors.AppealDecided()
    return replace(
        appeal,
        state=State.UPHELD if upheld else State.REJECTED,
        ruled_by=by_person,
        ruled_at=at,
        ruling_words=words,
        version=appeal.version + 1,
    )
