"""How organisations stand: assessments, monthly tables, and supervision of an organisation after them."""

from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event

SupervisionGround = Literal["low_rank", "negative_attitude", "low_satisfaction", "long_run_low_rank"]


@event(publisher="dispatch", subject="proposal_id")
class JointSupervisionProposed(Event):
    """A frozen table suggests joint supervision of an organisation; a person decides, nothing follows by itself."""

    proposal_id: str
    ranking_id: str
    area: str
    organisation_id: str
    grounds: tuple[SupervisionGround, ...]


@event(publisher="dispatch", subject="supervision_id")
class JointSupervisionOpened(Event):
    """A person opened joint supervision 联合督办 of an organisation after a ranking."""

    supervision_id: str
    area: str
    organisation_id: str
    rectify_on: date


@event(publisher="dispatch", subject="supervision_id")
class JointSupervisionClosed(Event):
    """A person ended joint supervision of an organisation; `rectified` says whether what was asked was done."""

    supervision_id: str
    area: str
    organisation_id: str
    rectified: bool


@event(publisher="dispatch", subject="referral_id")
class OrganisationReferred(Event):
    """A person passed an organisation's long-run low ranks on, for interview 约谈 and notice 通报 (纪检 or 组织)."""

    referral_id: str
    area: str
    organisation_id: str
    passed_to: Literal["discipline", "organisation"]


@event(publisher="dispatch", subject="order_id")
class AssessmentGiven(Event):
    """A subdistrict assessed a department's response (一事一考), or corrected that: `score` of 100, numbered from 1."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    score: int
    negative: bool
    assessment_version: int


@event(publisher="dispatch", subject="order_id")
class AssessmentAppealed(Event):
    """A department objects to an assessment; a supervisor decides."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str


@event(publisher="dispatch", subject="order_id")
class AssessmentRuled(Event):
    """An appeal was decided: `score` is what counts now, None when the assessment is void."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    upheld: bool
    score: int | None


@event(publisher="dispatch", subject="ranking_id")
class RankingDrafted(Event):
    """A month's table is drafted; departments may appeal until `appeals_until`, then it is frozen."""

    ranking_id: str
    area: str
    month: str
    subject_kind: Literal["departments", "subdistricts"]
    appeals_until: datetime


@event(publisher="dispatch", subject="ranking_id", consumers=("cases",))
class RankingFrozen(Event):
    """A month's table is final. `fingerprint` is that of its inputs; a correction is a new version."""

    ranking_id: str
    area: str
    month: str
    subject_kind: Literal["departments", "subdistricts"]
    ranking_version: int
    fingerprint: str


AppealGround = Literal["not_our_duty", "wrong_record", "beyond_control", "counted_twice"]


@event(publisher="dispatch", subject="ranking_id")
class RankingAppealed(Event):
    """An organisation objects to one row of a figure of a month's table; a supervisor decides. The words are read from
    `dispatch`."""

    ranking_id: str
    appeal_id: str
    area: str
    month: str
    subject_kind: Literal["departments", "subdistricts"]
    organisation_id: str
    indicator: str
    ground: AppealGround


@event(publisher="dispatch", subject="ranking_id")
class RankingAppealRuled(Event):
    """An appeal against a row was decided; upheld, the table follows without it, a frozen one as its next version."""

    ranking_id: str
    appeal_id: str
    area: str
    month: str
    subject_kind: Literal["departments", "subdistricts"]
    organisation_id: str
    indicator: str
    upheld: bool
