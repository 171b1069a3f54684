"""The rates with their definition, the matters behind each figure, and removals from the base."""

from typing import Any

from services.cases.api.steps import by, saved
from services.cases.domain import errors
from services.cases.domain import rates as rates_domain
from services.cases.domain import removal as domain
from services.cases.schemas import rates as schemas
from services.cases.store import hearing as rules_store
from services.cases.store import matters, removals
from services.cases.store import rates as store
from shared import auth, clock, db, http, ids
from shared.auth import Role
from shared.http import Page, Request, get, post

RESPONDERS = frozenset({Role.RESPONDER})
HOTLINE = frozenset({Role.OPERATOR, Role.SUPERVISOR})


class RatesApi:
    """What is counted of checks and call-backs."""

    @get("/cases/rates", roles=auth.STAFF, query=schemas.RatesQuery, answers=schemas.RatesView)
    def rates(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read a month's rates by area or department, each with its definition and the counts it is made of.

        Answers count in the month they were first given, as last said; what was taken on in the month of its report.
        Responders see their department.
        """
        query = request.query
        scopes, department = _reach(request)
        rules = rules_store.rules(tx)
        asked = {
            "month": query["month"],
            "scopes": scopes,
            "department": department,
            "rates": rates_domain.of_set(rules.rate_set),
        }
        total = store.figures(tx, by="total", **asked)
        return {
            "month": query["month"],
            "by": query["by"],
            "rate_set": rules.rate_set,
            "lines": store.figures(tx, by=query["by"], **asked),
            "total": total[0] if total else None,
        }

    @get(
        "/cases/rates/rows",
        roles=auth.STAFF,
        query=schemas.RateRowsQuery,
        answers=schemas.RateRow,
        page=True,
    )
    def rate_rows(self, tx: db.Tx, request: Request, /) -> Page:
        """List the matters behind a figure with what each of them counts as.

        Oldest first: by when they were reported, or, where reporters' answers are counted, by when they answered.
        """
        cursor, query = request.cursor(length=2), request.query
        scopes, department = _reach(request)
        rows = store.rows_behind(
            tx,
            month=query["month"],
            scopes=scopes,
            department=department,
            counted=query["counted"],
            is_hit=query["hit"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["placed_at"]), str(row["case_id"])],
        )

    @post(
        "/cases/<uuid:case_id>/removals",
        roles=RESPONDERS,
        body=schemas.RemovalAsked,
        answers=schemas.RemovalView,
        status=201,
        errors=(errors.NotCalled, errors.RemovalAsked, errors.MonthOutOfBounds, errors.MonthFrozen),
    )
    def ask_removal(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Ask as a department that a matter be left out of its base 剔除, before the month is frozen."""
        department = request.actor.department
        case, at = matters.lock(tx, case_id, matters.Reach(department=department))
        request.match(case.version)
        assert department is not None
        change, removal = domain.ask(
            case,
            department_id=department,
            month=request.body["month"],
            ground=request.body["ground"],
            words=request.body["words"],
            reported_on=matters.today(case.reported_at),
            today=matters.today(at),
            is_frozen=removals.is_frozen(tx, area=case.area, month=request.body["month"]),
            by=by(request.actor, RESPONDERS),
            at=at,
            new_id=ids.new,
        )
        removals.add(tx, removal, area=case.area)
        saved(tx, request, change)
        return {**vars(removal), "number": case.number, "area": case.area}

    @get(
        "/cases/removals",
        roles=HOTLINE | RESPONDERS,
        query=schemas.RemovalFilter,
        answers=schemas.RemovalView,
        page=True,
    )
    def list_removals(self, tx: db.Tx, request: Request, /) -> Page:
        """List requests to leave matters out of a base, oldest first: of one's areas, or of one's department."""
        cursor, query, actor = request.cursor(length=2), request.query, request.actor
        rows = removals.listed(
            tx,
            scopes=matters.within(query["area"], actor.scopes if actor.has(*HOTLINE) else []),
            area=query["area"],
            department=actor.department if actor.has(Role.RESPONDER) else None,
            state=query["state"],
            month=query["month"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["asked_at"]), str(row["removal_id"])],
        )

    @post(
        "/cases/removals/<uuid:removal_id>/decide",
        roles=HOTLINE,
        body=schemas.RemovalDecision,
        answers=schemas.RemovalView,
        errors=(
            errors.ReachTooSmall,
            errors.RemovalDecided,
            errors.NotYourOwnRequest,
            errors.MonthFrozen,
        ),
    )
    def decide_removal(self, tx: db.Tx, request: Request, /, removal_id: str) -> dict[str, Any]:
        """Decide as the hotline office whether a matter is left out of a department's base."""
        case_id = removals.case_of(tx, removal_id)
        case, at = matters.lock(tx, case_id, matters.of_areas(request.actor))
        asked = removals.lock(tx, removal_id)
        change, removal = domain.decide(
            case,
            asked,
            scopes=request.actor.scopes,
            is_frozen=removals.is_frozen(tx, area=case.area, month=asked.month),
            by=by(request.actor, HOTLINE),
            at=at,
            **request.body,
        )
        removals.save(tx, removal)
        saved(tx, request, change)
        return {**vars(removal), "number": case.number, "area": case.area}


def _reach(request: Request) -> tuple[list[str], str | None]:
    """The areas a caller may count, and the department they are bound to."""
    actor, query = request.actor, request.query
    if actor.has(*matters.AREA_STAFF):
        return matters.within(query["area"], actor.scopes), query["department"]
    # Responders see what their department was called to, in whatever area.
    department = actor.department or ""
    return matters.within(query["area"], actor.scopes) if department else [], department
