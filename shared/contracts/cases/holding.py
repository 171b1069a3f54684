"""Matters put off: deferral and the standing list."""

from datetime import date
from typing import Literal

from shared.contracts.base import Event, event


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseDeferred(Event):
    """Handling is put off with an approver until a review date; the finish clock pauses."""

    case_id: str
    area: str
    review_on: date


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseListed(Event):
    """The matter is on the standing list 挂账: not solvable now, verified, reviewed on a date."""

    case_id: str
    area: str
    review_on: date


Hold = Literal["deferred", "listed"]


@event(publisher="cases", subject="case_id")
class CaseHoldAsked(Event):
    """Somebody asks to defer the matter or to put it on the standing list; its clocks run on until it is decided."""

    case_id: str
    area: str
    hold: Hold
    review_on: date


@event(publisher="cases", subject="case_id")
class CaseHoldRefused(Event):
    """The request was refused; the matter is handled on."""

    case_id: str
    area: str
    hold: Hold


@event(publisher="cases", subject="case_id")
class CaseHoldRenewed(Event):
    """A review renewed the deferral or the place on the standing list until another review date."""

    case_id: str
    area: str
    hold: Hold
    review_on: date
    renewals: int


@event(publisher="cases", subject="case_id")
class CaseReviewMissed(Event):
    """A matter on the standing list went past its review date without a review; it heads the review queue."""

    case_id: str
    area: str
    review_on: date


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseResumed(Event):
    """A deferred or listed matter is handled again; its clocks run on."""

    case_id: str
    area: str
