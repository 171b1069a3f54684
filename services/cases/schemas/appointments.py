"""What services with appointed times read and answer."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from shared import http
from shared.contracts import cases as contracts

_WORDS = validate.Length(1, 1000)
_MODE = validate.OneOf(typing.get_args(contracts.ServiceMode))
_STATES = ["asked", "appointed", "kept", "missed", "cancelled"]


class Service(http.Schema):
    mode = fields.String(required=True, validate=_MODE)
    items = fields.List(
        fields.String(validate=validate.Length(1, 100)), required=True, validate=validate.Length(1, 20)
    )
    words = fields.String(load_default="", validate=validate.Length(max=1000))
    place = fields.Nested(http.Place, required=True)
    address = fields.String(required=True, validate=validate.Length(1, 200))
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(5, 30))
    resident_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Given by staff who ask for a resident."}
    )
    wanted_from = fields.AwareDateTime(load_default=None, allow_none=True)
    wanted_until = fields.AwareDateTime(load_default=None, allow_none=True)

    @validates_schema
    def _in_order(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        first, last = data["wanted_from"], data["wanted_until"]
        if first is not None and last is not None and first >= last:
            raise ValidationError("The wish ends before it begins.", "wanted_until")


class Time(http.Schema):
    worker_id = fields.UUID(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class Outcome(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class Missed(Outcome):
    by = fields.String(required=True, validate=validate.OneOf(["worker", "resident"]))


class ServiceUnmask(http.Schema):
    reason = fields.String(required=True, validate=_WORDS)


class ServiceUnmasked(http.Schema):
    address = fields.String()
    phone = fields.String(allow_none=True)


class ServiceFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(_STATES))
    mode = fields.String(load_default=None, validate=_MODE)
    worker_id = fields.UUID(load_default=None)
    overdue = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Only what waits for an appointment or for a word of how it went for too long."
        },
    )


class ServiceView(http.Schema):
    appointment_id = fields.UUID()
    area = http.AreaCode()
    mode = fields.String()
    items = fields.List(fields.String())
    words = fields.String()
    address = fields.String(
        allow_none=True, metadata={"description": "For the resident and the worker appointed only."}
    )
    phone_masked = fields.String(allow_none=True)
    resident_id = fields.UUID(allow_none=True)
    asked_by = fields.UUID()
    asked_at = fields.AwareDateTime()
    wanted_from = fields.AwareDateTime(allow_none=True)
    wanted_until = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    is_overdue = fields.Boolean()
    worker_id = fields.UUID(allow_none=True)
    starts_at = fields.AwareDateTime(allow_none=True)
    ends_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
