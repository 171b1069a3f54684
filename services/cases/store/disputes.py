"""Disputes. Who the parties are, what they said and what they agreed on is sealed on the way in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.cases.domain import errors as domain_errors
from services.cases.domain.disputes import Dispute, Session
from services.cases.store.sql import queries
from shared import db, errors, ids, personal

_LATER = ("perform_by", "ended_at", "version")


def add(tx: db.Tx, dispute: Dispute, parties: Iterable[Mapping[str, Any]]) -> None:
    """Raises DisputeOpen where the matter's dispute is at the desk already."""
    columns = {name: value for name, value in asdict(dispute).items() if name not in _LATER}
    with db.translating({"disputes_open_key": domain_errors.DisputeOpen}):
        queries.add_dispute(
            tx,
            **{**columns, "mediators": list(dispute.mediators), "departments": list(dispute.departments)},
        )
    for party in parties:
        queries.add_party(
            tx,
            party_id=ids.new(),
            dispute_id=dispute.dispute_id,
            side=party["side"],
            name=personal.encrypt(party["name"]),
            phone=personal.encrypt(party["phone"]) if party["phone"] else None,
        )


def case_of(tx: db.Tx, dispute_id: str) -> str:
    """Raises NotFound."""
    case_id = queries.case_of_dispute(tx, dispute_id=dispute_id)
    if case_id is None:
        raise errors.NotFound()
    return str(case_id)


def lock(tx: db.Tx, dispute_id: str, *, scopes: list[str], person_id: str) -> tuple[Dispute, datetime]:
    """A dispute of these areas, or one this person mediates, locked. Raises NotFound."""
    row = queries.lock_dispute(tx, dispute_id=dispute_id, scopes=scopes, person_id=person_id)
    if row is None:
        raise errors.NotFound()
    dispute = Dispute(
        dispute_id=str(row["dispute_id"]),
        case_id=str(row["case_id"]),
        area=row["area"],
        state=row["state"],
        mediators=tuple(str(one) for one in row["mediators"]),
        departments=tuple(row["departments"]),
        opened_by=str(row["opened_by"]),
        opened_at=row["opened_at"],
        perform_by=row["perform_by"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
    return dispute, row["at"]


def save(tx: db.Tx, dispute: Dispute, *, agreement: str | None = None) -> None:
    queries.save_dispute(
        tx,
        dispute_id=dispute.dispute_id,
        state=dispute.state,
        agreement=None if agreement is None else personal.encrypt(agreement),
        perform_by=dispute.perform_by,
        ended_at=dispute.ended_at,
        version=dispute.version,
    )


def seat(tx: db.Tx, dispute: Dispute) -> None:
    """Writes who sits at the desk."""
    queries.seat_dispute(
        tx,
        dispute_id=dispute.dispute_id,
        mediators=list(dispute.mediators),
        departments=list(dispute.departments),
        version=dispute.version,
    )


def view(
    tx: db.Tx, dispute_id: str, *, scopes: list[str], person_id: str, department: str | None
) -> dict[str, Any]:
    """A dispute with masked parties; records and agreement for its mediators and its area only. Raises NotFound."""
    row = _row(tx, dispute_id, scopes, person_id, department)
    is_theirs = row["is_theirs"]
    return {
        **row,
        "agreement": _opened(row["agreement"]) if is_theirs else None,
        "parties": [
            {
                "party_id": party["party_id"],
                "side": party["side"],
                "name_masked": personal.mask_name(personal.decrypt(party["name"])),
                "phone_masked": None
                if party["phone"] is None
                else personal.mask_phone(personal.decrypt(party["phone"])),
            }
            for party in queries.parties_of(tx, dispute_id=dispute_id)
        ],
        "sessions": [
            {**session, "record": _opened(session["record"]) if is_theirs else None}
            for session in queries.sessions_of(tx, dispute_id=dispute_id)
        ],
    }


def unmask(
    tx: db.Tx, dispute_id: str, *, scopes: list[str], person_id: str, reason: str
) -> list[dict[str, Any]]:
    """The parties' plain names and phones; who asked and why is kept. Raises NotFound."""
    _row(tx, dispute_id, scopes, person_id, None)
    queries.add_unmasking(
        tx,
        unmasking_id=ids.new(),
        subject_kind="dispute",
        subject_id=dispute_id,
        person_id=person_id,
        reason=reason,
    )
    return [
        {
            "party_id": party["party_id"],
            "side": party["side"],
            "name": personal.decrypt(party["name"]),
            "phone": _opened(party["phone"]),
        }
        for party in queries.parties_of(tx, dispute_id=dispute_id)
    ]


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    area: str | None,
    person_id: str,
    department: str | None,
    state: str | None,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    rows: list[dict[str, Any]] = queries.list_disputes(
        tx,
        scopes=scopes,
        area=area,
        person_id=person_id,
        department=department,
        state=state,
        after_at=after_at,
        after_id=after_id,
        most=most,
    )
    return rows


def add_session(tx: db.Tx, session: Session) -> None:
    columns = asdict(session)
    del columns["ended_at"]
    queries.add_session(tx, **columns)


def lock_session(tx: db.Tx, dispute_id: str, session_id: str) -> Session:
    """A session; the caller holds the dispute. Raises NotFound."""
    row: Mapping[str, Any] | None = queries.lock_session(tx, dispute_id=dispute_id, session_id=session_id)
    if row is None:
        raise errors.NotFound()
    return Session(**{**row, "session_id": str(row["session_id"]), "dispute_id": str(row["dispute_id"])})


def save_session(tx: db.Tx, session: Session, *, record: str) -> None:
    queries.save_session(
        tx,
        session_id=session.session_id,
        state=session.state,
        record=personal.encrypt(record),
        ended_at=session.ended_at,
    )


def sessions_held(tx: db.Tx, dispute_id: str) -> int:
    count: int = queries.sessions_held(tx, dispute_id=dispute_id)
    return count


def erase_old(tx: db.Tx, *, before: datetime, most: int) -> int:
    """Forgets the parties of disputes that ended before a moment; answers how many."""
    found = [row["dispute_id"] for row in queries.lock_disputes_to_erase(tx, ended_before=before, most=most)]
    if found:
        with db.together(tx):
            queries.erase_parties(tx, dispute_ids=found, nothing=personal.encrypt(""))
            queries.erase_records(tx, dispute_ids=found)
            queries.disputes_erased(tx, dispute_ids=found)
    return len(found)


def _row(
    tx: db.Tx, dispute_id: str, scopes: list[str], person_id: str, department: str | None
) -> dict[str, Any]:
    row: dict[str, Any] | None = queries.get_dispute(
        tx, dispute_id=dispute_id, scopes=scopes, person_id=person_id, department=department
    )
    if row is None:
        raise errors.NotFound()
    return row


def _opened(sealed: bytes | None) -> str | None:
    return None if sealed is None else personal.decrypt(sealed)
