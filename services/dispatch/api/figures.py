"""Live figures for the command centre, within the caller's areas."""

from datetime import datetime, time, timedelta
from typing import Any

from services.dispatch.schemas import figures as schemas
from services.dispatch.store import figures as store
from services.dispatch.store import orders
from services.dispatch.store.figures import Only
from shared import areas, auth, clock, db
from shared.errors import NotFound
from shared.http import Request, get

_MOST_HOURS_DAYS = 35
_BELOW = {
    areas.Level.CITY: areas.Level.DISTRICT,
    areas.Level.DISTRICT: areas.Level.SUBDISTRICT,
    areas.Level.SUBDISTRICT: areas.Level.COMMUNITY,
    areas.Level.COMMUNITY: areas.Level.GRID,
    areas.Level.GRID: areas.Level.MICRO_GRID,
    areas.Level.MICRO_GRID: areas.Level.MICRO_GRID,
}


class FiguresApi:
    """Open, due soon and overdue by area, department and class; the trend."""

    @get("/dispatch/figures", roles=auth.STAFF, query=schemas.FigureQuery, answers=schemas.Figures)
    def read_figures(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Count what is open, due soon and overdue now, the most overdue first; kept up to a second or two.

        Responders see the tasks of their own department.
        """
        query = request.query
        wanted, by = query["area"], query["by"]
        within, only = _reach(tx, request)
        if by == "department":
            rows = store.by_department(tx, within, only=only)
        elif by == "class":
            rows = store.by_class(tx, within, only=only)
        elif by != "area":
            rows = store.by_area(tx, within, level=areas.Level(by), only=only)
        elif wanted:
            rows = store.by_area(tx, within, level=_BELOW[areas.level(wanted)], only=only)
        else:
            rows = [
                row
                for level in sorted({areas.level(one) for one in within})
                for row in store.by_area(
                    tx, [one for one in within if areas.level(one) is level], level=level, only=only
                )
            ]
        return {"items": [{name: value or 0 for name, value in row.items()} for row in rows]}

    @get("/dispatch/figures/trend", roles=orders.AREA_STAFF, query=schemas.TrendQuery, answers=schemas.Trend)
    def read_trend(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Count what was reported, ended, met and late by hour or day; hours in which nothing happened are left out."""
        unit = request.query["by"]
        days = min(request.query["days"], _MOST_HOURS_DAYS) if unit == "hour" else request.query["days"]
        today = datetime.combine(db.now(tx).astimezone(clock.BEIJING).date(), time(), clock.BEIJING)
        since = today - timedelta(days=days - 1)
        return {"items": store.trend(tx, _within(request, request.query["area"]), unit=unit, since=since)}


def _reach(tx: db.Tx, request: Request) -> tuple[list[str], Only]:
    """Areas and figures the caller may count. Raises NotFound outside them."""
    query, actor = request.query, request.actor
    clock_name, subject, department = query["clock"], query["subject"], query["department"]
    if actor.has(*orders.AREA_STAFF):
        if department is not None:
            subject = "task"
        only = Only(clock=clock_name, subject=subject, department=department)
        return _within(request, query["area"]), only
    # Responders count their department's tasks wherever it serves, and nothing else.
    serves = store.area_of(tx, actor.department)
    if serves is None or department not in (None, actor.department):
        raise NotFound()
    area: str = query["area"] or serves
    if not areas.inside(area, serves):
        raise NotFound()
    return [area], Only(clock=clock_name, subject="task", department=actor.department)


def _within(request: Request, area: str | None) -> list[str]:
    """The area asked for, or all of the caller's. Raises NotFound outside them."""
    if area is None:
        return orders.of_areas(request.actor).scopes
    if not request.actor.sees(area):
        raise NotFound()
    return [area]
