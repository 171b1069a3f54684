"""Areas, their outlines, and size guidance."""

import json
from dataclasses import replace
from typing import Any

from services.registry.api.authority import ADMINS, within
from services.registry.domain import areas as domain
from services.registry.domain import coverage, net
from services.registry.schemas import areas as schemas
from services.registry.store import areas as store
from services.registry.store import nets as net_store
from shared import auth, clock, db, http
from shared.http import get, patch, post, put

GEOJSON = "application/geo+json"


class AreasApi:
    """Use cases around areas. Areas and outlines are public."""

    @get("/registry/areas", roles=auth.PUBLIC, query=schemas.AreaQuery, answers=schemas.AreaView, page=True)
    def list_areas(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Areas by code, from the city to the community."""
        cursor = request.cursor(length=1)
        found = store.page(
            tx,
            inside=request.query["inside"],
            parent=request.query["parent"],
            level=request.query["level"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda area: [area.code])

    @get(
        "/registry/areas/<string:code>",
        roles=auth.PUBLIC,
        answers=schemas.AreaView,
        errors=(domain.AreaUnknown,),
    )
    def get_area(self, tx: db.Tx, request: http.Request, code: str) -> domain.Area:
        """One area."""
        return store.get(tx, code)

    @get(
        "/registry/areas/<string:code>/outline",
        roles=auth.PUBLIC,
        media_type=GEOJSON,
        errors=(domain.AreaUnknown, domain.NoOutline),
    )
    def get_outline(self, tx: db.Tx, request: http.Request, code: str) -> http.Raw:
        """The outline of an area as a GeoJSON Feature; a community's is that of its grids together."""
        area = store.get(tx, code)
        outline, source = area.outline, area.outline_source
        if outline is None:
            grids = net_store.grids_inside(tx, code, at=clock.now(), most=2_000)
            if not grids:
                raise domain.NoOutline()
            outline, source = coverage.union_outline([g.grid.outline for g in grids]), grids[0].source
        properties = {"code": area.code, "name": area.name, "level": area.level, "source": source}
        return geojson({"type": "Feature", "geometry": outline, "properties": properties})

    @post(
        "/registry/areas",
        roles=ADMINS,
        body=schemas.NewArea,
        answers=schemas.AreaView,
        status=201,
        errors=(domain.AreaExists, domain.ParentUnknown, domain.WrongLevel, domain.AreaUnknown),
    )
    def register_area(self, tx: db.Tx, request: http.Request) -> domain.Area:
        """Registers an area under its official code."""
        area = domain.register(code=within(request, request.body["code"]), name=request.body["name"])
        store.add(tx, area)
        request.answer_headers["Location"] = f"/api/registry/areas/{area.code}"
        return area

    @patch(
        "/registry/areas/<string:code>",
        roles=ADMINS,
        body=schemas.AreaName,
        answers=schemas.AreaView,
        if_match=True,
        errors=(domain.AreaUnknown,),
    )
    def rename_area(self, tx: db.Tx, request: http.Request, code: str) -> domain.Area:
        """Gives an area another name. Other services learn it with the next published net."""
        area = store.lock(tx, within(request, code))
        request.match(area.version)
        area = domain.rename(area, name=request.body["name"])
        store.save(tx, area)
        return area

    @put(
        "/registry/areas/<string:code>/outlines",
        roles=ADMINS,
        body=schemas.Outlines,
        answers=schemas.AreaView,
        if_match=True,
        errors=(domain.AreaUnknown, domain.OutlineInUse, coverage.OutlineMalformed, net.NetNotClear),
    )
    def draw_outlines(self, tx: db.Tx, request: http.Request, code: str) -> domain.Area:
        """Sets the outline of a city or district and of everything directly under it, gap-free.

        All areas directly under it are given together; they must cover it exactly once. Once a net was published
        inside, outlines stay.
        """
        area = store.lock(tx, within(request, code))
        request.match(area.version)
        if net_store.any_published(tx, code):
            raise domain.OutlineInUse()
        drawn = coverage.outlines(
            area,
            store.lock_children(tx, code),
            outline=request.body["outline"],
            children_outlines={child["code"]: child["outline"] for child in request.body["children"]},
            source=request.body["source"],
        )
        for changed in drawn:
            store.save(tx, changed)
        return drawn[0]

    @get(
        "/registry/areas/<string:code>/size-guidance",
        roles=auth.PUBLIC,
        answers=schemas.GuidanceView,
        errors=(domain.AreaUnknown,),
    )
    def get_size_guidance(self, tx: db.Tx, request: http.Request, code: str) -> store.Guidance:
        """How big a basic grid should be here: what is set for this area or the nearest one above."""
        found = store.guidance_for(tx, store.get(tx, code).code)
        # The version is that of this area's own setting, so that it can be sent back in If-Match.
        return found if found.area == code else replace(found, version=0)

    @put(
        "/registry/areas/<string:code>/size-guidance",
        roles=ADMINS,
        body=schemas.Guidance,
        answers=schemas.GuidanceView,
        if_match=True,
        errors=(domain.AreaUnknown,),
    )
    def set_size_guidance(self, tx: db.Tx, request: http.Request, code: str) -> store.Guidance:
        """Sets the size guidance of an area. If-Match is `"0"` where none was set for exactly this area."""
        store.lock(tx, within(request, code))
        present = store.lock_guidance(tx, code)
        version = present.version if present else 0
        request.match(version)
        size = domain.SizeGuidance(**request.body)
        store.put_guidance(tx, code, size, version=version + 1)
        return store.Guidance(area=code, size=size, version=version + 1)


def area_cursor(request: http.Request) -> tuple[str, str] | None:
    """The (area, id) after which a page begins."""
    cursor = request.cursor(length=2)
    return (str(cursor[0]), str(cursor[1])) if cursor else None


def geojson(document: dict[str, Any]) -> http.Raw:
    """A GeoJSON answer. Outlines are public and change rarely; a minute's caching spares most of them."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return http.Raw(body=body, content_type=GEOJSON, headers={"Cache-Control": "public, max-age=60"})
