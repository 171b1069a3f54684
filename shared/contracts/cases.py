"""What `cases` announces: every step of a matter (domain.md §3). Words, photos and people's data stay in `cases`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event

Channel = Literal[
    "resident",
    "wechat_group",
    "patrol",
    "visit",
    "department_round",
    "direct_line",
    "hotline_12345",
    "hotline_12319",
    "community_desk",
    "suggestion_box",
    "residents_meeting",
    "sensor",
    "open311",
    "other_system",
]
CaseLevel = Literal["grid", "community", "subdistrict", "district"]
ScopeClass = Literal["general", "regional", "overall", "major"]
Mechanism = Literal["general", "coordination", "emergency", "approval"]
Urgency = Literal["ordinary", "urgent", "emergency"]
WhistleKind = Literal["grid_calls_offices", "grid_calls_members", "subdistrict_calls_departments"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A point on the map, WGS 84 degrees."""

    longitude: float
    latitude: float


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseReported(Event):
    """A matter was filed, has a number and was located to the grid `area`.

    `reporter_id` is absent for confidential and anonymous reporters.
    """

    case_id: str
    area: str
    number: str
    category: str
    channel: Channel
    urgency: Urgency
    sla_class: str
    place: Place
    reported_at: datetime
    reporter_id: str | None = None


@event(publisher="cases", subject="case_id", consumers=("dispatch", "points"))
class CaseTriaged(Event):
    """The matter was taken on: it is valid, classed, and somebody handles it."""

    case_id: str
    area: str
    category: str
    level: CaseLevel
    scope_class: ScopeClass
    mechanism: Mechanism
    urgency: Urgency
    triaged_at: datetime
    reporter_id: str | None = None
    # What its limits are chosen by; absent, it is as reported.
    sla_class: str | None = None


@event(publisher="cases", subject="case_id")
class CaseEscalated(Event):
    """The matter climbed, with a reason on its timeline."""

    case_id: str
    area: str
    from_level: CaseLevel
    to_level: CaseLevel


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseWhistled(Event):
    """Departments must come; the first of `departments` leads.

    `order_id` is the id of the whistle and of the order it opens.
    """

    case_id: str
    area: str
    order_id: str
    kind: WhistleKind
    departments: tuple[str, ...]
    category: str
    sla_class: str
    urgency: Urgency
    place: Place
    caller_id: str
    whistled_at: datetime


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


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseResolved(Event):
    """Handling is done. `orders`: because every order finished; `hand`: a person said so, which closes open orders."""

    case_id: str
    area: str
    resolved_by: Literal["orders", "hand"]
    resolved_at: datetime


@event(publisher="cases", subject="case_id")
class CaseChecked(Event):
    """Somebody verified the result on site. A failed check is followed by `CaseReworked`."""

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
    """The grid lead told the resident the result 告知."""

    case_id: str
    area: str
    told_at: datetime


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseReworked(Event):
    """The result did not hold: handling starts again and counts as rework 返工. `run` numbers the handling from 1."""

    case_id: str
    area: str
    run: int
    reason: Literal["check_failed", "not_settled", "unhappy", "refuted"]


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseClosed(Event):
    """The loop is closed; nothing more happens to the matter."""

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

    `granted`: the matter is outside the department's base of that month, and stays visible. Refused, it counts.
    """

    case_id: str
    area: str
    department_id: str
    month: str
    granted: bool
    decided_at: datetime


@event(publisher="cases", subject="case_id")
class CaseStalled(Event):
    """The matter stands still for longer than it may, since a moment: nothing happened in its `state`, dispatch did not
    open an order, a department did not answer, or nobody is assigned to its grid."""

    case_id: str
    area: str
    state: str
    reason: Literal["no_progress", "order_not_opened", "task_not_answered", "nobody_assigned"]
    since: datetime


@event(publisher="cases", subject="case_id")
class ReporterAnonymised(Event):
    """Who reported the matter is forgotten; whoever keeps the reporter with the case forgets too."""

    case_id: str
    area: str
    anonymised_at: datetime


DeclineGround = Literal[
    "court",
    "arbitration_or_review",
    "petition_channel",
    "state_secret",
    "emergency_line",
    "outside_area",
    "not_a_matter",
]


@event(publisher="cases", subject="case_id", consumers=("dispatch", "points"))
class CaseDeclined(Event):
    """The matter is not taken on, on a listed ground."""

    case_id: str
    area: str
    ground: DeclineGround


@event(publisher="cases", subject="case_id", consumers=("dispatch", "points"))
class CaseMerged(Event):
    """The matter is handled within another one; its reporter is answered there."""

    case_id: str
    area: str
    into_case_id: str


@event(publisher="cases", subject="case_id", consumers=("dispatch", "points"))
class CaseWithdrawn(Event):
    """The reporter took it back."""

    case_id: str
    area: str


@event(publisher="cases", subject="category")
class CatalogueChanged(Event):
    """A matter of the catalogue has a new version. `area` is the area the catalogue serves."""

    category: str
    area: str
    catalogue_version: int
    sla_class: str
    main_department_kind: str | None
    active: bool


@event(publisher="cases", subject="notice_id")
class NoticePublished(Event):
    """A matter of general concern stands on the notice board 民情告示栏 of its area; `cases` has its words."""

    notice_id: str
    area: str
    published_at: datetime
    case_id: str | None = None


@event(publisher="cases", subject="notice_id")
class NoticeProgressed(Event):
    """The notice says how far its matter is."""

    notice_id: str
    area: str
    progressed_at: datetime


@event(publisher="cases", subject="notice_id")
class NoticeEnded(Event):
    """The notice was taken from the board."""

    notice_id: str
    area: str
    ended_at: datetime


ServiceMode = Literal["at_home", "by_appointment", "on_behalf", "off_hours", "bundled"]


@event(publisher="cases", subject="appointment_id")
class AppointmentAsked(Event):
    """A resident asks for a service in one of the five modes 上门、预约、代办、错时、打包."""

    appointment_id: str
    area: str
    mode: ServiceMode
    asked_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentMade(Event):
    """A worker comes at a time; a later one of the same appointment replaces it."""

    appointment_id: str
    area: str
    mode: ServiceMode
    worker_id: str
    starts_at: datetime
    ends_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentKept(Event):
    """The service was given."""

    appointment_id: str
    area: str
    mode: ServiceMode
    kept_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentMissed(Event):
    """One side did not come; another time may be appointed."""

    appointment_id: str
    area: str
    by: Literal["worker", "resident"]
    missed_at: datetime


@event(publisher="cases", subject="appointment_id")
class AppointmentCancelled(Event):
    """The service is not given."""

    appointment_id: str
    area: str
    cancelled_at: datetime


MeetingKind = Literal["residents", "workers", "public_concerns", "four_parties"]
ProjectState = Literal["planned", "doing", "done", "dropped"]


@event(publisher="cases", subject="meeting_id")
class MeetingPlanned(Event):
    """A meeting 居民问需会、例会、民情分析会、四方议事 is to take place; its agenda is read from `cases`."""

    meeting_id: str
    area: str
    kind: MeetingKind
    starts_at: datetime


@event(publisher="cases", subject="meeting_id")
class MeetingHeld(Event):
    """The meeting took place with so many people; its minutes are read from `cases`."""

    meeting_id: str
    area: str
    kind: MeetingKind
    attended: int
    residents_present: int
    held_at: datetime


@event(publisher="cases", subject="meeting_id")
class MeetingCancelled(Event):
    """The meeting does not take place."""

    meeting_id: str
    area: str
    kind: MeetingKind


@event(publisher="cases", subject="project_id")
class ProjectAgreed(Event):
    """A meeting put something on its project service list 项目服务清单, with who does it and who watches."""

    project_id: str
    area: str
    meeting_id: str
    owner_id: str
    watcher_id: str
    due_on: date


@event(publisher="cases", subject="project_id")
class ProjectReviewed(Event):
    """Somebody, or a meeting where `meeting_id` is given, looked how far the project is."""

    project_id: str
    area: str
    state: ProjectState
    reviewed_at: datetime
    meeting_id: str | None = None


@event(publisher="cases", subject="dispute_id")
class DisputeOpened(Event):
    """A dispute of a matter is mediated 矛盾调处 at one desk with these departments. Who the parties are is sealed."""

    dispute_id: str
    case_id: str
    area: str
    departments: tuple[str, ...]
    opened_at: datetime


@event(publisher="cases", subject="dispute_id")
class MediationHeld(Event):
    """A session of the mediation took place, in a room or online."""

    dispute_id: str
    case_id: str
    area: str
    session_id: str
    is_online: bool
    held_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeSettled(Event):
    """The parties agreed; the agreement is to be performed by a day."""

    dispute_id: str
    case_id: str
    area: str
    perform_by: date
    settled_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeFailed(Event):
    """Mediation came to nothing; the matter climbs, and departments may be whistled."""

    dispute_id: str
    case_id: str
    area: str
    failed_at: datetime


@event(publisher="cases", subject="dispute_id")
class DisputeWithdrawn(Event):
    """The parties want no mediation any more."""

    dispute_id: str
    case_id: str
    area: str
    withdrawn_at: datetime
