"""What follows the handling: check, call-back, rework, closing, removal from a base, forgetting."""

from datetime import datetime
from typing import Literal

from shared.contracts.base import Event, event


@event(publisher="cases", subject="case_id")
class CaseChecked(Event):
    """Somebody verified the result on site.

    A failed check is followed by `CaseReworked`, a passed one of a matter nobody reported by `CaseClosed`.
    """

    case_id: str
    area: str
    passed: bool
    checked_at: datetime


Satisfaction = Literal["very_satisfied", "satisfied", "neutral", "unhappy", "very_unhappy"]


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseCalledBack(Event):
    """The reporter was asked, or could not be reached. The three rates 三率 are counted from these.

    `is_change`: the reporter answers otherwise after closing. The answer takes the place of the earlier one of the
    same matter, so that it counts once.
    """

    case_id: str
    area: str
    reached: bool
    met: bool | None
    settled: bool | None
    satisfaction: Satisfaction | None
    called_back_at: datetime
    run: int | None = None
    is_change: bool = False


@event(publisher="cases", subject="case_id")
class CaseResultTold(Event):
    """The grid lead told the resident the result 告知; of a merged matter that of the one it went into."""

    case_id: str
    area: str
    told_at: datetime


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseReworked(Event):
    """The result did not hold: handling starts again and counts as rework 返工. `run` numbers the handling from 1.

    A matter that was closed already is open again.
    """

    case_id: str
    area: str
    run: int
    reason: Literal["check_failed", "not_settled", "unhappy", "refuted"]


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseClosed(Event):
    """The loop is closed. `CaseReworked` may follow where the reporter refutes the result within the days for that."""

    case_id: str
    area: str
    closed_at: datetime


RemovalGround = Literal[
    "unreasonable_demand",
    "beyond_law_or_policy",
    "malicious_or_repeated",
    "wrong_department",
    "reporter_withdrew_the_answer",
    "force_majeure",
]


@event(publisher="cases", subject="case_id")
class CaseRemovalAsked(Event):
    """A department asks that the matter be left out of its base 剔除 for a month (`2026-11`), on a listed ground."""

    case_id: str
    area: str
    department_id: str
    month: str
    ground: RemovalGround


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseRemovedFromBase(Event):
    """The hotline office decided such a request before the month's freeze.

    `granted`: the matter is outside the department's base of that month, and stays visible. Refused, it counts. But for
    `wrong_department` the ground is about the matter itself, which is then outside the base of its area too.
    """

    case_id: str
    area: str
    department_id: str
    month: str
    granted: bool
    decided_at: datetime
    ground: RemovalGround | None = None


@event(publisher="cases", subject="case_id", consumers=("points",))
class ReporterAnonymised(Event):
    """Who reported the matter is forgotten; whoever keeps the reporter with the case forgets too."""

    case_id: str
    area: str
    anonymised_at: datetime
