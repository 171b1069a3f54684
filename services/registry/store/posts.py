"""Posts inside the caller's scopes, and the published contacts, which are public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain import posts as domain
from services.registry.store.areas import ancestry
from services.registry.store.sql import FIRST_ID, queries, text_id
from shared import db

_KNOWN = {"posts_seat_key": domain.SeatsTaken}


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A published contact of somebody who answers for a place: no id, no private number."""

    area: str
    kind: domain.Kind
    label: str
    duty_name: str
    duty_phone: str
    profession: domain.Profession | None
    department_id: str | None
    department_name: str | None


@dataclass(frozen=True, kw_only=True)
class Tenure:
    """Somebody's time on a post."""

    person_id: str
    assigned_at: datetime
    vacated_at: datetime | None
    reason: str | None


def add(tx: db.Tx, post: domain.Post) -> None:
    """Raises SeatsTaken when somebody opened the same seat at the same moment."""
    with db.translating(_KNOWN):
        queries.insert_post(
            tx,
            id=post.id,
            area=post.area,
            kind=post.kind,
            seat=post.seat,
            department_id=post.department_id,
            profession=post.profession,
            duty_name=post.duty_name,
            duty_phone=post.duty_phone,
        )


def save(tx: db.Tx, post: domain.Post) -> None:
    queries.update_post(
        tx,
        id=post.id,
        duty_name=post.duty_name,
        duty_phone=post.duty_phone,
        person_id=post.person_id,
        assigned_at=post.assigned_at,
        closed_at=post.closed_at,
        version=post.version,
    )


def get(tx: db.Tx, post_id: str, *, scopes: Sequence[str]) -> domain.Post:
    """Raises PostUnknown."""
    return _found(queries.get_post(tx, id=post_id, scopes=list(scopes)))


def lock(tx: db.Tx, post_id: str, *, scopes: Sequence[str]) -> domain.Post:
    """A post, held until the transaction ends. Raises PostUnknown."""
    return _found(queries.lock_post(tx, id=post_id, scopes=list(scopes)))


def seats_taken(tx: db.Tx, area: str, kind: domain.Kind, department_id: str | None) -> list[int]:
    rows = queries.seats_taken(tx, area=area, kind=kind, department_id=department_id)
    return [row["seat"] for row in rows]


def held_by(tx: db.Tx, person_id: str) -> list[domain.Post]:
    """The posts a person holds now; the caller has checked that the person is in scope."""
    return [_post(row) for row in queries.posts_held_by(tx, person_id=person_id)]


def page(
    tx: db.Tx,
    *,
    scopes: Sequence[str],
    kind: str | None,
    vacant: bool | None,
    department_id: str | None,
    after: tuple[str, str] | None,
    most: int,
) -> list[domain.Post]:
    """Open posts by area."""
    area, post_id = after or ("", FIRST_ID)
    common: dict[str, Any] = {
        "scopes": list(scopes),
        "department_id": department_id,
        "after_area": area,
        "after_id": post_id,
        "most": most,
    }
    # Each has an index of its own: vacant posts are few among many.
    if vacant:
        rows = queries.list_vacant_posts(tx, kind=kind, **common)
    elif kind is not None:
        rows = queries.list_posts_of_kind(tx, kind=kind, held=vacant is False, **common)
    else:
        rows = queries.list_posts(tx, held=vacant is False, **common)
    return [_post(row) for row in rows]


def contacts(tx: db.Tx, grid: str) -> list[Contact]:
    """Who answers for a grid: published contacts of its own posts first, then of those above it. Public."""
    kinds = [kind.value for kind, rule in domain.RULES.items() if rule.is_public]
    rows = queries.held_posts_of(tx, areas=ancestry(grid), kinds=kinds)
    order = {kind: place for place, kind in enumerate(_SHOWN_ORDER)}
    found = [
        Contact(
            area=row["area"],
            kind=domain.Kind(row["kind"]),
            label=domain.RULES[domain.Kind(row["kind"])].label,
            duty_name=row["duty_name"],
            duty_phone=row["duty_phone"],
            profession=domain.Profession(row["profession"]) if row["profession"] else None,
            department_id=row["department_id"],
            department_name=row["department_name"],
        )
        for row in rows
    ]
    return sorted(
        found, key=lambda contact: (order[contact.kind], -len(contact.area), contact.department_id or "")
    )


# The order in which a resident should ring.
_SHOWN_ORDER = (
    domain.Kind.FULL_TIME_WORKER,
    domain.Kind.LEAD,
    domain.Kind.INFORMATION_OFFICER,
    domain.Kind.PART_TIME_WORKER,
    domain.Kind.GUIDE,
    domain.Kind.DEPARTMENT_WORKER,
    domain.Kind.PROFESSIONAL,
)


def begin_tenure(tx: db.Tx, post: domain.Post) -> None:
    queries.add_tenure(tx, post_id=post.id, person_id=post.person_id, assigned_at=post.assigned_at)


def end_tenure(tx: db.Tx, post_id: str, *, at: datetime, reason: str) -> None:
    queries.end_tenure(tx, post_id=post_id, vacated_at=at, reason=reason)


def tenures(tx: db.Tx, post_id: str) -> list[Tenure]:
    """Who held a post, latest first; the caller has checked that the post is in scope."""
    return [
        Tenure(
            person_id=str(row["person_id"]),
            assigned_at=row["assigned_at"],
            vacated_at=row["vacated_at"],
            reason=row["reason"],
        )
        for row in queries.list_tenures(tx, post_id=post_id)
    ]


def lock_on_gone_grids(tx: db.Tx, *, net_id: str, area: str) -> list[domain.Post]:
    """Open posts on grids of the subdistrict that this net does not have, held."""
    return [_post(row) for row in queries.lock_posts_of_gone_grids(tx, net_id=net_id, area=area)]


def _found(row: dict[str, Any] | None) -> domain.Post:
    if row is None:
        raise domain.PostUnknown()
    return _post(row)


def _post(row: dict[str, Any]) -> domain.Post:
    return domain.Post(
        id=str(row["id"]),
        area=row["area"],
        kind=domain.Kind(row["kind"]),
        seat=row["seat"],
        department_id=row["department_id"],
        profession=domain.Profession(row["profession"]) if row["profession"] else None,
        duty_name=row["duty_name"],
        duty_phone=row["duty_phone"],
        person_id=text_id(row["person_id"]),
        assigned_at=row["assigned_at"],
        closed_at=row["closed_at"],
        version=row["version"],
    )
