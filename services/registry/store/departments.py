"""Departments (public) and their responders (staff)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain import departments as domain
from services.registry.store.sql import FIRST_ID, queries
from shared import db


@dataclass(frozen=True, kw_only=True)
class Responder:
    """Somebody who signs for a department."""

    person_id: str
    name: str
    since: datetime


def page(
    tx: db.Tx, *, inside: str | None, active: bool | None, after: str | None, most: int
) -> list[domain.Department]:
    """Departments by id. Public."""
    rows = queries.list_departments(tx, inside=inside or "", active=active, after=after or "", most=most)
    return [_department(row) for row in rows]


def get(tx: db.Tx, department_id: str) -> domain.Department:
    """One department. Public. Raises DepartmentUnknown."""
    row = queries.get_department(tx, id=department_id)
    if row is None:
        raise domain.DepartmentUnknown()
    return _department(row)


def lock(tx: db.Tx, department_id: str, *, scopes: Sequence[str]) -> domain.Department:
    """One department whose area lies inside the scopes, held. Raises DepartmentUnknown."""
    row = queries.lock_department(tx, id=department_id, scopes=list(scopes))
    if row is None:
        raise domain.DepartmentUnknown()
    return _department(row)


def add(tx: db.Tx, department: domain.Department) -> None:
    """Raises DepartmentExists."""
    known = {
        "departments_pkey": domain.DepartmentExists,
        "departments_area_kind_key": domain.DepartmentExists,
    }
    with db.translating(known):
        queries.insert_department(
            tx,
            id=department.id,
            area=department.area,
            kind=department.kind,
            name=department.name,
            active=department.active,
            version=department.version,
        )


def save(tx: db.Tx, department: domain.Department) -> None:
    queries.update_department(
        tx,
        id=department.id,
        name=department.name,
        active=department.active,
        version=department.version,
    )


def responders(
    tx: db.Tx, department_id: str, *, scopes: Sequence[str], after: str | None, most: int
) -> list[Responder]:
    """Who signs for a department, seen by staff of its area and below."""
    rows = queries.list_responders(
        tx, department_id=department_id, scopes=list(scopes), after=after or FIRST_ID, most=most
    )
    return [Responder(person_id=str(row["person_id"]), name=row["name"], since=row["since"]) for row in rows]


def add_responder(tx: db.Tx, department_id: str, person_id: str) -> None:
    queries.add_responder(tx, department_id=department_id, person_id=person_id)


def remove_responder(tx: db.Tx, department_id: str, person_id: str) -> None:
    """Raises ResponderUnknown."""
    if not queries.remove_responder(tx, department_id=department_id, person_id=person_id):
        raise domain.ResponderUnknown()


def _department(row: dict[str, Any]) -> domain.Department:
    return domain.Department(
        id=row["id"],
        area=row["area"],
        kind=domain.Kind(row["kind"]),
        name=row["name"],
        active=row["active"],
        version=row["version"],
    )
