"""Extensions: asked for before a limit ends, decided by a supervisor, as often and as long as the preset allows."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.dispatch.domain import errors, moving
from services.dispatch.domain.clock import Clock, ClockState, Ticking
from services.dispatch.domain.limits import Rules
from shared.contracts import Event, dispatch


class ExtensionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Extension:
    extension_id: str
    clock_id: str
    # Of the clock when it was asked for: another run is another limit.
    run: int
    state: ExtensionState
    words: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_words: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, with its event."""

    extension: Extension
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A decision, with what it did to the clock (None when refused) and its events."""

    extension: Extension
    ticking: Ticking | None
    events: tuple[Event, ...]


def ask(
    clock: Clock, *, extension_id: str, words: str, by: str, is_open: bool, rules: Rules, at: datetime
) -> Asked:
    """More time is asked for. Raises ClockEnded, ExtensionTooLate, ExtensionsUsedUp, ExtensionOpen.

    A paused clock is judged by the moment it was paused.
    """
    if clock.state is ClockState.STOPPED:
        raise errors.ClockEnded()
    if (clock.paused_at or at) >= clock.due_at:
        raise errors.ExtensionTooLate(due_at=clock.due_at.isoformat())
    allowed = rules.begun_with(clock.preset, clock.preset_version).extension
    if allowed is None or clock.extensions >= allowed.most:
        raise errors.ExtensionsUsedUp(allowed=allowed.most if allowed else 0)
    if is_open:
        raise errors.ExtensionOpen()
    extension = Extension(
        extension_id=extension_id,
        clock_id=clock.clock_id,
        run=clock.run,
        state=ExtensionState.ASKED,
        words=words,
        asked_by=by,
        asked_at=at,
    )
    event = dispatch.ExtensionRequested(
        owner_id=clock.owner_id,
        extension_id=extension_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        requested_at=at,
        task_id=clock.task_id,
        department_id=clock.department_id,
    )
    return Asked(extension=extension, events=(event,))


def decide(
    extension: Extension, clock: Clock, *, approved: bool, words: str, by: str, rules: Rules, at: datetime
) -> Decided:
    """A supervisor decides. Asked for in time is in time, also when the limit has ended by now.

    Raises ExtensionDecidedAlready, and ExtensionLapsed for the approval of one whose limit is another by now.
    """
    if extension.state is not ExtensionState.ASKED:
        raise errors.ExtensionDecidedAlready()
    decided = replace(
        extension,
        state=ExtensionState.APPROVED if approved else ExtensionState.REFUSED,
        decided_by=by,
        decided_at=at,
        decision_words=words,
    )
    event = dispatch.ExtensionDecided(
        owner_id=clock.owner_id,
        extension_id=extension.extension_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=extension.run,
        approved=approved,
        decided_at=at,
        task_id=clock.task_id,
        department_id=clock.department_id,
    )
    if not approved:
        return Decided(extension=decided, ticking=None, events=(event,))
    allowed = rules.begun_with(clock.preset, clock.preset_version).extension
    if clock.state is ClockState.STOPPED or clock.run != extension.run or allowed is None:
        raise errors.ExtensionLapsed()
    ticking = moving.extend(clock, by=allowed.by, rules=rules, at=at)
    return Decided(extension=decided, ticking=ticking, events=(event,))
