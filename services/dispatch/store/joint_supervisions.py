"""The ladder of organisations as rows: proposals, joint supervision, referrals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.dispatch.domain import errors as domain_errors
from services.dispatch.domain.joint_supervision import JointSupervision, Proposal, State
from services.dispatch.domain.ranking import Ranking
from services.dispatch.store.sql import queries
from shared import auth, db, errors, ids


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Joint supervision in these areas, or of this department."""

    scopes: list[str] = field(default_factory=list)
    department: str | None = None


def reach(actor: auth.Actor) -> Reach:
    """Supervisors by area; responders what concerns their department."""
    return Reach(
        scopes=actor.scopes if actor.has(auth.Role.SUPERVISOR) else [],
        department=actor.department if actor.has(auth.Role.RESPONDER) else None,
    )


def add(
    tx: db.Tx, table: Ranking, proposals: Sequence[Proposal], *, at: datetime
) -> list[tuple[str, Proposal]]:
    """Keeps what a table suggests; answers those that are new, with their ids."""
    if not proposals:
        return []
    rows = queries.insert_supervision_proposals(
        tx,
        proposals=json.dumps(
            [
                {"proposal_id": ids.new(), "organisation_id": one.organisation_id, "grounds": one.grounds}
                for one in proposals
            ]
        ),
        ranking_id=table.ranking_id,
        area=table.area,
        month=table.period.month,
        kind=table.rules.kind,
        at=at,
    )
    made = {row["organisation_id"]: str(row["proposal_id"]) for row in rows}
    return [(made[one.organisation_id], one) for one in proposals if one.organisation_id in made]


def supersede(tx: db.Tx, ranking_id: str) -> None:
    """A table was corrected: what it suggested and nobody decided is no longer proposed."""
    queries.supersede_supervision_proposals(tx, ranking_id=ranking_id)


def lock_proposal(tx: db.Tx, proposal_id: str, actor: auth.Actor) -> Mapping[str, Any]:
    """A proposal of the supervisor's areas, locked. Raises NotFound."""
    row: Mapping[str, Any] | None = queries.lock_supervision_proposal(
        tx, proposal_id=proposal_id, scopes=reach(actor).scopes
    )
    if row is None:
        raise errors.NotFound()
    return row


def require_open(proposal: Mapping[str, Any]) -> None:
    """Raises ProposalDecided."""
    if proposal["state"] != "proposed":
        raise domain_errors.ProposalDecided()


def decide(tx: db.Tx, proposal_id: str, *, state: str, by_person: str, at: datetime, words: str) -> None:
    queries.decide_supervision_proposal(
        tx, proposal_id=proposal_id, state=state, by_person=by_person, at=at, words=words
    )


def open_(
    tx: db.Tx, proposal: Mapping[str, Any], *, words: str, rectify_on: date, by_person: str, at: datetime
) -> JointSupervision:
    """Joint supervision begins."""
    made = JointSupervision(
        supervision_id=ids.new(),
        proposal_id=str(proposal["proposal_id"]),
        ranking_id=str(proposal["ranking_id"]),
        area=proposal["area"],
        organisation_id=proposal["organisation_id"],
        words=words,
        rectify_on=rectify_on,
    )
    queries.insert_joint_supervision(
        tx,
        supervision_id=made.supervision_id,
        proposal_id=made.proposal_id,
        ranking_id=made.ranking_id,
        area=made.area,
        organisation_id=made.organisation_id,
        words=words,
        rectify_on=rectify_on,
        opened_by=by_person,
        opened_at=at,
    )
    return made


def lock(tx: db.Tx, supervision_id: str, within: Reach) -> tuple[JointSupervision, datetime]:
    """A joint supervision within reach, locked, and the moment after the lock. Raises NotFound."""
    row = queries.lock_joint_supervision(tx, supervision_id=supervision_id, **vars(within))
    if row is None:
        raise errors.NotFound()
    found = JointSupervision(
        supervision_id=str(row["supervision_id"]),
        proposal_id=str(row["proposal_id"]),
        ranking_id=str(row["ranking_id"]),
        area=row["area"],
        organisation_id=row["organisation_id"],
        words=row["words"],
        rectify_on=row["rectify_on"],
        state=State(row["state"]),
        closing_words=row["closing_words"],
        is_rectified=row["is_rectified"],
        version=row["version"],
    )
    return found, row["at"]


def save(
    tx: db.Tx, one: JointSupervision, *, closed_by: str | None = None, closed_at: datetime | None = None
) -> None:
    queries.save_joint_supervision(
        tx,
        supervision_id=one.supervision_id,
        rectify_on=one.rectify_on,
        state=one.state,
        is_rectified=one.is_rectified,
        closing_words=one.closing_words,
        closed_by=closed_by,
        closed_at=closed_at,
        version=one.version,
    )


def note_progress(
    tx: db.Tx, one: JointSupervision, *, words: str, by_person: str, by_department: str | None, at: datetime
) -> None:
    queries.insert_joint_progress(
        tx,
        supervision_id=one.supervision_id,
        words=words,
        rectify_on=one.rectify_on,
        by_person=by_person,
        by_department=by_department,
        at=at,
    )


def view(tx: db.Tx, supervision_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A joint supervision with its progress. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_joint_supervision(
        tx, supervision_id=supervision_id, **vars(reach(actor))
    )
    if row is None:
        raise errors.NotFound()
    return row


# --- Referrals ---


def refer(
    tx: db.Tx, proposal: Mapping[str, Any], *, passed_to: str, words: str, by_person: str, at: datetime
) -> str:
    """Passes a long-run low rank on. Raises AlreadyExists when it was passed there before."""
    referral_id = ids.new()
    with db.translating({}):
        queries.insert_referral(
            tx,
            referral_id=referral_id,
            proposal_id=proposal["proposal_id"],
            area=proposal["area"],
            organisation_id=proposal["organisation_id"],
            passed_to=passed_to,
            words=words,
            passed_by=by_person,
            passed_at=at,
        )
    return referral_id


def lock_referral(tx: db.Tx, referral_id: str, actor: auth.Actor) -> Mapping[str, Any]:
    """Raises NotFound."""
    row: Mapping[str, Any] | None = queries.lock_referral(
        tx, referral_id=referral_id, scopes=reach(actor).scopes
    )
    if row is None:
        raise errors.NotFound()
    return row


def record_act(tx: db.Tx, referral_id: str, *, act: str, held_on: date, words: str) -> None:
    """An interview was held or a notice given."""
    query = queries.record_interview if act == "interview" else queries.record_notice
    query(tx, referral_id=referral_id, held_on=held_on, words=words)


def referral(tx: db.Tx, referral_id: str, actor: auth.Actor) -> dict[str, Any]:
    """Raises NotFound."""
    row: dict[str, Any] | None = queries.get_referral(tx, referral_id=referral_id, scopes=reach(actor).scopes)
    if row is None:
        raise errors.NotFound()
    return row
