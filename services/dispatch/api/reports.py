"""Who whistles and who never does 不愿呼、不敢呼、不会呼, with the matters behind; and which departments are called."""

from datetime import date, datetime, time, timedelta
from typing import Any

from services.dispatch.schemas import reports as schemas
from services.dispatch.store.sql import queries
from shared import auth, clock, db, errors, http
from shared.auth import Role
from shared.http import Page, Request, get

# Those who review together why streets do not call 联合会商.
REVIEWERS = frozenset({Role.SUPERVISOR, Role.CALLER, Role.COMMUNITY_OFFICER, Role.ADMIN})


class ReportsApi:
    """Reports for the review of whistles."""

    @get(
        "/dispatch/reports/whistling",
        roles=REVIEWERS,
        query=schemas.WhistlingQuery,
        answers=schemas.WhistlingView,
        page=True,
    )
    def report_whistling(self, tx: db.Tx, request: Request, /) -> Page:
        """Report how often subdistricts, communities or grids whistle, those that never do first.

        It counts the matters reported in the period, so it is about areas, never about a person.
        """
        query = request.query
        cursor = request.cursor(length=2)
        rows = queries.whistling(
            tx,
            area=_seen(request.actor, query["area"]),
            digits=schemas.LEVELS[query["level"]],
            least_cases=query["least_cases"],
            at_most_permille=query["at_most_percent"] * 10,
            after_permille=http.whole_number(cursor[0]) if cursor else None,
            after_area=str(cursor[1]) if cursor else None,
            most=request.limit + 1,
            **_bounds(query["first_day"], query["last_day"]),
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["permille"], row["area"]])

    @get(
        "/dispatch/reports/whistling/cases",
        roles=REVIEWERS,
        query=schemas.WhistlingCasesQuery,
        answers=schemas.WhistlingCaseView,
        page=True,
    )
    def list_whistling_cases(self, tx: db.Tx, request: Request, /) -> Page:
        """List the matters behind the report, newest first: called for or not, overdue or not."""
        query = request.query
        cursor = request.cursor(length=2)
        rows = queries.whistling_cases(
            tx,
            area=_seen(request.actor, query["area"]),
            called=query["called"],
            overdue=query["overdue"],
            before_at=str(cursor[0]) if cursor else None,
            before_id=str(cursor[1]) if cursor else None,
            most=request.limit + 1,
            **_bounds(query["first_day"], query["last_day"]),
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["reported_at"]), str(row["case_id"])],
        )

    @get(
        "/dispatch/reports/called-departments",
        roles=REVIEWERS,
        query=schemas.Period,
        answers=schemas.CalledDepartments,
    )
    def report_called_departments(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Report which departments were called most for an area, and what came of it."""
        query = request.query
        area = _seen(request.actor, query["area"])
        return {
            "items": queries.called_departments(
                tx, area=area, **_bounds(query["first_day"], query["last_day"])
            )
        }


def _seen(actor: auth.Actor, area: str) -> str:
    """The same area. Raises NotFound outside the actor's."""
    if not actor.sees(area):
        raise errors.NotFound()
    return area


def _bounds(first_day: date, last_day: date) -> dict[str, datetime]:
    """From the first midnight in Beijing up to the last."""
    since, until = (
        datetime.combine(day, time(), clock.BEIJING) for day in (first_day, last_day + timedelta(days=1))
    )
    return {"since": since, "until": until}
