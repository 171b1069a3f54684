"""What `dispatch` announces: orders, tasks, clocks, supervision, ratings, rankings (domain.md §4).

All events of an order and its tasks carry the order as subject, so `order_finished` cannot overtake
`task_finished`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event
from shared.contracts.cases import Place, WhistleKind

ClockName = Literal["sign", "arrive", "finish", "call_back", "elapsed"]


@dataclass(frozen=True, kw_only=True)
class TaskCalled:
    task_id: str
    department_id: str
    is_main: bool


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class OrderOpened(Event):
    """A whistle was blown and heard: one task per department called."""

    order_id: str
    case_id: str
    area: str
    kind: WhistleKind
    tasks: tuple[TaskCalled, ...]
    opened_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskSent(Event):
    """A department has a task to sign for."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    is_main: bool
    sent_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskSigned(Event):
    """The department answers for the task from now on (签收)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    signed_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskAssigned(Event):
    """The department named its handler 承办人 (二次派单)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    handler_id: str


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskArrived(Event):
    """The department's people are on site (到场)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    place: Place
    arrived_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskReplied(Event):
    """The handler replied; `reviewed` says that the department approved it. The words are read from `dispatch`."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    reviewed: bool
    replied_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskReplySentBack(Event):
    """The department did not approve its handler's reply; `times` counts how often for this task."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    times: int


@event(publisher="dispatch", subject="order_id")
class TaskPassedOn(Event):
    """Nobody signed in time: the task went to the next in line of the duty roster. `position` counts from 2."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    position: int
    person_id: str
    passed_on_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskFinished(Event):
    """The department's part is done (办结)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    finished_at: datetime


ReturnGround = Literal["not_our_duty", "outside_our_area", "needs_other_main", "duplicate_order"]


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskReturned(Event):
    """The department asks to give the task back (退单) on a listed ground; a supervisor decides. Its clocks run on."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    ground: ReturnGround


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskRedirected(Event):
    """A return was decided: upheld moves the task to another department, rejected gives it back."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    from_department_id: str
    to_department_id: str
    upheld: bool


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class OrderFinished(Event):
    """Every task of the order is finished."""

    order_id: str
    case_id: str
    area: str
    finished_at: datetime


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockSet(Event):
    """A limit runs until `due_at`; a later set of the same clock replaces it (a higher `run` is a new limit).

    `owner_id` is the order, or the case for the clocks of a case nobody whistled. `provisional` says that
    the working calendar of the due date is not published yet.
    """

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    due_at: datetime
    provisional: bool
    task_id: str | None = None
    # The stage under way of a staged limit.
    stage: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockPaused(Event):
    """The clock stands still since `paused_at`; a `ClockSet` starts it again."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    paused_at: datetime
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockStopped(Event):
    """The limit was met or lapsed with its owner; `overdue_seconds` is 0 when it was met in time."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    stopped_at: datetime
    overdue_seconds: int
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class CardShown(Event):
    """A warning: yellow before a limit, red when it is over (domain.md §4, supervision)."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    colour: Literal["yellow", "red"]
    due_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class SupervisionOrdered(Event):
    """A supervision order 督办单 with a rectification date; repeated orders are numbered from 1."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    repetition: int
    rectify_by: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class SupervisionSettled(Event):
    """What the supervision orders of a clock asked for was done, or its limit was set anew; so many were given."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    repetitions: int
    settled_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class StagePassed(Event):
    """A stage of a staged limit was done (stop work, penalty); a `ClockSet` of the next one follows."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    stage: str
    passed_at: datetime
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class ExtensionRequested(Event):
    """More time was asked for before a limit ended; a supervisor decides. The reason is read from `dispatch`."""

    owner_id: str
    extension_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    requested_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ExtensionDecided(Event):
    """A supervisor decided a request for more time; approved, a `ClockSet` with the new due moment follows."""

    owner_id: str
    extension_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    approved: bool
    decided_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="preset")
class LimitsChanged(Event):
    """A preset of limits has a new version, or another one is in force. Running clocks keep what they began with."""

    preset: str
    area: str
    preset_version: int
    in_force: bool


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


@event(publisher="dispatch", subject="order_id")
class RatingGiven(Event):
    """One side of a task rated the other (互评). `score` is 1 to 5; the words are read from `dispatch`."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    rater: Literal["caller", "responder"]
    score: int


@event(publisher="dispatch", subject="notice_id")
class NoticeGiven(Event):
    """A person was told of something in their inbox; outward channels may carry it from `due_at` on.

    What it says is read from `dispatch`. `kind` is open: more kinds may come.
    """

    notice_id: str
    area: str
    person_id: str
    kind: str
    case_id: str
    due_at: datetime
    order_id: str | None = None
    task_id: str | None = None


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


@event(publisher="dispatch", subject="calendar_id")
class CalendarChanged(Event):
    """The working calendar of a year was edited; clocks not yet fired are computed again."""

    calendar_id: str
    area: str
    year: int
    calendar_version: int
