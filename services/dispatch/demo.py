"""Demonstration rosters, local mode only: who answers now for each department and desk of the demo district.

Weeks from this one on, added again without harm: a week somebody put otherwise stays as it is.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from services.dispatch.domain import responsibility
from services.dispatch.store.sql import queries
from shared import clock, db

# Demo ids are the same in every service: uuid5 of a name.
_NAMESPACE = uuid.UUID("6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b")
_DISTRICT, _SUBDISTRICT, _COMMUNITY = "370102", "370102007", "370102007001"
_WEEKS = 26
# (user name, duty name), the first and the next in line.
_Line = tuple[tuple[str, str], ...]
_DESKS: dict[str, _Line] = {
    _DISTRICT: (("supervisor", "区指挥中心 冯立"), ("dispatcher", "区指挥中心 吴静")),
    _SUBDISTRICT: (("caller", "文东街道值班室 孙涛"), ("officer", "文东街道值班室 周敏")),
    f"{_COMMUNITY}-party_members": (("responder.party", "和平路社区党员先锋队"),),
}
# Departments of which a second person has an account.
_SECONDS = {"market_supervision": "responder.market", "urban_management": "responder.urban"}


def demo_id(name: str) -> str:
    """The fixed id of a thing of the demonstration."""
    return str(uuid.uuid5(_NAMESPACE, name))


def load(database: db.Database) -> None:
    """Adds the weeks that are not there yet."""
    with database.transaction() as tx:
        shifts = [
            _shift(unit, line, monday, phone=f"0531-8800{order:04}")
            for order, (unit, line) in enumerate(_rosters().items(), start=1)
            for monday in _mondays(db.now(tx))
        ]
        queries.seed_shifts(tx, shifts=json.dumps(shifts, ensure_ascii=False))


def _rosters() -> dict[str, _Line]:
    departments: dict[str, _Line] = {}
    for kind, label in responsibility.UNITS.items():
        if kind == responsibility.SUBDISTRICT:
            continue
        line = ((f"responder.{kind}", f"{label}值班员"),)
        second = _SECONDS.get(kind)
        departments[f"{_DISTRICT}-{kind}"] = (*line, (second, f"{label}备班员")) if second else line
    return _DESKS | departments


def _mondays(now: datetime) -> Iterator[datetime]:
    today = now.astimezone(clock.BEIJING).date()
    first = datetime.combine(today - timedelta(days=today.weekday()), time(), clock.BEIJING)
    return (first + timedelta(weeks=week) for week in range(_WEEKS))


def _shift(unit: str, line: _Line, monday: datetime, *, phone: str) -> dict[str, Any]:
    following = line[1] if len(line) > 1 else None
    return {
        "shift_id": demo_id(f"shift.{unit}.{monday:%Y%m%d}"),
        "unit": unit,
        "area": unit.split("-")[0],
        "starts_at": clock.rfc3339(monday),
        "ends_at": clock.rfc3339(monday + timedelta(weeks=1)),
        "first_person": demo_id(line[0][0]),
        "first_name": line[0][1],
        "first_phone": phone,
        "next_person": demo_id(following[0]) if following else None,
        "next_name": following[1] if following else None,
        "next_phone": phone if following else None,
        "made_by": demo_id("admin"),
    }
