"""Rows of the documents that approvals gather."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.cases.domain.case import Case
from services.cases.domain.documents import Document, DocumentState
from services.cases.store.sql import queries
from shared import db, errors


def require(tx: db.Tx, case: Case, matter: Mapping[str, Any] | None) -> None:
    """The checklist of an approval just filed, as the catalogue says it; other matters have none."""
    if case.documents_missing and matter is not None:
        require_names(tx, case.case_id, matter["required_documents"], at=case.reported_at)


def require_names(tx: db.Tx, case_id: str, names: Sequence[str], *, at: datetime) -> None:
    if names:
        queries.require_documents(tx, case_id=case_id, names=list(names), at=at)


def of_catalogue(tx: db.Tx, category: str) -> list[str]:
    """What the catalogue lets a matter gather."""
    row = queries.newest_matter(tx, code=category)
    return list(row["required_documents"]) if row else []


def add(tx: db.Tx, case_id: str, document: Document, *, by: str | None, at: datetime) -> None:
    queries.add_document(
        tx, case_id=case_id, position=document.position, name=document.name, changed_by=by, at=at
    )


def save(tx: db.Tx, case_id: str, document: Document, *, by: str | None, at: datetime) -> None:
    queries.set_document(
        tx,
        case_id=case_id,
        position=document.position,
        state=document.state,
        words=document.words,
        changed_by=by,
        at=at,
    )


def of(tx: db.Tx, case_id: str) -> list[Document]:
    """A matter's checklist in its order; the caller holds the matter's lock."""
    return [
        Document(
            position=row["position"],
            name=row["name"],
            state=DocumentState(row["state"]),
            words=row["words"],
        )
        for row in queries.documents_of(tx, case_id=case_id)
    ]


def rows(tx: db.Tx, case_id: str, **reach: Any) -> list[dict[str, Any]]:
    """A matter's checklist as people read it. Raises NotFound outside the reach."""
    if not queries.sees_case(tx, case_id=case_id, **reach):
        raise errors.NotFound()
    found: list[dict[str, Any]] = queries.documents_of(tx, case_id=case_id)
    return found
