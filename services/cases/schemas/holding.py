"""What the use cases of deferral and of the standing list read and answer."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.cases.domain.holding import Extension
from shared import http
from shared.contracts import cases as contracts

_REASON = validate.Length(1, 1000)


class HoldAsked(http.Schema):
    review_on = fields.Date(required=True)
    reason = fields.String(required=True, validate=_REASON)


class HoldDecided(http.Schema):
    granted = http.Flag(required=True)
    words = fields.String(required=True, validate=_REASON)
    extension = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(typing.get_args(Extension)),
        metadata={"description": "For the standing list: why the limit can be extended no more."},
    )


class HoldReviewed(http.Schema):
    outcome = fields.String(required=True, validate=validate.OneOf(["renew", "resume"]))
    reason = fields.String(required=True, validate=_REASON)
    review_on = fields.Date(load_default=None, allow_none=True)

    @validates_schema
    def _dated(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if (data["outcome"] == "renew") != (data["review_on"] is not None):
            raise ValidationError("A renewal, and only that, names the next review date.", "review_on")


class HoldFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    hold = fields.String(load_default=None, validate=validate.OneOf(typing.get_args(contracts.Hold)))
    state = fields.String(load_default=None, validate=validate.OneOf(["asked", "active"]))
    due = fields.Boolean(load_default=False, metadata={"description": "Only reviews that are due."})


class HoldView(http.Schema):
    hold_id = fields.UUID()
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    category = fields.String()
    words = fields.String()
    level = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    hold = fields.String()
    reason = fields.String()
    review_on = fields.Date()
    state = fields.String()
    asked_by = fields.UUID(allow_none=True)
    asked_at = fields.AwareDateTime()
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    renewals = fields.Integer()
    missed_at = fields.AwareDateTime(allow_none=True)
