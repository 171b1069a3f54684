"""Nets, grids, and the question which grid one is in."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from services.registry.api.areas import area_cursor, geojson
from services.registry.api.authority import ADMINS, AUDITORS, scopes_for_drafts, within
from services.registry.domain import areas as area_rules
from services.registry.domain import codes, coverage
from services.registry.domain import net as domain
from services.registry.schemas import nets as schemas
from services.registry.store import areas as area_store
from services.registry.store import nets as store
from services.registry.store import posts as post_store
from shared import areas, auth, clock, db, errors, http, ids
from shared.bus import outbox
from shared.http import get, post, put

_MOST_FEATURES = 3_000


class TooManyGrids(errors.Invalid):
    """There are too many grids inside this area for one answer; ask for a smaller area."""


class NothingToCopy(errors.Invalid):
    """The subdistrict has no net in force to copy; give the grids."""


class NetsApi:
    """Use cases around nets. What is published is public; drafts are the administrators'."""

    @get("/registry/nets", roles=auth.PUBLIC, query=schemas.NetQuery, answers=schemas.NetView, page=True)
    def list_nets(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Boundary sets by subdistrict; drafts only for administrators of the area."""
        state = request.query["state"]
        found = store.page(
            tx,
            inside=request.query["inside"],
            state=state.value if state else None,
            scopes=scopes_for_drafts(request.actor),
            after=area_cursor(request),
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda net: [net.area, net.id])

    @post(
        "/registry/nets",
        roles=ADMINS,
        body=schemas.NewNet,
        answers=schemas.NetView,
        status=201,
        errors=(
            area_rules.AreaUnknown,
            area_rules.WrongLevel,
            coverage.OutlineMalformed,
            codes.CommunityFull,
            NothingToCopy,
        ),
    )
    def draft_net(self, tx: db.Tx, request: http.Request) -> domain.Net:
        """Begins a boundary set of a subdistrict, empty-handed or from the net in force."""
        area = domain.check_subdistrict(within(request, request.body["area"]))
        store_area = area_store.get(tx, area)
        at = db.now(tx)
        net = domain.Net(
            id=ids.new(),
            area=store_area.code,
            note=request.body["note"],
            source=request.body["source"],
            created_at=at,
            created_by=request.actor.person_id,
        )
        given = request.body["grids"]
        grids = _copied(tx, area, at) if given is None else _read_grids(tx, area, given)
        store.add(tx, net)
        store.add_grids(tx, net.id, grids)
        request.answer_headers["Location"] = f"/api/registry/nets/{net.id}"
        return net

    @get(
        "/registry/nets/<uuid:net_id>",
        roles=auth.PUBLIC,
        answers=schemas.NetView,
        errors=(store.NetUnknown,),
    )
    def get_net(self, tx: db.Tx, request: http.Request, net_id: str) -> domain.Net:
        """One boundary set."""
        return store.get(tx, net_id, scopes=scopes_for_drafts(request.actor))

    @get(
        "/registry/nets/<uuid:net_id>/grids",
        roles=auth.PUBLIC,
        media_type="application/geo+json",
        errors=(store.NetUnknown,),
    )
    def get_net_grids(self, tx: db.Tx, request: http.Request, net_id: str) -> http.Raw:
        """The grids of a boundary set as a GeoJSON FeatureCollection."""
        net = store.get(tx, net_id, scopes=scopes_for_drafts(request.actor))
        return _features([(grid, net.source) for grid in store.grids_of(tx, net.id)])

    @put(
        "/registry/nets/<uuid:net_id>/grids",
        roles=ADMINS,
        body=schemas.NetGrids,
        answers=schemas.NetView,
        if_match=True,
        errors=(store.NetUnknown, domain.NetClosed, coverage.OutlineMalformed, codes.CommunityFull),
    )
    def redraw_net(self, tx: db.Tx, request: http.Request, net_id: str) -> domain.Net:
        """Replaces all grids of a draft."""
        net = store.lock(tx, net_id, scopes=request.actor.scopes)
        request.match(net.version)
        net = domain.redrawn(net, note=request.body["note"])
        store.replace_grids(tx, net.id, _read_grids(tx, net.area, request.body["grids"]))
        store.save(tx, net)
        return net

    @get(
        "/registry/nets/<uuid:net_id>/check",
        roles=AUDITORS,
        answers=schemas.ReportView,
        errors=(store.NetUnknown, area_rules.NoOutline),
    )
    def check_net(self, tx: db.Tx, request: http.Request, net_id: str) -> domain.Report:
        """Checks a boundary set: overlaps, gaps and parts outside with their polygons, sizes as warnings."""
        net = store.get(tx, net_id, scopes=request.actor.scopes)
        return _check(tx, net, store.grids_of(tx, net.id))

    @post(
        "/registry/nets/<uuid:net_id>/publish",
        roles=ADMINS,
        body=schemas.Publication,
        answers=schemas.NetView,
        if_match=True,
        errors=(
            store.NetUnknown,
            domain.NetClosed,
            domain.NetNotClear,
            domain.NetOrder,
            domain.EffectiveAtInvalid,
            area_rules.NoOutline,
        ),
    )
    def publish_net(self, tx: db.Tx, request: http.Request, net_id: str) -> domain.Net:
        """Decides that this set holds from a moment on. A set that is not whole is refused with its problems."""
        net = store.lock(tx, net_id, scopes=request.actor.scopes)
        request.match(net.version)
        # Two drafts of one subdistrict must not be published at the same moment.
        area_store.lock(tx, net.area)
        grids = store.grids_of(tx, net.id)
        net, previous, events = domain.publish(
            net,
            grids,
            report=_check(tx, net, grids),
            previous=store.lock_last_published(tx, net.area),
            names=area_store.names_inside(tx, net.area),
            effective_at=request.body["effective_at"],
            by=request.actor.person_id,
            at=db.now(tx),
        )
        if previous:
            store.save(tx, previous)
        store.save(tx, net)
        outbox.add(tx, events)
        return net

    @post(
        "/registry/nets/<uuid:net_id>/discard",
        roles=ADMINS,
        answers=schemas.NetView,
        if_match=True,
        errors=(store.NetUnknown, domain.NetClosed),
    )
    def discard_net(self, tx: db.Tx, request: http.Request, net_id: str) -> domain.Net:
        """Gives a draft up."""
        net = store.lock(tx, net_id, scopes=request.actor.scopes)
        request.match(net.version)
        net = domain.discard(net)
        store.save(tx, net)
        return net

    @get("/registry/grids", roles=auth.PUBLIC, query=schemas.GridQuery, answers=schemas.GridView, page=True)
    def list_grids(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Grids in force by code."""
        cursor, kind = request.cursor(length=1), request.query["kind"]
        found = store.grids_inside(
            tx,
            request.query["inside"],
            kind=kind.value if kind else None,
            at=request.query["at"] or clock.now(),
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        page = http.page(found, limit=request.limit, key=lambda item: [item.grid.code])
        return http.Page(items=_views(tx, page.items), next_cursor=page.next_cursor)

    @get(
        "/registry/grids.geojson",
        roles=auth.PUBLIC,
        query=schemas.GridMapQuery,
        media_type="application/geo+json",
        errors=(TooManyGrids,),
    )
    def map_grids(self, tx: db.Tx, request: http.Request) -> http.Raw:
        """Grids in force inside an area as a GeoJSON FeatureCollection, at most 3,000."""
        at = request.query["at"] or clock.now()
        found = store.grids_inside(tx, request.query["inside"], at=at, most=_MOST_FEATURES + 1)
        if len(found) > _MOST_FEATURES:
            raise TooManyGrids()
        return _features([(item.grid, item.source) for item in found])

    @get(
        "/registry/grids/<string:code>",
        roles=auth.PUBLIC,
        query=schemas.OneGridQuery,
        answers=schemas.GridDetail,
        errors=(store.GridUnknown,),
    )
    def get_grid(self, tx: db.Tx, request: http.Request, code: str) -> dict[str, Any]:
        """One grid with its outline, now or at another time."""
        found = store.grid_in_force(tx, code, at=request.query["at"] or clock.now())
        outline = {"type": "Polygon", "coordinates": found.grid.outline}
        return _views(tx, [found])[0] | {"outline": outline}

    @get(
        "/registry/grids/<string:code>/history",
        roles=auth.PUBLIC,
        answers=schemas.GridHistory,
        errors=(store.GridUnknown,),
    )
    def get_grid_history(self, tx: db.Tx, request: http.Request, code: str) -> dict[str, Any]:
        """What a grid was under each published net, newest first."""
        return {"items": store.history(tx, code)}

    @get(
        "/registry/where",
        roles=auth.PUBLIC,
        query=schemas.WhereQuery,
        answers=schemas.WhereView,
        errors=(coverage.PlaceOutside,),
    )
    def where(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Which grid a place is in and who answers for it: public contacts only."""
        place = (request.query["longitude"], request.query["latitude"])
        around = store.around(tx, place, at=request.query["at"] or clock.now())
        grid = coverage.locate(place, [item.grid for item in around])
        found = next(item for item in around if item.grid is grid)
        return {"grid": _views(tx, [found])[0], "contacts": post_store.contacts(tx, grid.code)}


def _read_grids(tx: db.Tx, area: str, given: Sequence[dict[str, Any]]) -> list[domain.Grid]:
    """The grids of a request, numbered. Raises OutlineMalformed, CommunityFull or Invalid."""
    grids: list[domain.Grid] = []
    for place, item in enumerate(given):
        if not areas.inside(item["code"], area):
            raise errors.invalid(f"/grids/{place}/code", "outside", "The grid is of another subdistrict.")
        rings = coverage.rings_of(item["outline"], pointer=f"/grids/{place}/outline")
        grids.append(
            domain.Grid(
                code=item["code"],
                name=item["name"],
                kind=item["kind"],
                site=item["site"],
                households=item["households"],
                shops=item["shops"],
                outline=rings,
                centre=coverage.centre_of(rings),
            )
        )
    numbered = domain.numbered(coverage.with_shared_vertices(grids), used=store.codes_used(tx, area))
    repeated = [one.code for one, other in pairwise(numbered) if one.code == other.code]
    if repeated:
        raise errors.invalid(
            "/grids", "code_repeated", f"These codes are given twice: {', '.join(repeated)}."
        )
    return numbered


def _copied(tx: db.Tx, area: str, at: datetime) -> list[domain.Grid]:
    found = [item.grid for item in store.grids_inside(tx, area, at=at, most=_MOST_FEATURES)]
    if not found:
        raise NothingToCopy()
    return found


def _check(tx: db.Tx, net: domain.Net, grids: Sequence[domain.Grid]) -> domain.Report:
    outline = area_store.get(tx, net.area).outline
    if outline is None:
        raise area_rules.NoOutline()
    return coverage.check(
        grids,
        outline=outline,
        communities=area_store.communities_of(tx, net.area),
        guidance=area_store.guidance_for(tx, net.area).size,
    )


def _views(tx: db.Tx, found: Sequence[store.GridInForce]) -> list[dict[str, Any]]:
    """Grids with the names of what is above them and their size flags; two queries for any number of them."""
    above = {code for item in found for code in (item.grid.code[:9], item.grid.community)}
    names = area_store.names_of(tx, above)
    sizes = area_store.guidance_for_all(tx, {item.grid.community for item in found})
    return [_view(item, names, sizes[item.grid.community]) for item in found]


def _view(item: store.GridInForce, names: dict[str, str], size: area_rules.SizeGuidance) -> dict[str, Any]:
    grid = item.grid
    flags = coverage.size_warnings([grid], size)
    return {
        "code": grid.code,
        "name": grid.name,
        "kind": grid.kind,
        "site": grid.site,
        "community": {"code": grid.community, "name": area_rules.short_name(names[grid.community])},
        "subdistrict": {"code": grid.code[:9], "name": names[grid.code[:9]]},
        "households": grid.households,
        "shops": grid.shops,
        "size_flags": flags[0].flags if flags else (),
        "centre": {"longitude": grid.centre[0], "latitude": grid.centre[1]},
        "net_id": item.net_id,
        "net_version": item.net_version,
        "source": item.source,
        "effective_at": item.effective_at,
        "superseded_at": item.superseded_at,
    }


def _features(grids: Sequence[tuple[domain.Grid, str]]) -> http.Raw:
    features = [
        {
            "type": "Feature",
            "id": grid.code,
            "geometry": {"type": "Polygon", "coordinates": grid.outline},
            "properties": {
                "code": grid.code,
                "name": grid.name,
                "kind": grid.kind,
                "site": grid.site,
                "households": grid.households,
                "shops": grid.shops,
                "source": source,
            },
        }
        for grid, source in grids
    ]
    return geojson({"type": "FeatureCollection", "features": features})
