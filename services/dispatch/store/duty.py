"""Rows of duty rosters and of the people dispatch has met."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.dispatch.domain import duty as domain
from services.dispatch.domain.duty import Person, Shift
from services.dispatch.store.sql import queries
from shared import areas, auth, clock, db, errors

# Who was not seen for so long is told no more: their roles may be others by now.
KNOWN_FOR = timedelta(days=90)
_OVERLAP = {"duty_shifts_overlap_excl": domain.ShiftsOverlap}


def unit_area(tx: db.Tx, unit: str) -> str:
    """Where a unit works: a department, or the subdistrict or district with this code. Raises NotFound."""
    if areas.is_code(unit):
        if areas.level(unit) in (areas.Level.DISTRICT, areas.Level.SUBDISTRICT):
            return unit
        raise errors.NotFound()
    area = queries.department_area(tx, department_id=unit)
    if area is None:
        raise errors.NotFound()
    return str(area)


def readable(tx: db.Tx, unit: str, actor: auth.Actor) -> str:
    """The unit's area, for whoever has to do with it: its own people, and staff of areas it serves or lies in.

    Raises NotFound.
    """
    area = unit_area(tx, unit)
    serves = any(areas.inside(scope, area) for scope in actor.scopes)
    if _acts_for(actor, unit) or actor.sees(area) or serves:
        return area
    raise errors.NotFound()


def editable(tx: db.Tx, unit: str, actor: auth.Actor) -> str:
    """The unit's area, for whoever keeps its roster: its responders, and area staff above it. Raises NotFound."""
    area = unit_area(tx, unit)
    keepers = {auth.Role.ADMIN} | ({auth.Role.CALLER, auth.Role.SUPERVISOR} if areas.is_code(unit) else set())
    if _acts_for(actor, unit) or (actor.has(*keepers) and actor.sees(area)):
        return area
    raise errors.NotFound()


def lock(tx: db.Tx, shift_id: str, actor: auth.Actor) -> Shift:
    """A shift the actor may change, locked. Raises NotFound."""
    row = queries.lock_shift(tx, shift_id=shift_id)
    if row is None:
        raise errors.NotFound()
    editable(tx, row["unit"], actor)
    return shift_of(row)


def insert(tx: db.Tx, shifts: Sequence[Shift], *, by: str) -> list[dict[str, Any]]:
    """Adds shifts, all or none. Raises ShiftsOverlap."""
    with db.translating(_OVERLAP):
        rows: list[dict[str, Any]] = queries.insert_shifts(
            tx,
            shifts=json.dumps(
                [
                    {
                        "shift_id": shift.shift_id,
                        "unit": shift.unit,
                        "area": shift.area,
                        "made_by": by,
                        "starts_at": clock.rfc3339(shift.starts_at),
                        "ends_at": clock.rfc3339(shift.ends_at),
                        **_people(shift),
                    }
                    for shift in shifts
                ],
                ensure_ascii=False,
            ),
        )
    return rows


def save(tx: db.Tx, shift: Shift) -> dict[str, Any]:
    """Writes a changed shift. Raises ShiftsOverlap."""
    with db.translating(_OVERLAP):
        rows: list[dict[str, Any]] = queries.save_shift(
            tx,
            shift_id=shift.shift_id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            version=shift.version,
            **_people(shift),
        )
    return rows[0]


def on_duty(tx: db.Tx, units: Iterable[str], at: datetime) -> dict[str, Shift]:
    """The shift under way of each unit that has one."""
    rows = queries.on_duty(tx, units=sorted(set(units)), at=at)
    return {row["unit"]: shift_of(row) for row in rows}


def learn(tx: db.Tx, actor: auth.Actor) -> None:
    """Remembers a member of staff, so that they can be told what concerns them."""
    if actor.client is None and actor.has(*auth.STAFF):
        queries.know_person(
            tx,
            person_id=actor.person_id,
            roles=sorted(str(role) for role in actor.roles & auth.STAFF),
            areas=actor.scopes,
            department_id=actor.department,
            seen_on=today(),
        )


def today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def shift_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A shift as the API shows it."""
    following = _contact(row, "next") if row["next_person"] is not None else None
    return {**row, "first": _contact(row, "first"), "next": following}


def shift_of(row: Mapping[str, Any]) -> Shift:
    return Shift(
        shift_id=str(row["shift_id"]),
        unit=row["unit"],
        area=row["area"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        first=Person(**_contact(row, "first")),
        next=Person(**_contact(row, "next")) if row["next_person"] is not None else None,
        version=row["version"],
    )


def _contact(row: Mapping[str, Any], place: str) -> dict[str, str]:
    return {
        "person_id": str(row[f"{place}_person"]),
        "duty_name": row[f"{place}_name"],
        "duty_phone": row[f"{place}_phone"] or "",
    }


def _people(shift: Shift) -> dict[str, str | None]:
    following = shift.next
    return {
        "first_person": shift.first.person_id,
        "first_name": shift.first.duty_name,
        "first_phone": shift.first.duty_phone,
        "next_person": following.person_id if following else None,
        "next_name": following.duty_name if following else None,
        "next_phone": following.duty_phone if following else None,
    }


def _acts_for(actor: auth.Actor, unit: str) -> bool:
    return actor.has(auth.Role.RESPONDER) and actor.department == unit
