"""Callers of the hotline desk: found by their number, masked everywhere, shown to whoever says why."""

from typing import Any

from services.cases.api import steps
from services.cases.domain import errors
from services.cases.schemas import callers as schemas
from services.cases.store import callers
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import db, http
from shared.auth import Role
from shared.http import Page, Request, get, post

DESK = frozenset({Role.OPERATOR, Role.COMMUNITY_OFFICER, Role.DISPATCHER, Role.SUPERVISOR})
# Who may know a caller that asked to stay unknown: the hotline office. The department never.
CONFIDANTS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
READERS = DESK | {Role.GRID_WORKER, Role.GRID_LEAD, Role.CALLER, Role.RESPONDER}
AUDITORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
MOST_CASES = 50


class CallersApi:
    """Whom matters were filed on behalf of."""

    @post("/cases/callers/search", roles=DESK, body=schemas.CallerSearch, answers=schemas.CallersCases)
    def search_caller(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """List the earlier matters of a phone number, newest first, while its owner is on the line.

        Those of confidential callers are shown to the hotline office only.
        """
        rows = callers.cases_of(
            tx,
            request.body["phone"],
            scopes=store.of_areas(request.actor).scopes,
            sees_confidential=request.actor.has(*CONFIDANTS),
            most=MOST_CASES,
        )
        return {"items": rows}

    @post(
        "/cases/<uuid:case_id>/caller/unmask",
        roles=READERS,
        body=schemas.Unmask,
        answers=schemas.UnmaskedView,
        errors=(errors.ConfidentialCaller,),
        # A kept answer would be a plain copy of the number.
        replays=False,
    )
    def unmask_caller(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, str]:
        """Show a caller's name or phone to somebody who says why; who, when, what and why are kept."""
        actor = request.actor
        row = callers.get(tx, case_id, **vars(store.seen(actor)))
        took_the_call = str(row["first_inquiry_by"]) == actor.person_id
        if row["is_confidential"] and not (took_the_call or actor.has(*CONFIDANTS)):
            raise errors.ConfidentialCaller()
        return callers.unmask(
            tx,
            case_id,
            row,
            sorted(set(request.body["fields_"])),
            reason=request.body["reason"],
            by=actor.person_id,
            role=steps.by(actor, READERS).role,
        )

    @get(
        "/cases/<uuid:case_id>/caller/unmaskings",
        roles=AUDITORS,
        query=http.PageQuery,
        answers=schemas.UnmaskingView,
        page=True,
    )
    def list_caller_unmaskings(self, tx: db.Tx, request: Request, /, case_id: str) -> Page:
        """List who looked at a caller's name or phone and why, newest first."""
        cursor = request.cursor(length=1)
        rows = queries.list_caller_unmaskings(
            tx,
            case_id=case_id,
            scopes=store.of_areas(request.actor).scopes,
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["unmasking_id"])])
