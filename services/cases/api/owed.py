"""What the grid and the community owe residents: a discussion of what needs one, and the word what came of it."""

from typing import Any

from services.cases.api import steps
from services.cases.domain import errors, mechanisms
from services.cases.schemas import owed as schemas
from services.cases.schemas.matters import CaseView, Said
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import clock, db, http
from shared import errors as kinds
from shared.auth import Role
from shared.http import Page, Request, get, post

COMMUNITY = frozenset({Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
TELLERS = COMMUNITY | {Role.GRID_WORKER, Role.OPERATOR}
_SUBDISTRICT_DIGITS = 9
WATCHERS = TELLERS | {Role.CALLER, Role.SUPERVISOR}


class OwedApi:
    """Discussions and tellings."""

    @get(
        "/cases/discussions",
        roles=WATCHERS,
        query=schemas.DiscussionFilter,
        answers=schemas.DiscussionView,
        page=True,
    )
    def list_discussions(self, tx: db.Tx, request: Request, /) -> Page:
        """List the coordination matters the community has to discuss, oldest first."""
        asked = _page_of(request)
        found = queries.list_wide_discussions if _is_wide(asked) else queries.list_discussions
        rows = found(tx, **asked)
        return http.page(rows, limit=request.limit, key=lambda row: _key(row, "discussion_id"))

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

    @get(
        "/cases/tellings",
        roles=WATCHERS,
        query=schemas.TellingFilter,
        answers=schemas.TellingItem,
        page=True,
    )
    def list_tellings(self, tx: db.Tx, request: Request, /) -> Page:
        """List whose reporters have to be told of what, oldest first.

        They are those whose matter was merged into one that is resolved or declined now, and those whose own matter
        was declined.
        """
        asked = _page_of(request)
        found = queries.list_wide_tellings if _is_wide(asked) else queries.list_tellings
        rows = found(tx, **asked)
        return http.page(rows, limit=request.limit, key=lambda row: _key(row, "telling_id"))

    @post(
        "/cases/tellings/<uuid:telling_id>/told",
        roles=TELLERS,
        body=schemas.Told,
        answers=schemas.TellingView,
        errors=(errors.ToldAlready,),
    )
    def tell_reporter(self, tx: db.Tx, request: Request, /, telling_id: str) -> dict[str, Any]:
        """Record that a reporter was told, and how."""
        reach = store.of_areas(request.actor)
        case_id = queries.case_of_telling(tx, telling_id=telling_id, scopes=reach.scopes)
        if case_id is None:
            raise kinds.NotFound()
        case, at = store.lock(tx, str(case_id), reach)
        finished: dict[str, Any] | None = queries.finish_telling(
            tx, telling_id=telling_id, told_by=request.actor.person_id, at=at, **request.body
        )
        if finished is None:
            raise errors.ToldAlready()
        by = steps.by(request.actor, TELLERS)
        store.save(tx, mechanisms.told(case, how=request.body["how"], by=by, at=at))
        return finished


def _page_of(request: Request) -> dict[str, Any]:
    after_at, after_id = request.cursor(length=2) or (None, None)
    return {
        "scopes": store.within(request.query["area"], store.of_areas(request.actor).scopes),
        "state": request.query["state"],
        "after_at": None if after_at is None else str(after_at),
        "after_id": None if after_id is None else str(after_id),
        "most": request.limit + 1,
    }


def _is_wide(asked: dict[str, Any]) -> bool:
    """True for districts and cities, whose rows are most of the table."""
    return any(len(scope) < _SUBDISTRICT_DIGITS for scope in asked["scopes"])


def _key(row: dict[str, Any], name: str) -> list[Any]:
    return [clock.rfc3339(row["opened_at"]), str(row[name])]
