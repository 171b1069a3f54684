"""Discussions the community owes: matters taken back to it 协调性."""

from typing import Any

from services.cases.api import steps
from services.cases.domain import errors, mechanisms
from services.cases.schemas import owed as schemas
from services.cases.schemas.matters import CaseView, Said
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import clock, db, http
from shared.auth import Role
from shared.http import Page, Request, get, post

COMMUNITY = frozenset({Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
WATCHERS = COMMUNITY | {Role.GRID_WORKER, Role.OPERATOR, Role.CALLER, Role.SUPERVISOR}


class OwedApi:
    """Discussions."""

    @get(
        "/cases/discussions",
        roles=WATCHERS,
        query=schemas.DiscussionFilter,
        answers=schemas.DiscussionView,
        page=True,
    )
    def list_discussions(self, tx: db.Tx, request: Request, /) -> Page:
        """List the coordination matters the community has to discuss, oldest first."""
        rows = queries.list_discussions(tx, **_page_of(request))
        return http.page(rows, limit=request.limit, key=_key)

    @post(
        "/cases/<uuid:case_id>/discuss",
        roles=COMMUNITY,
        body=Said,
        answers=CaseView,
        errors=(errors.NotInThisState, errors.NothingToDiscuss),
    )
    def discuss(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Record what the community's discussion of a matter came to; it is the community's from then on."""
        case, at = store.lock(tx, case_id, store.of_areas(request.actor))
        request.match(case.version)
        if not queries.is_discussion_open(tx, case_id=case_id):
            raise errors.NothingToDiscuss()
        by = steps.by(request.actor, COMMUNITY)
        return steps.saved(tx, request, mechanisms.discuss(case, words=request.body["words"], by=by, at=at))


def _page_of(request: Request) -> dict[str, Any]:
    after_at, after_id = request.cursor(length=2) or (None, None)
    return {
        "scopes": store.within(request.query["area"], store.of_areas(request.actor).scopes),
        "state": request.query["state"],
        "after_at": None if after_at is None else str(after_at),
        "after_id": None if after_id is None else str(after_id),
        "most": request.limit + 1,
    }


def _key(row: dict[str, Any]) -> list[Any]:
    return [clock.rfc3339(row["opened_at"]), str(row["discussion_id"])]
