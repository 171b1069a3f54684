"""What the responsibility list reads and answers."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.dispatch.domain import listfile
from services.dispatch.domain.responsibility import UNITS, ListState
from shared import http
from shared.contracts import cases

KINDS = typing.get_args(cases.WhistleKind)
_UNIT = validate.OneOf(list(UNITS))
_CATEGORY = validate.Regexp(r"^[a-z0-9_]{1,30}(\.[a-z0-9_]{1,30}){0,3}\Z")


class ListFilter(http.PageQuery):
    area = http.AreaCode(load_default=None, metadata={"description": "Only lists that may serve this area."})


class MakeDraft(http.Schema):
    area = http.AreaCode(required=True, metadata={"description": "A district or a city."})
    copies = http.Flag(
        load_default=True,
        metadata={"description": "Begin with the items of the list in force; else with none."},
    )


class ChangeDraft(http.Schema):
    last_resort = fields.String(
        required=True,
        validate=validate.OneOf([unit for unit in UNITS if unit != "subdistrict"]),
        metadata={"description": "The kind of department that takes what no item covers 兜底."},
    )


class Publish(http.Schema):
    effective_on = fields.Date(required=True)


class ItemBody(http.Schema):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    theme = fields.String(required=True, validate=validate.Length(1, 40))
    main = fields.String(required=True, validate=_UNIT)
    supporting = fields.List(
        fields.String(validate=_UNIT), load_default=list, validate=validate.Length(max=len(UNITS))
    )
    subdistrict_duty = fields.String(load_default="", validate=validate.Length(max=200))
    law = fields.String(required=True, validate=validate.Length(1, 300))
    procedure = fields.String(required=True, validate=validate.Length(1, 500))
    categories = fields.List(
        fields.String(validate=validate.Regexp(listfile.CATEGORY_PATTERN)),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "Codes of the matter catalogue; `env.*` covers all that begin so."},
    )

    @validates_schema
    def _once(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if data["main"] in data["supporting"]:
            raise ValidationError("The main unit is not a supporting one too.", "supporting")
        for name in ("supporting", "categories"):
            if len(set(data[name])) < len(data[name]):
                raise ValidationError("Name each once.", name)


class ItemView(http.Schema):
    code = fields.String()
    name = fields.String()
    theme = fields.String()
    main = fields.String(metadata={"description": "A kind of department, or `subdistrict`."})
    supporting = fields.List(fields.String())
    subdistrict_duty = fields.String()
    law = fields.String()
    procedure = fields.String()
    categories = fields.List(fields.String())


class ListView(http.Schema):
    list_id = fields.UUID()
    area = fields.String(metadata={"description": "Empty is the list as delivered."})
    number = fields.Integer()
    state = fields.String(validate=validate.OneOf([str(state) for state in ListState]))
    effective_on = fields.Date(allow_none=True)
    last_resort = fields.String()
    items = fields.Integer()
    made_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class ItemFilter(http.PageQuery):
    main = fields.String(load_default=None, validate=_UNIT)
    theme = fields.String(load_default=None, validate=validate.Length(1, 40))
    text = fields.String(load_default=None, validate=validate.Length(1, 60))


class Ask(http.Schema):
    category = fields.String(required=True, validate=_CATEGORY)
    area = http.AreaCode(required=True)
    kind = fields.String(load_default="subdistrict_calls_departments", validate=validate.OneOf(KINDS))


class AreaQuery(http.Schema):
    area = http.AreaCode(required=True)


class CalledView(http.Schema):
    unit = fields.String()
    label = fields.String()
    department_id = fields.String(
        allow_none=True, metadata={"description": "Null where no department of the kind serves the area."}
    )
    department_name = fields.String(allow_none=True)


class ProposalView(http.Schema):
    list_id = fields.UUID()
    list_area = fields.String()
    list_number = fields.Integer()
    item = fields.Nested(ItemView, allow_none=True)
    alternatives = fields.List(fields.Nested(ItemView))
    main = fields.Nested(CalledView, allow_none=True)
    supporting = fields.List(fields.Nested(CalledView))
    is_last_resort = fields.Boolean()
    is_subdistricts = fields.Boolean()
    explanation = fields.String()


class GroundView(http.Schema):
    """Why a department was called, as the list in force said then."""

    list_area = fields.String()
    list_number = fields.Integer()
    role = fields.String(validate=validate.OneOf(["main", "supporting", "unlisted", "last_resort"]))
    item_code = fields.String(allow_none=True)
    item_name = fields.String(allow_none=True)
    main = fields.String(allow_none=True)
    supporting = fields.List(fields.String())
    law = fields.String(allow_none=True)
    procedure = fields.String(allow_none=True)
    subdistrict_duty = fields.String(allow_none=True)


class AmendmentFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(["open", "accepted", "rejected"]))


class AmendmentView(http.Schema):
    amendment_id = fields.UUID()
    area = http.AreaCode()
    category = fields.String()
    reason = fields.String(validate=validate.OneOf(["not_covered", "differs"]))
    order_id = fields.UUID()
    task_id = fields.UUID()
    item_code = fields.String(allow_none=True)
    from_department_id = fields.String()
    to_department_id = fields.String()
    to_unit = fields.String(allow_none=True)
    state = fields.String()
    proposed_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_words = fields.String(allow_none=True)
    list_id = fields.UUID(allow_none=True)
    version = fields.Integer()


class Accept(ItemBody):
    code = fields.String(required=True, validate=validate.Regexp(listfile.CODE_PATTERN))


class Reject(http.Schema):
    words = fields.String(required=True, validate=validate.Length(1, 1000))
