"""Shapes of areas, their outlines and size guidance."""

from marshmallow import fields, validate

from services.registry.domain import areas as domain
from shared import http

NAME = validate.Length(1, 100)
SOURCE = validate.OneOf(["surveyed", "generated"])
SOURCE_NOTE = {
    "description": "`surveyed`, or `generated`: demo data that follows no real boundary.",
    "example": "surveyed",
}


class AreaQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None, metadata={"description": "Only this area and those below it."})
    parent = http.AreaCode(load_default=None, metadata={"description": "Only those directly under this one."})
    level = fields.String(load_default=None, validate=validate.OneOf(list(domain.KEPT_LEVELS)))


class NewArea(http.Schema):
    code = http.AreaCode(required=True)
    name = fields.String(required=True, validate=NAME)


class AreaName(http.Schema):
    name = fields.String(required=True, validate=NAME)


class AreaView(http.Schema):
    """An area without its outline, which is at `/registry/areas/<code>/outline`."""

    code = http.AreaCode(required=True)
    level = fields.String(required=True)
    parent = http.AreaCode(allow_none=True)
    name = fields.String(required=True)
    short_name = fields.String(required=True)
    outline_source = fields.String(allow_none=True, metadata=SOURCE_NOTE)
    version = fields.Integer(required=True)


class Outline(http.Schema):
    """A GeoJSON Polygon or MultiPolygon in WGS 84 degrees."""

    type = fields.String(required=True, validate=validate.OneOf(["Polygon", "MultiPolygon"]))
    coordinates = fields.List(fields.Raw(), required=True, validate=validate.Length(1, 2_000))


class ChildOutline(http.Schema):
    code = http.AreaCode(required=True)
    outline = fields.Nested(Outline, required=True)


class Outlines(http.Schema):
    """The outline of an area and of all areas directly under it, which must cover it exactly once."""

    source = fields.String(load_default="surveyed", validate=SOURCE)
    outline = fields.Nested(Outline, required=True)
    children = fields.List(fields.Nested(ChildOutline), required=True, validate=validate.Length(1, 500))


class Guidance(http.Schema):
    households_min = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100_000))
    households_max = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100_000))
    shops_min = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 100_000)
    )
    shops_max = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 100_000)
    )


class GuidanceView(http.Schema):
    """How big a basic grid should be. A grid outside is flagged, not refused."""

    area = http.AreaCode(
        allow_none=True, metadata={"description": "Where it was set; null: the platform's own."}
    )
    households_min = fields.Integer(required=True, attribute="size.households_min")
    households_max = fields.Integer(required=True, attribute="size.households_max")
    shops_min = fields.Integer(allow_none=True, attribute="size.shops_min")
    shops_max = fields.Integer(allow_none=True, attribute="size.shops_max")
    version = fields.Integer(required=True)


class AreaNames(http.Schema):
    code = http.AreaCode(required=True)
    name = fields.String(required=True)
