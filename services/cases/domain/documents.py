"""The documents an approval 审批性 gathers, until it is submitted and followed to the end (domain.md §3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.cases.domain import errors, steps
from services.cases.domain.case import LEVELS, OPEN, By, Case, Change, State, change
from shared.contracts.cases import CaseLevel


class DocumentState(StrEnum):
    MISSING = "missing"
    RECEIVED = "received"
    # It is not needed in this case after all.
    WAIVED = "waived"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document of a matter's checklist."""

    position: int
    name: str
    state: DocumentState = DocumentState.MISSING
    words: str | None = None


def require(case: Case, *, position: int, name: str, by: By, at: datetime) -> tuple[Document, Change]:
    """One more document is needed."""
    _require_open_approval(case)
    document = Document(position=position, name=name)
    return document, _noted(case, "document_required", document, 1, by=by, at=at)


def settle(
    case: Case, document: Document, state: DocumentState, *, words: str, by: By, at: datetime
) -> tuple[Document, Change]:
    """A missing document was taken in or waived, or one taken in is missing again: it was given back.

    Raises DocumentNotMissing or DocumentMissing when it is not in the state this begins from.
    """
    _require_open_approval(case)
    is_missing = document.state is DocumentState.MISSING
    if state is DocumentState.MISSING and is_missing:
        raise errors.DocumentMissing()
    if state is not DocumentState.MISSING and not is_missing:
        raise errors.DocumentNotMissing()
    action = {
        DocumentState.RECEIVED: "document_received",
        DocumentState.WAIVED: "document_waived",
        DocumentState.MISSING: "document_given_back",
    }[state]
    settled = replace(document, state=state, words=words)
    return settled, _noted(case, action, settled, -1 if is_missing else 1, by=by, at=at)


def submit(case: Case, *, to_level: CaseLevel, words: str, by: By, at: datetime) -> Change:
    """With every document there the application goes to the community or subdistrict, which handles it from then on.

    Raises DocumentsMissing.
    """
    _require_open_approval(case)
    if case.state is State.RECEIVED:
        raise errors.NotInThisState(state=case.state, allowed=[State.TRIAGED, State.HANDLING])
    if case.documents_missing:
        raise errors.DocumentsMissing(missing=case.documents_missing)
    submitted = change(
        case,
        "submitted",
        by=by,
        at=at,
        detail={"to": to_level, "words": words},
        state=State.HANDLING,
        first_handler_by=case.first_handler_by or by.person_id,
    )
    if LEVELS.index(to_level) <= LEVELS.index(case.level):
        return submitted
    return submitted.then(
        lambda one: steps.climb(one, to_level=to_level, reason="审批性事项，材料齐全提交", by=by, at=at)
    )


def _noted(case: Case, action: str, document: Document, more: int, *, by: By, at: datetime) -> Change:
    return change(
        case,
        action,
        by=by,
        at=at,
        detail={"document": document.name, "words": document.words},
        documents_missing=case.documents_missing + more,
    )


def _require_open_approval(case: Case) -> None:
    if case.state not in OPEN:
        raise errors.NotInThisState(state=case.state, allowed=sorted(OPEN))
    if case.mechanism != "approval":
        raise errors.NotAnApproval(mechanism=case.mechanism)
