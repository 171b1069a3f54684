"""Shapes of nets, grids and the question which grid one is in."""

from marshmallow import fields, validate

from services.registry.domain import net as domain
from services.registry.domain import posts
from services.registry.schemas.areas import NAME, SOURCE, SOURCE_NOTE, AreaNames
from shared import http
from shared.http.schemas import Degrees

_COUNT = validate.Range(0, 1_000_000)
_MOST_GRIDS = 3_000
_AT = {"description": "The moment asked about; default now."}


class Polygon(http.Schema):
    """A GeoJSON Polygon in WGS 84 degrees; kept at six decimals."""

    type = fields.String(required=True, validate=validate.Equal("Polygon"), metadata={"example": "Polygon"})
    coordinates = fields.List(
        fields.List(
            fields.List(Degrees(), validate=validate.Length(2, 3)), validate=validate.Length(4, 2_000)
        ),
        required=True,
        validate=validate.Length(1, 50),
    )


class NewGrid(http.Schema):
    code = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{12}([0-9]{3})?$", error="12 digits, or 15 of an existing grid."),
        metadata={
            "description": "15 digits to keep a grid; its community's 12 to have the next number given."
        },
    )
    name = fields.String(required=True, validate=NAME)
    kind = fields.Enum(domain.Kind, by_value=True, required=True)
    site = fields.Enum(domain.Site, by_value=True, load_default=None, allow_none=True)
    households = fields.Integer(load_default=0, strict=True, validate=_COUNT)
    shops = fields.Integer(load_default=0, strict=True, validate=_COUNT)
    outline = fields.Nested(Polygon, required=True)


class NewNet(http.Schema):
    area = http.AreaCode(required=True, metadata={"example": "370102007"})
    note = fields.String(load_default="", validate=validate.Length(max=500))
    source = fields.String(load_default="surveyed", validate=SOURCE)
    grids = fields.List(
        fields.Nested(NewGrid),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=_MOST_GRIDS),
        metadata={"description": "Left out: the draft begins as a copy of the net in force."},
    )


class NetGrids(http.Schema):
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=500))
    grids = fields.List(fields.Nested(NewGrid), required=True, validate=validate.Length(max=_MOST_GRIDS))


class Publication(http.Schema):
    effective_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "Default: at once."}
    )


class NetQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    state = fields.Enum(domain.State, by_value=True, load_default=None)


class NetView(http.Schema):
    """A boundary set of one subdistrict; its grids are at `/registry/nets/<id>/grids`."""

    id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    state = fields.Enum(domain.State, by_value=True, required=True)
    note = fields.String(required=True)
    source = fields.String(required=True, metadata=SOURCE_NOTE)
    created_at = fields.AwareDateTime(required=True)
    created_by = fields.UUID(allow_none=True)
    net_version = fields.Integer(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    published_by = fields.UUID(allow_none=True)
    effective_at = fields.AwareDateTime(allow_none=True)
    superseded_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(required=True)


class ProblemView(http.Schema):
    finding = fields.Enum(domain.Finding, by_value=True, required=True)
    detail = fields.String(required=True)
    grids = fields.List(http.AreaCode(), required=True)
    geometry = fields.Dict(allow_none=True, metadata={"description": "The offending place as GeoJSON."})


class WarningView(http.Schema):
    grid = http.AreaCode(required=True)
    flags = fields.List(fields.String(), required=True)
    households = fields.Integer(required=True)
    shops = fields.Integer(required=True)


class ReportView(http.Schema):
    """The check of a net: it may go live when `clear`. Warnings (sizes) do not stop it."""

    clear = fields.Boolean(required=True)
    problems = fields.List(fields.Nested(ProblemView), required=True)
    warnings = fields.List(fields.Nested(WarningView), required=True)


class GridQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    kind = fields.Enum(domain.Kind, by_value=True, load_default=None)
    at = fields.AwareDateTime(load_default=None, metadata=_AT)


class OneGridQuery(http.Schema):
    at = fields.AwareDateTime(load_default=None, metadata=_AT)


class GridMapQuery(http.Schema):
    inside = http.AreaCode(required=True)
    at = fields.AwareDateTime(load_default=None, metadata=_AT)


class WhereQuery(http.Schema):
    longitude = fields.Float(required=True, validate=validate.Range(-180, 180))
    latitude = fields.Float(required=True, validate=validate.Range(-90, 90))
    at = fields.AwareDateTime(load_default=None, metadata=_AT)


class GridView(http.Schema):
    """A grid as it is at the moment asked about."""

    code = http.AreaCode(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(domain.Kind, by_value=True, required=True)
    site = fields.Enum(domain.Site, by_value=True, allow_none=True)
    community = fields.Nested(AreaNames, required=True)
    subdistrict = fields.Nested(AreaNames, required=True)
    households = fields.Integer(required=True)
    shops = fields.Integer(required=True)
    size_flags = fields.List(
        fields.String(), required=True, metadata={"description": "How it lies outside the size guidance."}
    )
    centre = fields.Nested(
        http.Place, required=True, metadata={"description": "A point certainly inside the grid."}
    )
    net_id = fields.UUID(required=True)
    net_version = fields.Integer(required=True)
    source = fields.String(required=True, metadata=SOURCE_NOTE)
    effective_at = fields.AwareDateTime(required=True)
    superseded_at = fields.AwareDateTime(allow_none=True)


class GridDetail(GridView):
    outline = fields.Nested(Polygon, required=True)


class GridPeriodView(http.Schema):
    """What a grid was while one net was in force."""

    name = fields.String(required=True)
    kind = fields.Enum(domain.Kind, by_value=True, required=True)
    site = fields.Enum(domain.Site, by_value=True, allow_none=True)
    households = fields.Integer(required=True)
    shops = fields.Integer(required=True)
    net_id = fields.UUID(required=True)
    net_version = fields.Integer(required=True)
    effective_at = fields.AwareDateTime(required=True)
    superseded_at = fields.AwareDateTime(allow_none=True)


class GridHistory(http.Schema):
    items = fields.List(fields.Nested(GridPeriodView), required=True)


class ContactView(http.Schema):
    """A published contact: a duty name and phone, never anything private."""

    area = http.AreaCode(required=True)
    kind = fields.Enum(posts.Kind, by_value=True, required=True)
    label = fields.String(required=True)
    duty_name = fields.String(required=True)
    duty_phone = fields.String(required=True)
    profession = fields.Enum(posts.Profession, by_value=True, allow_none=True)
    department_id = fields.String(allow_none=True)
    department_name = fields.String(allow_none=True)


class WhereView(http.Schema):
    """The one grid that holds a place, and who answers for it."""

    grid = fields.Nested(GridView, required=True)
    contacts = fields.List(fields.Nested(ContactView), required=True)
