"""Meetings of every kind: planned, with an agenda from what is open, held with minutes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.cases.api.reporting import FILING_ERRORS, file_report
from services.cases.domain import errors
from services.cases.domain import meetings as domain
from services.cases.domain import rates as rates_domain
from services.cases.domain.meetings import Item, Meeting, Project
from services.cases.schemas import matters as matter_schemas
from services.cases.schemas import meetings as schemas
from services.cases.store import hearing as rules_store
from services.cases.store import matters, people, projects, rates
from services.cases.store import meetings as store
from shared import auth, clock, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.errors import NotFound
from shared.http import Page, Request, get, post, put

CONVENERS = frozenset({Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR})
_OVER = (errors.MeetingOver,)


class MeetingsApi:
    """居民问需会、网格员例会、民情分析会、四方议事."""

    @post(
        "/cases/meetings",
        roles=CONVENERS,
        body=schemas.Meeting,
        answers=schemas.MeetingView,
        status=201,
        errors=(errors.WrongLevel, errors.UnknownPeople),
    )
    def plan_meeting(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Plan a meeting for an area; whoever plans it chairs it where nobody else is named."""
        body = request.body
        if not request.actor.sees(body["area"]):
            raise NotFound()
        chair_id = str(body["chair_id"] or request.actor.person_id)
        planned = Meeting(**{**body, "meeting_id": ids.new(), "chair_id": chair_id})
        meeting, events = domain.plan(planned)
        people.require(tx, {"/chair_id": chair_id}, area=meeting.area, actor=request.actor)
        store.add(tx, meeting)
        outbox.add(tx, events)
        return _view(tx, request, meeting.meeting_id)

    @get(
        "/cases/meetings",
        roles=auth.STAFF,
        query=schemas.MeetingFilter,
        answers=schemas.MeetingSummary,
        page=True,
    )
    def list_meetings(self, tx: db.Tx, request: Request, /) -> Page:
        """List meetings of one's areas and those one was called to, latest first."""
        cursor, query = request.cursor(length=2), request.query
        rows = store.listed(
            tx,
            scopes=matters.within(query["area"], _scopes(request)),
            area=query["area"],
            person_id=request.actor.person_id,
            kind=query["kind"],
            state=query["state"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["starts_at"]), str(row["meeting_id"])],
        )

    @get("/cases/meetings/<uuid:meeting_id>", roles=auth.STAFF, answers=schemas.MeetingView)
    def read_meeting(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Read a meeting with its agenda and people; confidential points only as one of those called."""
        return _view(tx, request, meeting_id)

    @put(
        "/cases/meetings/<uuid:meeting_id>/attendance",
        roles=CONVENERS,
        body=schemas.Attendance,
        answers=schemas.MeetingView,
        if_match=True,
        errors=(*_OVER, errors.UnknownPeople),
    )
    def set_attendance(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Say who is called, came, is on leave or absent, and how many residents came.

        People who work in or for the area; volunteers and residents called by name are not looked up.
        """
        meeting, _ = _lock(tx, request, meeting_id)
        request.match(meeting.version)
        domain.require_planned(meeting)
        _require_called(tx, request, meeting_id)
        _require_known(tx, request, meeting)
        store.set_people(tx, meeting_id, request.body["people"])
        store.save(
            tx,
            replace(
                meeting,
                residents_present=request.body["residents_present"],
                version=meeting.version + 1,
            ),
        )
        return _view(tx, request, meeting_id)

    @post(
        "/cases/meetings/<uuid:meeting_id>/agenda",
        roles=CONVENERS,
        answers=schemas.MeetingView,
        errors=_OVER,
    )
    def build_agenda(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Put on the agenda what is open in the area.

        Projects agreed on earlier, topics an earlier meeting of the kind left undecided, matters, and what stands on
        the notice board; fifty of each, longest open first. Done again it adds the next ones and what came since.
        """
        meeting, _ = _lock(tx, request, meeting_id)
        domain.require_planned(meeting)
        store.build_agenda(tx, meeting, person_id=request.actor.person_id)
        return _touched(tx, request, meeting)

    @post(
        "/cases/meetings/<uuid:meeting_id>/items",
        roles=CONVENERS,
        body=schemas.Topic,
        answers=schemas.MeetingView,
        status=201,
        errors=_OVER,
    )
    def bring_topic(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Bring a topic 议题; a confidential one is seen by those called only."""
        meeting, _ = _lock(tx, request, meeting_id)
        domain.require_planned(meeting)
        store.add_topic(tx, meeting_id, **request.body)
        return _touched(tx, request, meeting)

    @post(
        "/cases/meetings/<uuid:meeting_id>/items/<uuid:item_id>/decide",
        roles=CONVENERS,
        body=schemas.Decision,
        answers=schemas.MeetingView,
        errors=(
            errors.MeetingOver,
            errors.ItemDecided,
            errors.SamePerson,
            errors.DueOutOfBounds,
            errors.UnknownPeople,
        ),
    )
    def decide_item(self, tx: db.Tx, request: Request, /, meeting_id: str, item_id: str) -> dict[str, Any]:
        """Record what was decided; with a project it goes on the project service list 立项."""
        meeting, at = _lock(tx, request, meeting_id)
        item = _item(tx, request, meeting_id, item_id)
        project = _agreed(tx, request, meeting, item, at)
        decided, events = domain.decide(
            meeting, item, decision=request.body["decision"], project=project, today=matters.today(at)
        )
        if project is not None:
            projects.add(tx, project)
        store.save_item(tx, decided)
        outbox.add(tx, events)
        return _touched(tx, request, meeting)

    @post(
        "/cases/meetings/<uuid:meeting_id>/items/<uuid:item_id>/review",
        roles=CONVENERS,
        body=schemas.Review,
        answers=schemas.MeetingView,
        errors=(errors.MeetingOver, errors.NoProjectToReview, errors.ProjectOver),
    )
    def review_item(self, tx: db.Tx, request: Request, /, meeting_id: str, item_id: str) -> dict[str, Any]:
        """Record how far the project of an earlier meeting is."""
        meeting, at = _lock(tx, request, meeting_id)
        domain.require_planned(meeting)
        item = _item(tx, request, meeting_id, item_id)
        if item.reviewed_id is None:
            raise errors.NoProjectToReview()
        project, _ = projects.lock_reviewed(tx, item.reviewed_id)
        reviewed, events = domain.review(project, state=request.body["state"], meeting_id=meeting_id, at=at)
        projects.save_review(
            tx,
            reviewed,
            meeting_id=meeting_id,
            words=request.body["words"],
            by=request.actor.person_id,
            at=at,
        )
        outbox.add(tx, events)
        return _touched(tx, request, meeting)

    @post(
        "/cases/meetings/<uuid:meeting_id>/items/<uuid:item_id>/case",
        roles=CONVENERS,
        body=matter_schemas.Report,
        answers=matter_schemas.CaseView,
        status=201,
        errors=(errors.MeetingOver, errors.ItemHasCase, *FILING_ERRORS),
    )
    def file_item(self, tx: db.Tx, request: Request, /, meeting_id: str, item_id: str) -> dict[str, Any]:
        """File a point of the agenda as a matter, as any other report, with the meeting as its origin."""
        meeting, _ = _lock(tx, request, meeting_id)
        domain.require_planned(meeting)
        item = _item(tx, request, meeting_id, item_id)
        wanted = str(request.body["case_id"]) if "case_id" in request.body else None
        if item.case_id is not None and item.case_id != wanted:
            raise errors.ItemHasCase()
        found = {"channel": "residents_meeting", "origin": {"kind": "meeting", "id": meeting_id}}
        filed = file_report(tx, replace(request, body={**request.body, **found}))
        store.save_item(tx, replace(item, case_id=str(filed["case_id"])))
        return filed

    @post(
        "/cases/meetings/<uuid:meeting_id>/hold",
        roles=CONVENERS,
        body=schemas.Minutes,
        answers=schemas.MeetingView,
        errors=(errors.MeetingOver, errors.NotBegun, errors.TooFewAttended, errors.ReviewsMissing),
    )
    def hold_meeting(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Fix the minutes of a meeting that took place; what was agreed before has been looked at."""
        meeting, at = _lock(tx, request, meeting_id)
        request.match(meeting.version)
        held, events = domain.hold(
            meeting,
            minutes=request.body["minutes"],
            attended=store.attended(tx, meeting_id),
            unreviewed=store.unreviewed(tx, meeting_id),
            at=at,
        )
        store.save(tx, held)
        outbox.add(tx, events)
        return _view(tx, request, meeting_id)

    @post(
        "/cases/meetings/<uuid:meeting_id>/cancel",
        roles=CONVENERS,
        body=schemas.Cancelled,
        answers=schemas.MeetingView,
        errors=_OVER,
    )
    def cancel_meeting(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Cancel a meeting with the reason."""
        meeting, at = _lock(tx, request, meeting_id)
        request.match(meeting.version)
        cancelled, events = domain.cancel(meeting, words=request.body["words"], at=at)
        store.save(tx, cancelled)
        outbox.add(tx, events)
        return _view(tx, request, meeting_id)

    @get(
        "/cases/meetings/<uuid:meeting_id>/figures",
        roles=auth.STAFF,
        query=schemas.MonthQuery,
        answers=schemas.ConcernsView,
    )
    def meeting_figures(self, tx: db.Tx, request: Request, /, meeting_id: str) -> dict[str, Any]:
        """Read what the meeting's area raised in a month beside the month before, counted from the rows, and its rates.

        Months are those of the rates, in Beijing time: a matter belongs to the month of its report, an answer to the
        month in which it was first given.
        """
        meeting = store.header(tx, meeting_id, scopes=_scopes(request), person_id=request.actor.person_id)
        month = request.query["month"]
        since, until = rates.month_bounds(month)
        total = rates.figures(
            tx,
            month=month,
            scopes=[meeting["area"]],
            department=None,
            by="total",
            rates=rates_domain.of_set(rules_store.rules(tx).rate_set),
        )
        return {
            **store.concerns(
                tx,
                area=meeting["area"],
                before=rates.month_bounds(domain.month_before(month))[0],
                since=since,
                until=until,
            ),
            "month": month,
            "rates": total[0]["rates"] if total else [],
        }

    @get(
        "/cases/meetings/coverage",
        roles=CONVENERS,
        query=schemas.CoverageQuery,
        answers=schemas.CoverageView,
        page=True,
    )
    def meeting_coverage(self, tx: db.Tx, request: Request, /) -> Page:
        """List the communities of one's areas with how many meetings of a kind a month should see and saw."""
        query = request.query
        since, until = rates.month_bounds(query["month"])
        rows = store.held(
            tx,
            scopes=matters.within(query["area"], _scopes(request)),
            kind=query["kind"],
            since=since,
            until=until,
        )
        expected = domain.expected(query["kind"], query["month"])
        return Page(items=[{**row, "expected": expected} for row in rows])


def _lock(tx: db.Tx, request: Request, meeting_id: str) -> tuple[Meeting, datetime]:
    return store.lock(tx, meeting_id, scopes=_scopes(request))


def _item(tx: db.Tx, request: Request, meeting_id: str, item_id: str) -> Item:
    header = store.header(tx, meeting_id, scopes=_scopes(request), person_id=request.actor.person_id)
    return store.lock_item(tx, meeting_id, item_id, is_mine=header["is_mine"])


def _require_called(tx: db.Tx, request: Request, meeting_id: str) -> None:
    """Whoever could add themselves to the people of a confidential meeting would read its points.

    Raises NotFound where the meeting has such points and the caller was not called to it.
    """
    seen = store.view(tx, meeting_id, scopes=_scopes(request), person_id=request.actor.person_id)
    if not seen["is_mine"] and store.has_secrets(tx, meeting_id):
        raise NotFound()


def _require_known(tx: db.Tx, request: Request, meeting: Meeting) -> None:
    """Raises UnknownPeople; who was named before stays, though they may work elsewhere by now."""
    before = store.people_of(tx, meeting.meeting_id)
    named = {
        f"/people/{place}/person_id": str(one["person_id"])
        for place, one in enumerate(request.body["people"])
        if one["capacity"] not in domain.NOT_STAFF and str(one["person_id"]) not in before
    }
    people.require(tx, named, area=meeting.area, actor=request.actor)


def _agreed(tx: db.Tx, request: Request, meeting: Meeting, item: Item, at: datetime) -> Project | None:
    agreed = request.body["project"]
    if agreed is None:
        return None
    named = {f"/project/{name}": str(agreed[name]) for name in ("owner_id", "watcher_id")}
    people.require(tx, named, area=meeting.area, actor=request.actor)
    return Project(
        project_id=ids.new(),
        meeting_id=meeting.meeting_id,
        kind=meeting.kind,
        area=meeting.area,
        title=agreed["title"],
        owner_id=str(agreed["owner_id"]),
        watcher_id=str(agreed["watcher_id"]),
        due_on=agreed["due_on"],
        is_confidential=item.is_confidential,
        state="planned",
        agreed_at=at,
    )


def _touched(tx: db.Tx, request: Request, meeting: Meeting) -> dict[str, Any]:
    store.save(tx, replace(meeting, version=meeting.version + 1))
    return _view(tx, request, meeting.meeting_id)


def _view(tx: db.Tx, request: Request, meeting_id: str) -> dict[str, Any]:
    return store.view(tx, meeting_id, scopes=_scopes(request), person_id=request.actor.person_id)


def _scopes(request: Request) -> list[str]:
    return matters.of_areas(request.actor).scopes
