"""One matter, one assessment 一事一考: the subdistrict assesses, the department may appeal, a supervisor decides."""

from dataclasses import replace
from typing import Any

from services.dispatch.domain import assessment as domain
from services.dispatch.domain import errors
from services.dispatch.domain.assessment import Assessment
from services.dispatch.schemas import assessments as schemas
from services.dispatch.store import assessments as store
from services.dispatch.store import orders, rankings
from shared import areas, clock, db, http
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.http import Page, Request, get, post, put

CALLERS = frozenset({Role.CALLER})
RESPONDERS = frozenset({Role.RESPONDER})
SUPERVISORS = frozenset({Role.SUPERVISOR})
READERS = CALLERS | RESPONDERS | SUPERVISORS


class AssessmentsApi:
    """Assessments of departments' responses."""

    @get(
        "/dispatch/assessments",
        roles=READERS,
        query=schemas.AssessmentFilter,
        answers=schemas.AssessmentSummary,
        page=True,
    )
    def list_assessments(self, tx: db.Tx, request: Request, /) -> Page:
        """List assessments: a responder's those of the department, others those of their areas."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            request.actor,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["task_id"])])

    @get(
        "/dispatch/unassessed-tasks",
        roles=CALLERS,
        query=http.PageQuery,
        answers=schemas.ToAssess,
        page=True,
    )
    def list_unassessed_tasks(self, tx: db.Tx, request: Request, /) -> Page:
        """List the responses of one's areas still to assess, finished within 60 days, the oldest first."""
        cursor = request.cursor(length=2)
        rows, total = store.to_assess(
            tx,
            request.actor,
            after=(str(cursor[0]), str(cursor[1])) if cursor else None,
            most=request.limit + 1,
        )
        page = http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["finished_at"]), str(row["task_id"])],
        )
        if total is None:
            return page
        most = store.MOST_COUNTED
        return replace(page, total=min(total, most), total_is_capped=total > most)

    @get("/dispatch/tasks/<uuid:task_id>/assessment", roles=READERS, answers=schemas.AssessmentView)
    def read_assessment(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Read the assessment of a response, with every version of it."""
        return store.view(tx, task_id, request.actor)

    @post(
        "/dispatch/tasks/<uuid:task_id>/assessment",
        roles=CALLERS,
        body=schemas.Assess,
        answers=schemas.AssessmentView,
        status=201,
        errors=(errors.NoResponseYet, errors.AssessedAlready, errors.OwnResponse, errors.PointsWrong),
    )
    def assess(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Assess a department's response, once; correct it as long as the month is not frozen."""
        order, at = orders.lock_by_task(tx, task_id, orders.of_areas(request.actor))
        task = order.task(task_id)
        if task.replied_at is None and task.finished_at is None:
            raise errors.NoResponseYet()
        _require_outsider(request, task.department_id)
        made = Assessment(
            task_id=task_id,
            order_id=order.order_id,
            case_id=order.case_id,
            area=order.area,
            department_id=task.department_id,
            by_person=request.actor.person_id,
            assessed_at=at,
            changed_at=at,
            **request.body,
        )
        _check(tx, made)
        store.add(tx, made)
        outbox.add(tx, [_given(made)])
        return store.view(tx, task_id, request.actor)

    @put(
        "/dispatch/tasks/<uuid:task_id>/assessment",
        roles=CALLERS,
        body=schemas.Assess,
        answers=schemas.AssessmentView,
        if_match=True,
        errors=(errors.MonthFrozen, errors.AlreadyRuled, errors.OwnResponse, errors.PointsWrong),
    )
    def correct_assessment(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Correct an assessment until its month is frozen; the earlier version stays in the history."""
        found, at = store.lock(tx, task_id, orders.of_areas(request.actor))
        request.match(found.version)
        _require_outsider(request, found.department_id)
        person = request.actor.person_id
        made = domain.correct(found, by_person=person, window=store.window(tx, found), at=at, **request.body)
        _check(tx, made)
        store.save(tx, made, act="corrected", words=made.words, by_person=person, at=at)
        outbox.add(tx, [_given(made)])
        return store.view(tx, task_id, request.actor)

    @post(
        "/dispatch/tasks/<uuid:task_id>/assessment/appeal",
        roles=RESPONDERS,
        body=schemas.Appeal,
        answers=schemas.AssessmentView,
        errors=(errors.WindowClosed, errors.AppealedAlready),
    )
    def appeal_assessment(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Object to an assessment of one's department, once, while the month's window is open."""
        found, at = store.lock(tx, task_id, orders.of_department(request.actor))
        words = request.body["words"]
        made = domain.appeal(found, words=words, window=store.window(tx, found), at=at)
        store.save(tx, made, act="appealed", words=words, by_person=request.actor.person_id, at=at)
        outbox.add(tx, [contracts.AssessmentAppealed(**_ids(made))])
        return store.view(tx, task_id, request.actor)

    @post(
        "/dispatch/tasks/<uuid:task_id>/assessment/ruling",
        roles=SUPERVISORS,
        body=schemas.RuleAppeal,
        answers=schemas.AssessmentView,
        errors=(errors.NotAppealed, errors.OwnResponse, errors.PointsWrong),
    )
    def rule_assessment(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Decide an appeal: upheld makes the assessment void, or gives it other points; rejected lets it stand."""
        found, at = store.lock(tx, task_id, orders.of_areas(request.actor))
        _require_outsider(request, found.department_id)
        made = domain.rule(found, at=at, **request.body)
        if made.points != found.points:
            _check(tx, made)
        words = request.body["words"]
        store.save(tx, made, act="ruled", words=words, by_person=request.actor.person_id, at=at)
        ruled = contracts.AssessmentRuled(
            **_ids(made),
            upheld=request.body["upheld"],
            score=None if made.state is domain.State.VOID else made.score,
        )
        outbox.add(tx, [ruled])
        return store.view(tx, task_id, request.actor)


def _require_outsider(request: Request, department_id: str) -> None:
    """Nobody assesses, or judges the assessment of, a department they act for."""
    if request.actor.department == department_id:
        raise errors.OwnResponse()


def _check(tx: db.Tx, one: Assessment) -> None:
    """The points must fit the criteria of the month the assessment counts in. Raises PointsWrong."""
    district = areas.at_level(one.area, areas.Level.DISTRICT) or one.area
    rules = rankings.rules_at(tx, area=district, kind="departments", at=one.assessed_at)
    domain.check_points(one.points, rules.criteria)


def _ids(one: Assessment) -> dict[str, str]:
    return {
        "order_id": one.order_id,
        "task_id": one.task_id,
        "case_id": one.case_id,
        "area": one.area,
        "department_id": one.department_id,
    }


def _given(one: Assessment) -> contracts.AssessmentGiven:
    return contracts.AssessmentGiven(
        **_ids(one), score=one.score, negative=one.is_negative, assessment_version=one.version
    )
