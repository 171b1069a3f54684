"""Services with appointed times. Address and phone are sealed on the way in and masked on the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.cases.domain import errors as domain_errors
from services.cases.domain.appointments import Appointment
from services.cases.store.sql import queries
from shared import db, errors, ids, personal

_LATER = ("worker_id", "starts_at", "ends_at", "outcome", "ended_at", "version")


def add(tx: db.Tx, appointment: Appointment, *, address: str, phone: str | None) -> None:
    columns = {name: value for name, value in asdict(appointment).items() if name not in _LATER}
    queries.add_appointment(
        tx,
        **{**columns, "items": list(appointment.items)},
        address=personal.encrypt(address),
        phone=None if phone is None else personal.encrypt(phone),
    )


def lock(
    tx: db.Tx, appointment_id: str, *, scopes: list[str], person_id: str | None
) -> tuple[Appointment, datetime]:
    """An appointment of these areas or of this resident, locked. Raises NotFound."""
    row = queries.lock_appointment(tx, appointment_id=appointment_id, scopes=scopes, person_id=person_id)
    if row is None:
        raise errors.NotFound()
    return _appointment_of(row), row["at"]


def save(tx: db.Tx, appointment: Appointment) -> None:
    queries.save_appointment(
        tx,
        appointment_id=appointment.appointment_id,
        state=appointment.state,
        worker_id=appointment.worker_id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        outcome=appointment.outcome,
        ended_at=appointment.ended_at,
        version=appointment.version,
    )


def require_free(
    tx: db.Tx, appointment_id: str, *, worker_id: str, starts_at: datetime, ends_at: datetime
) -> None:
    """Holds the worker's diary until the commit. Raises WorkerBusy."""
    queries.hold_worker(tx, worker_id=worker_id)
    if queries.clashing(
        tx, worker_id=worker_id, appointment_id=appointment_id, starts_at=starts_at, ends_at=ends_at
    ):
        raise domain_errors.WorkerBusy()


def view(tx: db.Tx, appointment_id: str, *, scopes: list[str], person_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return _shown(_row(tx, appointment_id, scopes, person_id), person_id)


def listed(
    tx: db.Tx,
    *,
    scopes: list[str],
    area: str | None,
    person_id: str,
    state: str | None,
    mode: str | None,
    worker_id: str | None,
    is_overdue: bool,
    after: Sequence[Any] | None,
    most: int,
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    rows = queries.list_appointments(
        tx,
        scopes=scopes,
        area=area,
        person_id=person_id,
        state=state,
        mode=mode,
        worker_id=worker_id,
        overdue=is_overdue,
        after_at=after_at,
        after_id=after_id,
        most=most,
    )
    return [_shown(row, person_id) for row in rows]


def unmask(
    tx: db.Tx, appointment_id: str, *, scopes: list[str], person_id: str, reason: str
) -> dict[str, Any]:
    """The plain address and phone; who asked and why is kept. Raises NotFound."""
    row = _row(tx, appointment_id, scopes, person_id)
    queries.add_unmasking(
        tx,
        unmasking_id=ids.new(),
        subject_kind="appointment",
        subject_id=appointment_id,
        person_id=person_id,
        reason=reason,
    )
    return {"address": personal.decrypt(row["address"]), "phone": _opened(row["phone"])}


def erase_old(tx: db.Tx, *, before: datetime, most: int) -> int:
    """Forgets residents of services that ended before a moment; answers how many. An old release reads them still."""
    erased: int = queries.erase_appointments(tx, nothing=personal.encrypt(""), ended_before=before, most=most)
    return erased


def _row(tx: db.Tx, appointment_id: str, scopes: list[str], person_id: str) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = queries.get_appointment(
        tx, appointment_id=appointment_id, scopes=scopes, person_id=person_id
    )
    if row is None:
        raise errors.NotFound()
    return row


def _shown(row: Mapping[str, Any], person_id: str) -> dict[str, Any]:
    """Who asked for it or goes there sees where; everybody else sees that there is an address."""
    is_theirs = person_id in (str(row["resident_id"]), str(row["worker_id"]))
    phone = _opened(row["phone"])
    return {
        **row,
        "address": personal.decrypt(row["address"]) if is_theirs else None,
        "phone_masked": None if phone is None else personal.mask_phone(phone),
    }


def _opened(sealed: bytes | None) -> str | None:
    return None if sealed is None else personal.decrypt(sealed)


def _appointment_of(row: Mapping[str, Any]) -> Appointment:
    return Appointment(
        appointment_id=str(row["appointment_id"]),
        area=row["area"],
        mode=row["mode"],
        items=tuple(row["items"]),
        words=row["words"],
        resident_id=None if row["resident_id"] is None else str(row["resident_id"]),
        asked_by=str(row["asked_by"]),
        asked_at=row["asked_at"],
        wanted_from=row["wanted_from"],
        wanted_until=row["wanted_until"],
        state=row["state"],
        worker_id=None if row["worker_id"] is None else str(row["worker_id"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        outcome=row["outcome"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
