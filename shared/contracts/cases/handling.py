"""How a matter is filed, classed, handled and ended otherwise."""

from dataclasses import dataclass
from datetime import datetime
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
    # Who took it on; nobody where the platform did.
    triaged_by: str | None = None


@event(publisher="cases", subject="case_id")
class CaseEscalated(Event):
    """The matter climbed, with a reason on its timeline."""

    case_id: str
    area: str
    from_level: CaseLevel
    to_level: CaseLevel


@event(publisher="cases", subject="case_id", consumers=("dispatch",))
class CaseMoved(Event):
    """Grids were re-drawn and the matter, which is not over, lies in another one now: `area` is the new one."""

    case_id: str
    area: str
    from_area: str
    moved_at: datetime


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
class CaseResolved(Event):
    """Handling is done. `orders`: because every order finished; `hand`: a person said so, which closes open orders."""

    case_id: str
    area: str
    resolved_by: Literal["orders", "hand"]
    resolved_at: datetime


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


@event(publisher="cases", subject="case_id")
class CaseStalled(Event):
    """The matter stands still for longer than it may, since a moment: nothing happened in its `state`, dispatch did not
    open an order, a department did not answer, or nobody is assigned to its grid."""

    case_id: str
    area: str
    state: str
    reason: Literal["no_progress", "order_not_opened", "task_not_answered", "nobody_assigned"]
    since: datetime


@event(publisher="cases", subject="category")
class CatalogueChanged(Event):
    """A matter of the catalogue has a new version. `area` is the area the catalogue serves."""

    category: str
    area: str
    catalogue_version: int
    sla_class: str
    main_department_kind: str | None
    active: bool
