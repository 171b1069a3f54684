"""Approvals 审批性: documents are gathered, the application is submitted and followed to the end."""

from typing import Any

from services.cases.api import steps
from services.cases.domain import documents as domain
from services.cases.domain import errors
from services.cases.schemas import documents as schemas
from services.cases.schemas.matters import CaseView
from services.cases.store import documents
from services.cases.store import matters as store
from shared import auth, db
from shared.auth import Role
from shared.http import Request, get, post

HANDLERS = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.CALLER, Role.DISPATCHER})
MOST_DOCUMENTS = 50
_ERRORS = (errors.NotInThisState, errors.NotAnApproval)


class DocumentsApi:
    """What an approval gathers."""

    @get("/cases/<uuid:case_id>/documents", roles=auth.ANYONE, answers=schemas.Checklist)
    def list_documents(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """List the documents an approval gathers and which are there; other matters have none."""
        return {"items": documents.rows(tx, case_id, **vars(store.seen(request.actor)))}

    @post(
        "/cases/<uuid:case_id>/documents",
        roles=HANDLERS,
        body=schemas.RequireDocument,
        answers=CaseView,
        errors=(*_ERRORS, errors.TooManyDocuments, db.AlreadyExists),
    )
    def require_document(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Ask for one more document."""
        case, at = store.lock(tx, case_id, store.of_areas(request.actor))
        request.match(case.version)
        known = documents.of(tx, case_id)
        if any(document.name == request.body["name"] for document in known):
            raise db.AlreadyExists()
        if len(known) >= MOST_DOCUMENTS:
            raise errors.TooManyDocuments(most=MOST_DOCUMENTS)
        by = steps.by(request.actor, HANDLERS)
        document, change = domain.require(
            case, position=len(known) + 1, name=request.body["name"], by=by, at=at
        )
        documents.add(tx, case_id, document, by=by.person_id, at=at)
        return steps.saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/documents/<int:position>",
        roles=HANDLERS,
        body=schemas.SettleDocument,
        answers=CaseView,
        errors=(*_ERRORS, errors.DocumentUnknown, errors.DocumentNotMissing, errors.DocumentMissing),
    )
    def settle_document(self, tx: db.Tx, request: Request, /, case_id: str, position: str) -> dict[str, Any]:
        """Take a document in, waive it with a word why, or give back one that was taken in."""
        case, at = store.lock(tx, case_id, store.of_areas(request.actor))
        request.match(case.version)
        by = steps.by(request.actor, HANDLERS)
        found = next((one for one in documents.of(tx, case_id) if str(one.position) == position), None)
        if found is None:
            raise errors.DocumentUnknown()
        document, change = domain.settle(
            case, found, request.body["state"], words=request.body["words"], by=by, at=at
        )
        documents.save(tx, case_id, document, by=by.person_id, at=at)
        return steps.saved(tx, request, change)

    @post(
        "/cases/<uuid:case_id>/submit",
        roles=HANDLERS,
        body=schemas.Submit,
        answers=CaseView,
        errors=(*_ERRORS, errors.DocumentsMissing),
    )
    def submit(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Submit an application whose documents are all there to the community or the subdistrict."""
        return steps.step(
            tx,
            request,
            case_id,
            HANDLERS,
            lambda case, by, at: domain.submit(case, by=by, at=at, **request.body),
        )
