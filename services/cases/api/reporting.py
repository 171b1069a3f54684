"""Filing a matter: every channel ends here, in one list (domain.md §3)."""

from typing import Any

from services.cases.api import steps
from services.cases.domain import errors, hearing_queue, mechanisms
from services.cases.domain import steps as domain
from services.cases.domain.case import Case, Change, State
from services.cases.places import Grid, Places
from services.cases.schemas import matters as schemas
from services.cases.store import callers, documents
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import auth, clock, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts.cases import Channel, Place
from shared.http import Page, Request, get, post

# Who may say on whose behalf they file, where they found it and what settled it.
RECORDERS = auth.STAFF - {Role.ADMIN, Role.RESPONDER}
SETTLERS = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
# How outside systems come in: other platforms, and the hotlines' own.
OUTSIDE_CHANNELS: tuple[Channel, ...] = (
    "other_system",
    "hotline_12345",
    "hotline_12319",
    "direct_line",
    "sensor",
)

places = Places()
FILING_ERRORS = (
    errors.OutsideEveryGrid,
    errors.UnknownCategory,
    errors.OutsideYourAreas,
    errors.NotForResidents,
    errors.NotYourChannel,
    errors.NotOnTheSpot,
    errors.OrderKnown,
)
# Whose orders desks type in by their numbers.
HOTLINES: tuple[Channel, ...] = ("hotline_12345", "hotline_12319")


class ReportingApi:
    """A matter comes in."""

    @post(
        "/cases",
        roles=auth.ANYONE,
        body=schemas.Report,
        answers=schemas.CaseView,
        status=201,
        errors=FILING_ERRORS,
    )
    def report(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Report a matter at a place.

        The answer carries its number, the grid it fell into and who answers for it. With a `case_id` of the
        client's, the same report sent again answers the case made the first time; so does an outside system's own
        number. The hotline desk gives the `caller`, a worker the `origin`, and what a worker `settled` on the spot is
        recorded with the report.
        """
        return file_report(tx, request)

    @get(
        "/cases/filed",
        roles=frozenset({Role.INTEGRATOR}),
        query=schemas.FiledFilter,
        answers=schemas.FiledView,
        page=True,
    )
    def list_filed(self, tx: db.Tx, request: Request, /) -> Page:
        """List what this outside system filed, newest first, with its own numbers and how far departments are."""
        cursor = request.cursor(length=2)
        before_at, before_id = cursor or (None, None)
        rows = queries.list_filed(
            tx,
            integrator_id=request.actor.person_id,
            outside_number=request.query["outside_number"],
            state=request.query["state"],
            before_at=before_at and str(before_at),
            before_id=before_id and str(before_id),
            most=request.limit + 1,
        )
        shown = [
            {**row, "place": {"longitude": row["longitude"], "latitude": row["latitude"]}} for row in rows
        ]
        return http.page(
            shown,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["filed_at"]), str(row["case_id"])],
        )


def file_report(tx: db.Tx, request: Request) -> dict[str, Any]:
    """Files the matter a `Report` describes, once per id of the client's; answers its view.

    Raises what reporting may raise.
    """
    body = request.body
    _permitted(request.actor, body)
    case_id = str(body["case_id"]) if body.get("case_id") else None
    filed_id = _filed_before(tx, request.actor, case_id, body["outside_number"])
    if filed_id:
        # Sent again, perhaps while the first was on its way: the same matter and the same answer.
        request.answer_headers["Location"] = _address(filed_id)
        return store.view(tx, filed_id, request.actor)
    _require_new_order(tx, request.actor, body)
    grid = places.locate(tx, Place(**body["place"]))
    if request.actor.has(Role.INTEGRATOR) or body["settled"]:
        _within_areas(request.actor, grid)
    with db.together(tx):
        filing = store.filing(tx, grid=grid.code, category=body["category"])
        change = file(tx, request.actor, body, case_id or ids.new(), grid, filing)
    request.answer_headers["Location"] = _address(change.case.case_id)
    return _filed(change.case, body, grid, filing)


def _permitted(actor: auth.Actor, body: dict[str, Any]) -> None:
    """Raises NotForResidents or NotYourChannel where the report says what this reporter may not."""
    if actor.has(Role.INTEGRATOR) and not actor.has(*auth.STAFF):
        if not body["outside_number"] or body["channel"] not in (None, *OUTSIDE_CHANNELS):
            raise errors.NotYourChannel(channels=list(OUTSIDE_CHANNELS))
        told: tuple[str, ...] = ("origin", "settled")
    elif actor.has(*RECORDERS):
        told = () if actor.has(*SETTLERS) else ("settled",)
    else:
        told = ("caller", "origin", "outside_number", "settled")
    refused = [name for name in told if body[name]]
    if refused:
        raise errors.NotForResidents(fields_given=refused)


def _filed_before(
    tx: db.Tx, actor: auth.Actor, case_id: str | None, outside_number: str | None
) -> str | None:
    """The matter this caller filed under the same id or number before; waits for one being filed now."""
    if case_id and store.is_filed(tx, case_id, by=actor):
        return case_id
    if outside_number and _integrator(actor):
        named = {"integrator_id": actor.person_id, "outside_number": outside_number}
        queries.hold_outside_number(tx, **named)
        found = queries.case_of_outside_number(tx, **named)
        return str(found) if found else None
    return None


def _require_new_order(tx: db.Tx, actor: auth.Actor, body: dict[str, Any]) -> None:
    """Raises OrderKnown where a desk types in a hotline's order that stands in the list already, whoever filed it."""
    channel = _channel(actor, body)
    if not body["outside_number"] or _integrator(actor) or channel not in HOTLINES:
        return
    queries.hold_outside_number(tx, integrator_id=channel, outside_number=body["outside_number"])
    known = queries.case_of_order(tx, channel=channel, outside_number=body["outside_number"])
    if known is not None:
        visible = {"case_id": str(known["case_id"]), "number": known["number"]}
        raise errors.OrderKnown(**(visible if actor.sees(known["area"]) else {}))


def _within_areas(actor: auth.Actor, grid: Grid) -> None:
    if not actor.sees(grid.code):
        raise errors.OutsideYourAreas()


def file(
    tx: db.Tx,
    actor: auth.Actor,
    body: dict[str, Any],
    case_id: str,
    grid: Grid,
    filing: store.Filing,
) -> Change:
    """Stores a new matter with everything told of how it came in, and announces it.

    Args:
        body: as `schemas.Report` loads it.

    Raises UnknownCategory, NotOnTheSpot."""
    case = _received(actor, body, case_id, grid, filing)
    by = steps.as_resident(actor) if case.reporter_id else steps.by(actor, auth.ANYONE)
    reported = store.insert(tx, domain.report(case, by=by))
    _note_origin(tx, actor, body, case)
    documents.require(tx, case, filing.matter)
    events = [*reported.events]
    change = reported
    for following in mechanisms.on_filing(reported.case, settled=body["settled"], by=by, at=filing.at):
        (change,) = store.save(tx, following)
        events += change.events
    outbox.add(tx, events)
    return change


def _note_origin(tx: db.Tx, actor: auth.Actor, body: dict[str, Any], case: Case) -> None:
    origin = body["origin"]
    if origin or body["outside_number"]:
        queries.insert_filing(
            tx,
            case_id=case.case_id,
            filed_at=case.reported_at,
            origin_kind=origin["kind"] if origin else None,
            origin_id=origin["id"] if origin else None,
            outside_number=body["outside_number"],
            integrator_id=actor.person_id if _integrator(actor) else None,
        )
    if body["caller"]:
        callers.insert(tx, case.case_id, body["caller"], at=case.reported_at)


def _integrator(actor: auth.Actor) -> bool:
    return actor.has(Role.INTEGRATOR) and not actor.has(*auth.STAFF)


def _channel(actor: auth.Actor, body: dict[str, Any]) -> Any:
    """Residents report as residents, outside systems by their own; staff name the channel it came by."""
    if _integrator(actor):
        return body["channel"] or "other_system"
    if not actor.has(*auth.STAFF, Role.PROPERTY):
        return "resident"
    if body["channel"]:
        return body["channel"]
    if body["origin"]:
        return schemas.ORIGIN_CHANNELS[body["origin"]["kind"]]
    return "community_desk" if body["caller"] else "patrol"


def _address(case_id: str) -> str:
    return f"/api/cases/{case_id}"


def _received(
    actor: auth.Actor, body: dict[str, Any], case_id: str, grid: Grid, filing: store.Filing
) -> Case:
    """The matter a report describes. Raises UnknownCategory."""
    matter = filing.matter
    if matter is None:
        raise errors.UnknownCategory(category=body["category"])
    channel: Channel = _channel(actor, body)
    reporter_id = actor.person_id if channel == "resident" else None
    return Case(
        case_id=case_id,
        number=filing.number,
        area=grid.code,
        state=State.RECEIVED,
        category=body["category"],
        channel=channel,
        urgency=body["urgency"] or matter["urgency"],
        mechanism=matter["mechanism"],
        scope_class=matter["scope_class"],
        level=matter["level"] or "grid",
        sla_class=matter["sla_class"],
        category_version=matter["version"],
        words=body["words"],
        place=Place(**body["place"]),
        address=body["address"],
        reporter_id=reporter_id,
        is_confidential=body["is_confidential"],
        has_reporter=hearing_queue.has_reporter(
            channel=channel,
            reporter_id=reporter_id,
            has_caller=body["caller"] is not None,
            has_number=body["outside_number"] is not None,
        ),
        first_inquiry_by=actor.person_id,
        documents_missing=mechanisms.documents_of(matter),
        reported_at=filing.at,
    )


def _filed(case: Case, body: dict[str, Any], grid: Grid, filing: store.Filing) -> dict[str, Any]:
    """The view of a matter just filed, from what is known already."""
    assert filing.matter is not None
    return {
        **vars(case),
        "category_name": filing.matter["name"],
        "grid_name": grid.name,
        "community_name": grid.community_name,
        "subdistrict_name": grid.subdistrict_name,
        "due_at": None,
        "stalled_as": None,
        "origin": body["origin"],
        "outside_number": body["outside_number"],
        "caller": callers.shown(body["caller"]) if body["caller"] else None,
        "outcome": None,
        "responsible": filing.responsible,
        "orders": [],
    }
