"""What a deployment starts with: the published working calendar, the presets of limits and the responsibility list.

A deployment's own edits stay: areas edit lists of their own, and the delivered one gets a new version when a release
brings another.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar

from services.dispatch.domain import listfile
from services.dispatch.store import responsibility
from services.dispatch.store.sql import queries
from shared import db

LIST = Path(__file__).parent / "data" / "responsibility.csv"
# The delivered list's first version has been in force since.
_LIST_SINCE = date(2020, 1, 1)
LAST_RESORT = "urban_management"
PRESETS = Path(__file__).parent / "data" / "presets.json"
IN_FORCE = "shandong-2020"
# Matters live some years; older arrangements are of no use to a clock.
_FIRST_YEAR = 2020


def load(database: db.Database) -> None:
    """Adds the delivered calendar and limits that the deployment does not have yet."""
    with database.transaction() as tx:
        for year, days in published_years().items():
            queries.seed_year(tx, year=year)
            for day, (is_working, note) in days.items():
                queries.seed_day(tx, day=day, is_working=is_working, note=note)
        for preset in delivered_presets():
            name = preset["name"]
            queries.seed_preset(tx, name=name, is_in_force=name == IN_FORCE)
            document = {key: value for key, value in preset.items() if key not in ("name", "title")}
            queries.seed_preset_version(
                tx, name=name, title=preset["title"], document=json.dumps(document, ensure_ascii=False)
            )
        responsibility.deliver(
            tx, listfile.read(LIST.read_text(encoding="utf-8")), since=_LIST_SINCE, last_resort=LAST_RESORT
        )


def delivered_presets() -> list[dict[str, Any]]:
    """The named presets of domain.md §4 and §10, as an admin would publish them."""
    presets: list[dict[str, Any]] = json.loads(PRESETS.read_text(encoding="utf-8"))
    return presets


def published_years() -> dict[int, dict[date, tuple[bool, str]]]:
    """The years `chinesecalendar` knows, each with the dates that differ from "weekdays work"."""
    years: dict[int, dict[date, tuple[bool, str]]] = {}
    last = max(day.year for day in chinese_calendar.holidays)
    for year in range(_FIRST_YEAR, last + 1):
        days: dict[date, tuple[bool, str]] = {}
        day = date(year, 1, 1)
        while day.year == year:
            is_working = bool(chinese_calendar.is_workday(day))
            if is_working != (day.weekday() < 5):
                name = chinese_calendar.holidays.get(day) or chinese_calendar.workdays.get(day) or ""
                days[day] = (is_working, name)
            day += timedelta(days=1)
        years[year] = days
    return years
