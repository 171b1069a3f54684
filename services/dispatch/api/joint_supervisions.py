"""The ladder of organisations: the system proposes after a month's table, people decide and do everything else."""

from typing import Any

from services.dispatch.domain import errors
from services.dispatch.domain import joint_supervision as domain
from services.dispatch.schemas import joint_supervisions as schemas
from services.dispatch.store import joint_supervisions as store
from services.dispatch.store.sql import queries
from shared import clock, db, http
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.http import Page, Request, get, post

SUPERVISORS = frozenset({Role.SUPERVISOR})
CONCERNED = frozenset({Role.SUPERVISOR, Role.RESPONDER})


class JointSupervisionsApi:
    """Proposals, joint supervision, referrals."""

    @get(
        "/dispatch/supervision-proposals",
        roles=SUPERVISORS,
        query=schemas.ProposalFilter,
        answers=schemas.SupervisionProposalView,
        page=True,
    )
    def list_supervision_proposals(self, tx: db.Tx, request: Request, /) -> Page:
        """List what the months' tables suggest, newest first."""
        rows = queries.list_supervision_proposals(
            tx,
            scopes=store.reach(request.actor).scopes,
            state=request.query["state"],
            before=_before(request),
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["proposal_id"])])

    @post(
        "/dispatch/supervision-proposals/<uuid:proposal_id>/open",
        roles=SUPERVISORS,
        body=schemas.OpenJoint,
        answers=schemas.JointView,
        status=201,
        errors=(errors.ProposalDecided, errors.RectifyLater),
    )
    def open_joint_supervision(self, tx: db.Tx, request: Request, /, proposal_id: str) -> dict[str, Any]:
        """Open joint supervision 联合督办 of an organisation, with a date to put things right by."""
        proposal = store.lock_proposal(tx, proposal_id, request.actor)
        store.require_open(proposal)
        at, person = proposal["at"], request.actor.person_id
        words, rectify_on = request.body["words"], request.body["rectify_on"]
        domain.open_on(at.astimezone(clock.BEIJING).date(), rectify_on=rectify_on)
        store.decide(tx, proposal_id, state="opened", by_person=person, at=at, words=words)
        made = store.open_(tx, proposal, words=words, rectify_on=rectify_on, by_person=person, at=at)
        opened = contracts.JointSupervisionOpened(
            supervision_id=made.supervision_id,
            area=made.area,
            organisation_id=made.organisation_id,
            rectify_on=rectify_on,
        )
        outbox.add(tx, [opened])
        return store.view(tx, made.supervision_id, request.actor)

    @post(
        "/dispatch/supervision-proposals/<uuid:proposal_id>/dismiss",
        roles=SUPERVISORS,
        body=schemas.Words,
        answers=schemas.SupervisionProposalView,
        errors=(errors.ProposalDecided,),
    )
    def dismiss_supervision_proposal(
        self, tx: db.Tx, request: Request, /, proposal_id: str
    ) -> dict[str, Any]:
        """Decide against joint supervision, with the reason."""
        proposal = store.lock_proposal(tx, proposal_id, request.actor)
        store.require_open(proposal)
        store.decide(
            tx,
            proposal_id,
            state="dismissed",
            by_person=request.actor.person_id,
            at=proposal["at"],
            words=request.body["words"],
        )
        decided: dict[str, Any] = queries.get_supervision_proposal(tx, proposal_id=proposal_id)
        return decided

    @post(
        "/dispatch/supervision-proposals/<uuid:proposal_id>/refer",
        roles=SUPERVISORS,
        body=schemas.Refer,
        answers=schemas.ReferralView,
        status=201,
        errors=(errors.NotLongRun, db.AlreadyExists),
    )
    def refer_organisation(self, tx: db.Tx, request: Request, /, proposal_id: str) -> dict[str, Any]:
        """Pass long-run low ranks on to 纪检 or 组织, for interview and notice; nothing but a person does that."""
        proposal = store.lock_proposal(tx, proposal_id, request.actor)
        if "long_run_low_rank" not in proposal["grounds"] or proposal["state"] == "superseded":
            raise errors.NotLongRun()
        passed_to = request.body["passed_to"]
        referral_id = store.refer(
            tx,
            proposal,
            passed_to=passed_to,
            words=request.body["words"],
            by_person=request.actor.person_id,
            at=proposal["at"],
        )
        referred = contracts.OrganisationReferred(
            referral_id=referral_id,
            area=proposal["area"],
            organisation_id=proposal["organisation_id"],
            passed_to=passed_to,
        )
        outbox.add(tx, [referred])
        return store.referral(tx, referral_id, request.actor)

    @get(
        "/dispatch/joint-supervisions",
        roles=CONCERNED,
        query=schemas.JointFilter,
        answers=schemas.JointSummary,
        page=True,
    )
    def list_joint_supervisions(self, tx: db.Tx, request: Request, /) -> Page:
        """List joint supervision, newest first: of one's areas, or of one's department."""
        rows = queries.list_joint_supervisions(
            tx,
            **vars(store.reach(request.actor)),
            state=request.query["state"],
            before=_before(request),
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["supervision_id"])])

    @get("/dispatch/joint-supervisions/<uuid:joint_id>", roles=CONCERNED, answers=schemas.JointView)
    def read_joint_supervision(self, tx: db.Tx, request: Request, /, joint_id: str) -> dict[str, Any]:
        """Read a joint supervision with its progress."""
        return store.view(tx, joint_id, request.actor)

    @post(
        "/dispatch/joint-supervisions/<uuid:joint_id>/progress",
        roles=CONCERNED,
        body=schemas.Progress,
        answers=schemas.JointView,
        errors=(errors.SupervisionClosed, errors.OnlySupervisors),
    )
    def report_joint_progress(self, tx: db.Tx, request: Request, /, joint_id: str) -> dict[str, Any]:
        """Report how rectification goes; a supervisor may move its date."""
        reach = store.reach(request.actor)
        found, at = store.lock(tx, joint_id, reach)
        request.match(found.version)
        rectify_on = request.body["rectify_on"]
        is_supervisor = any(found.area.startswith(scope) for scope in reach.scopes)
        if rectify_on is not None and not is_supervisor:
            raise errors.OnlySupervisors()
        made = domain.progress(found, rectify_on=rectify_on)
        store.save(tx, made)
        store.note_progress(
            tx,
            made,
            words=request.body["words"],
            by_person=request.actor.person_id,
            by_department=None if is_supervisor else reach.department,
            at=at,
        )
        return store.view(tx, joint_id, request.actor)

    @post(
        "/dispatch/joint-supervisions/<uuid:joint_id>/close",
        roles=SUPERVISORS,
        body=schemas.CloseJoint,
        answers=schemas.JointView,
        errors=(errors.SupervisionClosed,),
    )
    def close_joint_supervision(self, tx: db.Tx, request: Request, /, joint_id: str) -> dict[str, Any]:
        """End joint supervision, saying whether things were put right."""
        found, at = store.lock(tx, joint_id, store.Reach(scopes=store.reach(request.actor).scopes))
        request.match(found.version)
        made = domain.close(found, **request.body)
        store.save(tx, made, closed_by=request.actor.person_id, closed_at=at)
        closed = contracts.JointSupervisionClosed(
            supervision_id=joint_id,
            area=made.area,
            organisation_id=made.organisation_id,
            rectified=request.body["is_rectified"],
        )
        outbox.add(tx, [closed])
        return store.view(tx, joint_id, request.actor)

    @get(
        "/dispatch/referrals",
        roles=SUPERVISORS,
        query=http.PageQuery,
        answers=schemas.ReferralView,
        page=True,
    )
    def list_referrals(self, tx: db.Tx, request: Request, /) -> Page:
        """List what was passed on for interview and notice, newest first."""
        rows = queries.list_referrals(
            tx,
            scopes=store.reach(request.actor).scopes,
            before=_before(request),
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["referral_id"])])

    @post(
        "/dispatch/referrals/<uuid:referral_id>/acts",
        roles=SUPERVISORS,
        body=schemas.Act,
        answers=schemas.ReferralView,
        errors=(errors.RecordedAlready,),
    )
    def record_referral_act(self, tx: db.Tx, request: Request, /, referral_id: str) -> dict[str, Any]:
        """Record that an interview 约谈 was held or a notice 通报 given, once each."""
        found = store.lock_referral(tx, referral_id, request.actor)
        act = request.body["act"]
        if found["interviewed_on" if act == "interview" else "noticed_on"] is not None:
            raise errors.RecordedAlready()
        store.record_act(tx, referral_id, **request.body)
        return store.referral(tx, referral_id, request.actor)


def _before(request: Request) -> str | None:
    cursor = request.cursor(length=1)
    return str(cursor[0]) if cursor else None
