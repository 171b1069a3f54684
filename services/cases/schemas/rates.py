"""What the rates and removals from their base read and answer."""

import typing

from marshmallow import fields, validate

from services.cases.domain.rates import RateCode
from shared import http
from shared.contracts import cases as contracts

_REASON = validate.Length(1, 1000)
_MONTH = validate.Regexp(r"^20\d\d-(0[1-9]|1[0-2])\Z", error="A month such as 2026-11.")
_DEPARTMENT = validate.Length(1, 60)
COUNTED = (*typing.get_args(RateCode), "taken_on", "resolved", "removed", "not_reached", "reworked")


class RatesQuery(http.Schema):
    month = fields.String(required=True, validate=_MONTH, metadata={"example": "2026-11"})
    area = http.AreaCode(load_default=None)
    department = fields.String(load_default=None, validate=_DEPARTMENT)
    by = fields.String(load_default="area", validate=validate.OneOf(["area", "department"]))


class RateRowsQuery(http.PageQuery):
    month = fields.String(required=True, validate=_MONTH, metadata={"example": "2026-11"})
    area = http.AreaCode(load_default=None)
    department = fields.String(load_default=None, validate=_DEPARTMENT)
    counted = fields.String(
        required=True,
        validate=validate.OneOf(COUNTED),
        metadata={"description": "A rate, whose base is listed, or one of the other counts."},
    )
    hit = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "Only what counts above the line, or not."},
    )


class FigureView(http.Schema):
    code = fields.String()
    label = fields.String()
    definition = fields.String()
    hits = fields.Integer()
    base = fields.Integer()
    percent = fields.Float(allow_none=True)


class RateLine(http.Schema):
    key = fields.String(metadata={"description": "An area code or a department; empty in the total."})
    taken_on = fields.Integer(metadata={"description": "Reported in the month."})
    resolved = fields.Integer(metadata={"description": "Of these, resolved by now."})
    removed = fields.Integer()
    not_reached = fields.Integer()
    reworked = fields.Integer()
    rates = fields.List(fields.Nested(FigureView))


class RatesView(http.Schema):
    month = fields.String()
    by = fields.String()
    rate_set = fields.String()
    lines = fields.List(fields.Nested(RateLine))
    total = fields.Nested(RateLine, allow_none=True)


class RateRow(http.Schema):
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    category = fields.String()
    state = fields.String()
    run = fields.Integer()
    departments = fields.List(fields.String())
    is_confidential = fields.Boolean()
    met = fields.Boolean(allow_none=True)
    settled = fields.Boolean(allow_none=True)
    satisfaction = fields.String(allow_none=True)
    is_removed = fields.Boolean()
    hit = fields.Boolean()
    reported_at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True, metadata={"description": "The first answer."})


class RemovalAsked(http.Schema):
    month = fields.String(required=True, validate=_MONTH, metadata={"example": "2026-11"})
    ground = fields.String(required=True, validate=validate.OneOf(typing.get_args(contracts.RemovalGround)))
    words = fields.String(required=True, validate=_REASON)


class RemovalDecision(http.Schema):
    granted = http.Flag(required=True)
    words = fields.String(required=True, validate=_REASON)


class RemovalFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(["asked", "granted", "refused"]))
    month = fields.String(load_default=None, validate=_MONTH)


class RemovalView(http.Schema):
    removal_id = fields.UUID()
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    department_id = fields.String()
    month = fields.String()
    ground = fields.String()
    words = fields.String()
    state = fields.String()
    asked_by = fields.UUID(allow_none=True)
    asked_at = fields.AwareDateTime()
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    decision_words = fields.String()
