"""Kinships inside the caller's scopes, or the caller's own."""

from collections.abc import Sequence
from typing import Any

from services.registry.domain import kinship as domain
from services.registry.store.sql import FIRST_ID, queries, text_id
from shared import db


def add(tx: db.Tx, kinship: domain.Kinship) -> None:
    """Raises KinshipRegistered."""
    with db.translating({"kinships_pair_key": domain.KinshipRegistered}):
        queries.insert_kinship(
            tx,
            id=kinship.id,
            area=kinship.area,
            person_id=kinship.person_id,
            relative_id=kinship.relative_id,
            relation=kinship.relation,
            state=kinship.state,
            registered_by=kinship.registered_by,
            registered_at=kinship.registered_at,
        )


def save(tx: db.Tx, kinship: domain.Kinship) -> None:
    queries.update_kinship(
        tx,
        id=kinship.id,
        state=kinship.state,
        decided_by=kinship.decided_by,
        decided_at=kinship.decided_at,
        version=kinship.version,
    )


def get(tx: db.Tx, kinship_id: str, *, scopes: Sequence[str], self_id: str) -> domain.Kinship:
    """Raises KinshipUnknown."""
    return _found(queries.get_kinship(tx, id=kinship_id, scopes=list(scopes), self_id=self_id))


def lock(tx: db.Tx, kinship_id: str, *, scopes: Sequence[str]) -> domain.Kinship:
    """A kinship, held. Raises KinshipUnknown."""
    return _found(queries.lock_kinship(tx, id=kinship_id, scopes=list(scopes)))


def page(
    tx: db.Tx, *, scopes: Sequence[str], state: str | None, after: tuple[str, str] | None, most: int
) -> list[domain.Kinship]:
    """Kinships by area."""
    area, kinship_id = after or ("", FIRST_ID)
    common: dict[str, Any] = {
        "scopes": list(scopes),
        "after_area": area,
        "after_id": kinship_id,
        "most": most,
    }
    if state is not None:
        rows = queries.list_kinships_in(tx, state=state, **common)
    else:
        rows = queries.list_kinships(tx, **common)
    return [_kinship(row) for row in rows]


def of_person(tx: db.Tx, person_id: str) -> list[domain.Kinship]:
    """A person's kinships; the caller has checked that the person is in scope or is the caller."""
    return [_kinship(row) for row in queries.kinships_of_person(tx, person_id=person_id)]


def _found(row: dict[str, Any] | None) -> domain.Kinship:
    if row is None:
        raise domain.KinshipUnknown()
    return _kinship(row)


def _kinship(row: dict[str, Any]) -> domain.Kinship:
    return domain.Kinship(
        id=str(row["id"]),
        area=row["area"],
        person_id=str(row["person_id"]),
        relative_id=str(row["relative_id"]),
        relation=domain.Relation(row["relation"]),
        state=domain.State(row["state"]),
        registered_by=str(row["registered_by"]),
        registered_at=row["registered_at"],
        decided_by=text_id(row["decided_by"]),
        decided_at=row["decided_at"],
        version=row["version"],
    )
