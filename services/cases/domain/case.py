"""One matter as it stands, and what every step of it is made of: a `Change` with entries and events."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.cases.domain import errors
from shared.contracts import Event
from shared.contracts.cases import (
    CaseLevel,
    Channel,
    Mechanism,
    Place,
    Satisfaction,
    ScopeClass,
    Urgency,
)

LEVELS: tuple[CaseLevel, ...] = ("grid", "community", "subdistrict", "district")


class State(StrEnum):
    RECEIVED = "received"
    TRIAGED = "triaged"
    HANDLING = "handling"
    RESOLVED = "resolved"
    CHECKED = "checked"
    CALLED_BACK = "called_back"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Hold(StrEnum):
    """Why a matter under handling stands still."""

    DEFERRED = "deferred"
    LISTED = "listed"


OPEN = frozenset({State.RECEIVED, State.TRIAGED, State.HANDLING})
DONE = frozenset({State.RESOLVED, State.CHECKED, State.CALLED_BACK})


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does a step and in which role; the platform itself has no person."""

    person_id: str | None
    role: str


PLATFORM = By(person_id=None, role="platform")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A matter as it stands now."""

    case_id: str
    number: str
    # The grid it was located to.
    area: str
    state: State
    category: str
    channel: Channel
    urgency: Urgency
    mechanism: Mechanism
    scope_class: ScopeClass
    level: CaseLevel
    sla_class: str
    # The catalogue's version it was filed under; None where an earlier release filed it.
    category_version: int | None = None
    words: str
    place: Place
    address: str
    # None when nobody known reported it: a sensor, a patrol, an anonymous caller.
    reporter_id: str | None
    # Hidden from departments; never in an event.
    is_confidential: bool
    # Whether there is anybody to tell the result and to ask how it went.
    has_reporter: bool = True
    # First-inquiry responsibility 首问责任: whoever took it owns the answer.
    first_inquiry_by: str
    # Whoever first handles it owns the handling.
    first_handler_by: str | None = None
    # The handling now under way, from 1; each rework starts the next.
    run: int = 1
    hold: Hold | None = None
    review_on: date | None = None
    # Orders of this run that dispatch has not finished.
    open_orders: int = 0
    # Every department called in any run: they may read the matter.
    departments: tuple[str, ...] = ()
    calls_made: int = 0
    met: bool | None = None
    settled: bool | None = None
    satisfaction: Satisfaction | None = None
    merged_into: str | None = None
    # What an approval still has to gather.
    documents_missing: int = 0
    reported_at: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 1
    # The end of the timeline's hash chain; see `timeline.py`.
    timeline_length: int = 0
    timeline_hash: bytes = field(default=bytes(32), repr=False)

    @property
    def public_reporter_id(self) -> str | None:
        """The reporter as events may name them."""
        return None if self.is_confidential else self.reporter_id


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the timeline: what happened, by whom, when, with what evidence."""

    action: str
    by: By
    at: datetime
    area: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Change:
    case: Case
    entries: tuple[Entry, ...]
    events: tuple[Event, ...]

    def then(self, step: Callable[[Case], "Change"]) -> "Change":
        """This change followed by another of the matter it left."""
        following = step(self.case)
        return Change(
            case=following.case,
            entries=self.entries + following.entries,
            events=self.events + following.events,
        )


def change(
    case: Case,
    action: str,
    by: By,
    at: datetime,
    *events: Event,
    detail: dict[str, Any] | None = None,
    **after: Any,
) -> Change:
    """One step: an entry of the timeline, the events it causes, and what it sets in the matter."""
    entry = Entry(action=action, by=by, at=at, area=case.area, detail=detail or {})
    return Change(case=replace(case, version=case.version + 1, **after), entries=(entry,), events=events)


def require(case: Case, states: Set[State]) -> None:
    """Raises NotInThisState."""
    if case.state not in states:
        raise errors.NotInThisState(state=case.state, allowed=sorted(states))


def require_no_hold(case: Case) -> None:
    """Raises NotInThisState while the matter is deferred or listed."""
    if case.hold is not None:
        raise errors.NotInThisState(state=case.state, hold=case.hold)
