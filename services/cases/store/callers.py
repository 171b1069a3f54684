"""Callers a matter was filed on behalf of: sealed at rest, found by exact phone only, masked in every answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.cases.store.sql import queries
from shared import db, errors, ids, personal

_AT_ONCE = 200


def insert(tx: db.Tx, case_id: str, caller: Mapping[str, str | None], *, at: datetime) -> None:
    """Keeps a caller's name and phone, as far as given."""
    phone = caller["phone"]
    queries.insert_caller(
        tx,
        case_id=case_id,
        filed_at=at,
        name=_sealed(caller["name"]),
        phone=_sealed(phone),
        phone_index=personal.blind_index(phone) if phone else None,
    )


def masked(sealed: Sequence[str | None] | None) -> dict[str, str | None] | None:
    """What an answer may show of sealed [name, phone] in hex; None where there is no caller, or not for this reader."""
    if sealed is None or not any(sealed):
        return None
    name, phone = (one and personal.decrypt(bytes.fromhex(one)) for one in sealed)
    return shown({"name": name, "phone": phone})


def shown(caller: Mapping[str, str | None]) -> dict[str, str | None]:
    """A caller as every answer shows them."""
    name, phone = caller["name"], caller["phone"]
    return {
        "name_masked": personal.mask_name(name) if name else None,
        "phone_masked": personal.mask_phone(phone) if phone else None,
    }


def get(tx: db.Tx, case_id: str, **reach: Any) -> dict[str, Any]:
    """A matter's caller, sealed, with what decides who may look. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_caller(tx, case_id=case_id, **reach)
    if row is None:
        raise errors.NotFound()
    return row


def unmask(
    tx: db.Tx, case_id: str, row: Mapping[str, Any], fields: Sequence[str], *, reason: str, by: str, role: str
) -> dict[str, str]:
    """The plain values asked for, and a note of who asked and why."""
    queries.add_caller_unmasking(
        tx,
        unmasking_id=ids.new(),
        case_id=case_id,
        fields=list(fields),
        reason=reason,
        person_id=by,
        role=role,
    )
    return {field: personal.decrypt(row[field]) for field in fields if row[field] is not None}


def cases_of(
    tx: db.Tx, phone: str, *, scopes: Sequence[str], sees_confidential: bool, most: int
) -> list[dict[str, Any]]:
    """Earlier matters of a phone inside the scopes, newest first."""
    rows: list[dict[str, Any]] = queries.cases_of_caller(
        tx,
        phone_index=personal.blind_index(phone),
        scopes=list(scopes),
        sees_confidential=sees_confidential,
        most=most,
    )
    return rows


def erase_old(tx: db.Tx, *, before: datetime) -> int:
    """Forgets callers whose matter ended before a moment; answers how many."""
    erased: int = queries.erase_callers(tx, ended_before=before, most=_AT_ONCE)
    return erased


def _sealed(plain: str | None) -> bytes | None:
    return personal.encrypt(plain) if plain else None
