"""The project service list 项目服务清单: what meetings agreed on, with who does it and who watches."""

from typing import Any

from services.cases.domain import errors
from services.cases.domain import meetings as domain
from services.cases.schemas import meetings as schemas
from services.cases.store import matters
from services.cases.store import projects as store
from shared import auth, db, http
from shared.bus import outbox
from shared.http import Page, Request, get, post


class ProjectsApi:
    """What meetings agreed on."""

    @get(
        "/cases/projects",
        roles=auth.ANYONE,
        query=schemas.ProjectFilter,
        answers=schemas.ProjectView,
        page=True,
    )
    def list_projects(self, tx: db.Tx, request: Request, /) -> Page:
        """List projects of one's areas and those one owns or watches, first due first."""
        cursor, query = request.cursor(length=2), request.query
        rows = store.listed(
            tx,
            scopes=matters.within(query["area"], matters.of_areas(request.actor).scopes),
            area=query["area"],
            person_id=request.actor.person_id,
            is_mine=query["mine"],
            state=query["state"],
            is_overdue=query["overdue"],
            today=matters.today(db.now(tx)),
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows, limit=request.limit, key=lambda row: [row["due_on"].isoformat(), str(row["project_id"])]
        )

    @get("/cases/projects/<uuid:project_id>", roles=auth.ANYONE, answers=schemas.ProjectView)
    def read_project(self, tx: db.Tx, request: Request, /, project_id: str) -> dict[str, Any]:
        """Read a project with every look at it."""
        return _view(tx, request, project_id)

    @post(
        "/cases/projects/<uuid:project_id>/review",
        roles=auth.ANYONE,
        body=schemas.Review,
        answers=schemas.ProjectView,
        errors=(errors.ProjectOver,),
    )
    def review_project(self, tx: db.Tx, request: Request, /, project_id: str) -> dict[str, Any]:
        """Say how far a project is, between meetings: as its owner, its watcher, or staff of the area."""
        project, at = store.lock(
            tx,
            project_id,
            scopes=matters.of_areas(request.actor).scopes,
            person_id=request.actor.person_id,
        )
        request.match(project.version)
        reviewed, events = domain.review(project, state=request.body["state"], meeting_id=None, at=at)
        store.save_review(
            tx,
            reviewed,
            meeting_id=None,
            words=request.body["words"],
            by=request.actor.person_id,
            at=at,
        )
        outbox.add(tx, events)
        return _view(tx, request, project_id)


def _view(tx: db.Tx, request: Request, project_id: str) -> dict[str, Any]:
    return store.view(
        tx,
        project_id,
        scopes=matters.of_areas(request.actor).scopes,
        person_id=request.actor.person_id,
        today=matters.today(db.now(tx)),
    )
