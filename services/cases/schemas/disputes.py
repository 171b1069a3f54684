"""What the mediation of disputes reads and answers."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.cases.domain.disputes import Side
from shared import http
from shared.contracts import cases as contracts

_WORDS = validate.Length(1, 4000)
_STATES = ["open", "agreed", "failed", "withdrawn"]


class Party(http.Schema):
    side = fields.String(required=True, validate=validate.OneOf(typing.get_args(Side)))
    name = fields.String(required=True, validate=validate.Length(1, 50))
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(5, 30))


class DisputeDesk(http.Schema):
    mediators = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 20))
    departments = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Departments that sit at the desk; they read the dispute, parties masked."},
    )


class DisputeOpening(DisputeDesk):
    parties = fields.List(fields.Nested(Party), required=True, validate=validate.Length(1, 20))


class SessionArranged(http.Schema):
    starts_at = fields.AwareDateTime(required=True)
    is_online = http.Flag(load_default=False)
    room = fields.String(load_default="", validate=validate.Length(max=200))


class SessionRecord(http.Schema):
    words = fields.String(required=True, validate=validate.Length(1, 20_000))


class Agreement(http.Schema):
    words = fields.String(required=True, validate=validate.Length(1, 20_000))
    perform_by = fields.Date(required=True)


class Failure(http.Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 1000))
    departments = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Departments whistled to the matter at once; the first one leads."},
    )
    kind = fields.String(
        load_default="grid_calls_offices",
        validate=validate.OneOf(typing.get_args(contracts.WhistleKind)),
    )

    @validates_schema
    def _distinct(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if len(set(data["departments"])) < len(data["departments"]):
            raise ValidationError("Name each department once.", "departments")


class DisputeUnmask(http.Schema):
    reason = fields.String(required=True, validate=_WORDS)


class DisputeFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(_STATES))


class PartyView(http.Schema):
    party_id = fields.UUID()
    side = fields.String()
    name_masked = fields.String()
    phone_masked = fields.String(allow_none=True)


class PartyUnmasked(http.Schema):
    party_id = fields.UUID()
    side = fields.String()
    name = fields.String()
    phone = fields.String(allow_none=True)


class PartiesUnmasked(http.Schema):
    items = fields.List(fields.Nested(PartyUnmasked))


class SessionView(http.Schema):
    session_id = fields.UUID()
    starts_at = fields.AwareDateTime()
    is_online = fields.Boolean()
    room = fields.String()
    state = fields.String()
    record = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class DisputeSummary(http.Schema):
    dispute_id = fields.UUID()
    case_id = fields.UUID()
    number = fields.String()
    case_state = fields.String()
    area = http.AreaCode()
    state = fields.String()
    mediators = fields.List(fields.UUID())
    departments = fields.List(fields.String())
    opened_by = fields.UUID()
    opened_at = fields.AwareDateTime()
    perform_by = fields.Date(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class DisputeView(DisputeSummary):
    agreement = fields.String(allow_none=True)
    parties = fields.List(fields.Nested(PartyView))
    sessions = fields.List(fields.Nested(SessionView))
