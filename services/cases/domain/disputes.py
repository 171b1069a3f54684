"""Dispute mediation 矛盾调处: one desk, several mediators and departments, agreement or failure (domain.md §3).

    open ──► agreed · failed · withdrawn

A dispute belongs to a matter. Failure does not end the matter: it climbs a level, and departments may be whistled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from services.cases.domain import errors, steps
from services.cases.domain.case import LEVELS, OPEN, By, Case, Change, State
from shared.contracts import Event, cases
from shared.contracts.cases import CaseLevel

Side = Literal["applicant", "respondent", "other"]
LONGEST_PERFORMANCE = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class Dispute:
    dispute_id: str
    case_id: str
    area: str
    state: Literal["open", "agreed", "failed", "withdrawn"]
    mediators: tuple[str, ...]
    # Departments that sit at the desk; they read the dispute.
    departments: tuple[str, ...]
    opened_by: str
    opened_at: datetime
    perform_by: date | None = None
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Session:
    session_id: str
    dispute_id: str
    starts_at: datetime
    is_online: bool
    room: str
    state: Literal["planned", "held", "cancelled"]
    ended_at: datetime | None = None


def begin(case: Case, dispute: Dispute, *, sides: list[Side]) -> tuple[Event, ...]:
    """A dispute is taken to the desk. Raises NotInThisState, OneSided."""
    if case.state not in OPEN:
        raise errors.NotInThisState(state=case.state)
    if "applicant" not in sides or "respondent" not in sides:
        raise errors.OneSided()
    return (
        cases.DisputeOpened(
            dispute_id=dispute.dispute_id,
            case_id=dispute.case_id,
            area=dispute.area,
            departments=dispute.departments,
            opened_at=dispute.opened_at,
        ),
    )


def seat(
    dispute: Dispute, *, mediators: Iterable[str], departments: Iterable[str], at: datetime
) -> tuple[Dispute, tuple[Event, ...]]:
    """Others sit at the desk. Raises DisputeOver, NothingToSeat where the same ones do."""
    require_open(dispute)
    seated = replace(
        dispute,
        mediators=tuple(sorted(set(mediators))),
        departments=tuple(sorted(set(departments))),
        version=dispute.version + 1,
    )
    if (seated.mediators, seated.departments) == (dispute.mediators, dispute.departments):
        raise errors.NothingToSeat()
    event = cases.DisputeDeskChanged(
        dispute_id=dispute.dispute_id,
        case_id=dispute.case_id,
        area=dispute.area,
        departments=seated.departments,
        changed_at=at,
    )
    return seated, (event,)


def arrange(dispute: Dispute, session: Session, *, at: datetime) -> None:
    """A session is arranged, in a room or online. Raises DisputeOver, TimeOutOfBounds."""
    require_open(dispute)
    if session.starts_at <= at - timedelta(days=30) or session.starts_at > at + timedelta(days=90):
        raise errors.TimeOutOfBounds()


def hold_session(dispute: Dispute, session: Session, *, at: datetime) -> tuple[Session, tuple[Event, ...]]:
    """A session took place. Raises DisputeOver, SessionOver, NotBegun."""
    require_open(dispute)
    if session.state != "planned":
        raise errors.SessionOver()
    if at < session.starts_at:
        raise errors.NotBegun()
    event = cases.MediationHeld(
        dispute_id=dispute.dispute_id,
        case_id=dispute.case_id,
        area=dispute.area,
        session_id=session.session_id,
        is_online=session.is_online,
        held_at=at,
    )
    return replace(session, state="held", ended_at=at), (event,)


def cancel_session(dispute: Dispute, session: Session, *, at: datetime) -> Session:
    """A session does not take place. Raises DisputeOver, SessionOver."""
    require_open(dispute)
    if session.state != "planned":
        raise errors.SessionOver()
    return replace(session, state="cancelled", ended_at=at)


def agree(
    dispute: Dispute, *, sessions_held: int, perform_by: date, today: date, at: datetime
) -> tuple[Dispute, tuple[Event, ...]]:
    """The parties agreed 达成协议, to be performed by a day. Raises DisputeOver, NoSessionHeld, DueOutOfBounds."""
    _require_mediated(dispute, sessions_held)
    if not today <= perform_by <= today + LONGEST_PERFORMANCE:
        raise errors.DueOutOfBounds()
    agreed = replace(dispute, state="agreed", perform_by=perform_by, ended_at=at, version=dispute.version + 1)
    return agreed, (
        cases.DisputeSettled(
            dispute_id=dispute.dispute_id,
            case_id=dispute.case_id,
            area=dispute.area,
            perform_by=perform_by,
            settled_at=at,
        ),
    )


def fail(dispute: Dispute, *, sessions_held: int, at: datetime) -> tuple[Dispute, tuple[Event, ...]]:
    """Mediation came to nothing 调解不成. Raises DisputeOver, NoSessionHeld."""
    _require_mediated(dispute, sessions_held)
    failed = replace(dispute, state="failed", ended_at=at, version=dispute.version + 1)
    return failed, (
        cases.DisputeFailed(
            dispute_id=dispute.dispute_id, case_id=dispute.case_id, area=dispute.area, failed_at=at
        ),
    )


def withdraw(dispute: Dispute, *, at: datetime) -> tuple[Dispute, tuple[Event, ...]]:
    """The parties want no mediation any more. Raises DisputeOver."""
    require_open(dispute)
    ended = replace(dispute, state="withdrawn", ended_at=at, version=dispute.version + 1)
    return ended, (
        cases.DisputeWithdrawn(
            dispute_id=dispute.dispute_id, case_id=dispute.case_id, area=dispute.area, withdrawn_at=at
        ),
    )


def climb(case: Case, *, reason: str, by: By, at: datetime) -> Change | None:
    """The matter of a failed mediation goes up one level; at the district it stays.

    A matter just received is triaged on the way. Raises NotInThisState where it is handled no more.
    """
    if case.state not in OPEN:
        raise errors.NotInThisState(state=case.state)
    higher: tuple[CaseLevel, ...] = LEVELS[LEVELS.index(case.level) + 1 :]
    if not higher:
        return None
    if case.state is State.RECEIVED:
        return steps.triage(case, by=by, at=at).then(
            lambda taken: steps.escalate(taken, to_level=higher[0], reason=reason, by=by, at=at)
        )
    return steps.escalate(case, to_level=higher[0], reason=reason, by=by, at=at)


def require_open(dispute: Dispute) -> None:
    """Raises DisputeOver."""
    if dispute.state != "open":
        raise errors.DisputeOver(state=dispute.state)


def _require_mediated(dispute: Dispute, sessions_held: int) -> None:
    require_open(dispute)
    if not sessions_held:
        raise errors.NoSessionHeld()
