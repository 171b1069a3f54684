"""Limits and the working calendar through the API: an admin edits them, each act with its reason and for good."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.dispatch.domain import errors, presets
from services.dispatch.schemas import limits as schemas
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import areas, auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.errors import Forbidden, NotFound
from shared.http import Page, PageQuery, Request, get, post, put

ADMINS = frozenset({Role.ADMIN})
READERS = frozenset({Role.ADMIN, Role.SUPERVISOR})
_DOCUMENT = ("limits", "ladders", "extension", "return_within")
# The calendar begins in 1992, with the end of summer time; no limit reaches far.
_YEARS = range(1993, 2200)


class NotTheWholeDeployment(Forbidden):
    """Limits and calendar hold for the whole deployment: only an admin whose areas cover all of it changes them."""


class LimitsApi:
    """Presets, the calendar, and running clocks computed anew on purpose. They serve the whole deployment."""

    @get("/dispatch/presets", roles=READERS, answers=schemas.Presets)
    def list_presets(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """List the presets of limits; exactly one is in force."""
        del request
        return {"items": queries.list_presets(tx)}

    @get("/dispatch/presets/<string(maxlength=40):preset>", roles=READERS, answers=schemas.PresetView)
    def read_preset(self, tx: db.Tx, request: Request, /, preset: str) -> dict[str, Any]:
        """Read the newest version of a preset."""
        del request
        return _preset_view(tx, preset)

    @get(
        "/dispatch/presets/<string(maxlength=40):preset>/versions",
        roles=READERS,
        answers=schemas.PresetVersions,
    )
    def list_preset_versions(self, tx: db.Tx, request: Request, /, preset: str) -> dict[str, Any]:
        """List the versions of a preset, newest first."""
        del request
        rows = queries.list_preset_versions(tx, name=preset)
        if not rows:
            raise NotFound()
        return {"items": rows}

    @post(
        "/dispatch/presets",
        roles=ADMINS,
        body=schemas.NewPreset,
        answers=schemas.PresetView,
        status=201,
        errors=(errors.PresetIncomplete, errors.LimitTwice, NotTheWholeDeployment),
    )
    def add_preset(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Add a preset of your own; it is not in force until you say so."""
        name, area = request.body["name"], _area(tx, request)
        presets.require_complete(request.body)
        queries.insert_preset(tx, name=name)
        return _publish(tx, request, name, area=area, version=1, is_in_force=False)

    @put(
        "/dispatch/presets/<string(maxlength=40):preset>",
        roles=ADMINS,
        body=schemas.PresetEdit,
        answers=schemas.PresetView,
        if_match=True,
        errors=(errors.PresetIncomplete, errors.LimitTwice, NotTheWholeDeployment),
    )
    def edit_preset(self, tx: db.Tx, request: Request, /, preset: str) -> dict[str, Any]:
        """Publish a new version of a preset. Running clocks keep the version they began with."""
        area = _area(tx, request)
        presets.require_complete(request.body)
        row = _lock_preset(tx, preset)
        request.match(row["version"])
        return _publish(
            tx, request, preset, area=area, version=row["version"] + 1, is_in_force=row["is_in_force"]
        )

    @post(
        "/dispatch/presets/<string(maxlength=40):preset>/enforcement",
        roles=ADMINS,
        body=schemas.Reasoned,
        answers=schemas.PresetView,
        errors=(NotTheWholeDeployment,),
    )
    def enforce_preset(self, tx: db.Tx, request: Request, /, preset: str) -> dict[str, Any]:
        """Put a preset in force in place of the present one, for clocks that begin from now on."""
        area = _area(tx, request)
        row = _lock_preset(tx, preset)
        queries.put_none_in_force(tx)
        queries.put_in_force(tx, name=preset)
        _note(tx, request, "preset_enforced", {"preset": preset, "version": row["version"]})
        changed = contracts.LimitsChanged(
            preset=preset, area=area, preset_version=row["version"], in_force=True
        )
        outbox.add(tx, [changed])
        return _preset_view(tx, preset)

    # --- The calendar

    @get("/dispatch/calendar/<int:year>", roles=auth.ANYONE, answers=schemas.CalendarView)
    def read_calendar(self, tx: db.Tx, request: Request, /, year: str) -> dict[str, Any]:
        """Read the working calendar of a year; one not published yet is provisional and has version 0."""
        del request
        return _calendar_view(tx, _year(year))

    @put(
        "/dispatch/calendar/<int:year>",
        roles=ADMINS,
        body=schemas.CalendarEdit,
        answers=schemas.CalendarView,
        if_match=True,
        errors=(errors.NotAYear, NotTheWholeDeployment),
    )
    def edit_calendar(self, tx: db.Tx, request: Request, /, year: str) -> dict[str, Any]:
        """Publish the working calendar of a year, or a new version of it.

        Clocks that run on a day that changed, and whose red card is not shown yet, are computed anew.
        """
        area, days, number = _area(tx, request), request.body["days"], _year(year)
        if any(day["day"].year != number for day in days) or len({day["day"] for day in days}) < len(days):
            raise errors.NotAYear(year=number)
        queries.lock_calendar(tx)
        row = queries.lock_year(tx, year=number)
        version = row["version"] if row else 0
        request.match(version)
        before = {day["day"]: day for day in queries.days_of_year(tx, year=number)}
        queries.set_year(tx, year=number, version=version + 1)
        queries.clear_days(tx, year=number)
        queries.insert_days(
            tx,
            days=[day["day"] for day in days],
            is_working=[day["is_working"] for day in days],
            notes=[day["note"] for day in days],
        )
        changed = _changed_days(before, {day["day"]: day for day in days}, number, is_new=row is None)
        if changed:
            _ask_recomputation(
                tx, request, kind="calendar", first_day=changed[0], last_day=changed[-1], area=None
            )
        _note(tx, request, "calendar_edited", {"year": number, "version": version + 1})
        event = contracts.CalendarChanged(
            calendar_id=year, area=area, year=number, calendar_version=version + 1
        )
        outbox.add(tx, [event])
        return _calendar_view(tx, number)

    # --- On purpose

    @post(
        "/dispatch/recomputations",
        roles=ADMINS,
        body=schemas.Rebase,
        answers=schemas.RecomputationView,
        status=201,
    )
    def rebase_clocks(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Put running clocks of an area under the limits in force, counted from their own start."""
        if not request.actor.sees(request.body["area"]):
            raise NotFound()
        filters = {name: request.body[name] for name in ("area", "category", "sla_class", "clock", "preset")}
        recomputation_id = _ask_recomputation(tx, request, kind="rebase", **filters)
        _note(tx, request, "clocks_rebased", {"recomputation_id": recomputation_id, **filters})
        return _recomputation(tx, request, recomputation_id)

    @get(
        "/dispatch/recomputations",
        roles=ADMINS,
        query=PageQuery,
        answers=schemas.RecomputationView,
        page=True,
    )
    def list_recomputations(self, tx: db.Tx, request: Request, /) -> Page:
        """List recomputations of running clocks with how far they are, newest first."""
        cursor = request.cursor(length=1)
        rows = queries.list_recomputations(
            tx,
            scopes=request.actor.scopes,
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["recomputation_id"])])

    @get("/dispatch/recomputations/<uuid:recomputation_id>", roles=ADMINS, answers=schemas.RecomputationView)
    def read_recomputation(self, tx: db.Tx, request: Request, /, recomputation_id: str) -> dict[str, Any]:
        """Read how far a recomputation is."""
        return _recomputation(tx, request, recomputation_id)

    @get("/dispatch/limit-acts", roles=ADMINS, query=PageQuery, answers=schemas.ActView, page=True)
    def list_limit_acts(self, tx: db.Tx, request: Request, /) -> Page:
        """List what admins did to limits and calendar, with their reasons, newest first."""
        cursor = request.cursor(length=1)
        rows = queries.list_acts(tx, before=str(cursor[0]) if cursor else None, most=request.limit + 1)
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["act_id"])])


def _publish(
    tx: db.Tx, request: Request, name: str, *, area: str, version: int, is_in_force: bool
) -> dict[str, Any]:
    document = {key: request.body[key] for key in _DOCUMENT}
    queries.insert_preset_version(
        tx,
        name=name,
        version=version,
        title=request.body["title"],
        document=json.dumps(document, ensure_ascii=False),
        reason=request.body["reason"],
        made_by=request.actor.person_id,
    )
    queries.set_preset_version(tx, name=name, version=version)
    _note(tx, request, "preset_published", {"preset": name, "version": version})
    changed = contracts.LimitsChanged(preset=name, area=area, preset_version=version, in_force=is_in_force)
    outbox.add(tx, [changed])
    return _preset_view(tx, name)


def _changed_days(
    before: Mapping[date, Mapping[str, Any]],
    after: Mapping[date, Mapping[str, Any]],
    year: int,
    *,
    is_new: bool,
) -> list[date]:
    """The dates of which something else holds now; all of a year published for the first time."""
    if is_new:
        return [date(year, 1, 1), date(year, 12, 31)]

    def works(days: Mapping[date, Mapping[str, Any]], day: date) -> bool:
        return bool(days[day]["is_working"]) if day in days else day.weekday() < 5

    return sorted(day for day in before.keys() | after.keys() if works(before, day) != works(after, day))


def _ask_recomputation(tx: db.Tx, request: Request, *, kind: str, **filters: Any) -> str:
    recomputation_id = ids.new()
    nothing = dict.fromkeys(("area", "category", "sla_class", "clock", "preset", "first_day", "last_day"))
    queries.insert_recomputation(
        tx,
        recomputation_id=recomputation_id,
        kind=kind,
        reason=request.body["reason"],
        by_person=request.actor.person_id,
        **{**nothing, **filters},
    )
    return recomputation_id


def _recomputation(tx: db.Tx, request: Request, recomputation_id: str) -> dict[str, Any]:
    row: dict[str, Any] | None = queries.get_recomputation(
        tx, recomputation_id=recomputation_id, scopes=orders.of_areas(request.actor).scopes
    )
    if row is None:
        raise NotFound()
    return row


def _lock_preset(tx: db.Tx, name: str) -> dict[str, Any]:
    row: dict[str, Any] | None = queries.lock_preset(tx, name=name)
    if row is None:
        raise NotFound()
    return row


def _preset_view(tx: db.Tx, name: str) -> dict[str, Any]:
    row = queries.get_preset(tx, name=name)
    if row is None:
        raise NotFound()
    return {**dict.fromkeys(_DOCUMENT), **row["document"], **row}


def _calendar_view(tx: db.Tx, year: int) -> dict[str, Any]:
    row = queries.get_year(tx, year=year)
    return {
        "year": year,
        "is_published": row is not None,
        "days": queries.days_of_year(tx, year=year),
        "version": row["version"] if row else 0,
    }


def _year(text: str) -> int:
    """A year that has a calendar. Raises NotFound."""
    year = int(text)
    if year not in _YEARS:
        raise NotFound()
    return year


def _note(tx: db.Tx, request: Request, action: str, detail: dict[str, Any]) -> None:
    queries.note_act(
        tx,
        act_id=ids.new(),
        action=action,
        by_person=request.actor.person_id,
        reason=request.body["reason"],
        detail=json.dumps(detail, ensure_ascii=False),
    )


def _area(tx: db.Tx, request: Request) -> str:
    """The area in which the act of an admin of the whole deployment is announced. Raises NotTheWholeDeployment."""
    scopes = request.actor.scopes
    roots = [scope for scope in scopes if areas.level(scope) in (areas.Level.CITY, areas.Level.DISTRICT)]
    if not roots or queries.reaches_beyond(tx, scopes=scopes):
        raise NotTheWholeDeployment()
    return roots[0]
