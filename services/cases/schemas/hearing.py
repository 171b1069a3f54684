"""What the use cases of checking, calling back and their queue read and answer."""

import typing
from datetime import time

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from services.cases.domain import hearing_queue
from services.cases.domain.hearing_queue import Kind
from services.cases.domain.rates import SETS
from services.cases.schemas.matters import evidence
from shared import http
from shared.contracts import cases as contracts

_NOTE = validate.Length(max=1000)
_SATISFACTION = validate.OneOf(typing.get_args(contracts.Satisfaction))
_OUTCOMES = sorted({outcome for outcomes in hearing_queue.OUTCOMES.values() for outcome in outcomes})


class Check(http.Schema):
    passed = http.Flag(required=True)
    words = fields.String(load_default="", validate=_NOTE)
    attachment_ids = evidence()


class CallBack(http.Schema):
    reached = http.Flag(required=True)
    met = http.Flag(load_default=None, allow_none=True)
    settled = http.Flag(load_default=None, allow_none=True)
    satisfaction = fields.String(load_default=None, allow_none=True, validate=_SATISFACTION)
    outcome = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(hearing_queue.OUTCOMES[Kind.CALL_BACK]),
        metadata={"description": "Why nobody was reached; `no_answer` where nothing is said."},
    )
    words = fields.String(load_default="", validate=_NOTE)

    @validates_schema
    def _answered(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        answered = data["settled"] is not None and data["satisfaction"] is not None
        if data["reached"] and not answered:
            raise ValidationError("Say whether it is settled and how satisfied the reporter is.", "settled")
        if data["reached"] and data["outcome"] is not None:
            raise ValidationError("Somebody reached is no fruitless call.", "outcome")
        silent = data["settled"] is None and data["satisfaction"] is None and data["met"] is None
        if not data["reached"] and not silent:
            raise ValidationError("Somebody not reached gave no answer.", "reached")


class Answer(http.Schema):
    """What the reporter says now of a closed matter, in place of what was said before."""

    met = http.Flag(load_default=None, allow_none=True)
    settled = http.Flag(required=True)
    satisfaction = fields.String(required=True, validate=_SATISFACTION)
    words = fields.String(load_default="", validate=_NOTE)


class Tried(http.Schema):
    outcome = fields.String(required=True, validate=validate.OneOf(_OUTCOMES))
    words = fields.String(load_default="", validate=_NOTE)


class Told(http.Schema):
    how = fields.String(required=True, validate=validate.OneOf(["phone", "visit", "message"]))
    words = fields.String(load_default="", validate=_NOTE)


class HearingFilter(http.PageQuery):
    kind = fields.String(load_default=None, validate=validate.OneOf([str(kind) for kind in Kind]))
    area = http.AreaCode(load_default=None)
    mine = fields.Boolean(load_default=False, metadata={"description": "Only what I have claimed."})
    ready = fields.Boolean(
        load_default=False, metadata={"description": "Only what may be tried now and nobody has claimed."}
    )


class HearingView(http.Schema):
    hearing_id = fields.UUID()
    case_id = fields.UUID()
    number = fields.String()
    run = fields.Integer()
    kind = fields.String()
    area = http.AreaCode()
    category = fields.String()
    words = fields.String()
    address = fields.String()
    urgency = fields.String()
    is_confidential = fields.Boolean()
    is_open = fields.Boolean()
    is_overdue = fields.Boolean()
    opened_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    ready_at = fields.AwareDateTime()
    claimed_by = fields.UUID(allow_none=True)
    claimed_until = fields.AwareDateTime(allow_none=True)
    attempts = fields.Integer()
    about_case_id = fields.UUID(
        allow_none=True,
        metadata={"description": "The matter told of, where the reporter's was merged into it."},
    )
    about_number = fields.String()
    about_state = fields.String()


class AttemptView(http.Schema):
    number = fields.Integer()
    person_id = fields.UUID(allow_none=True)
    role = fields.String()
    at = fields.AwareDateTime()
    outcome = fields.String()
    words = fields.String()
    next_at = fields.AwareDateTime()


class HandlingView(http.Schema):
    run = fields.Integer()
    began_at = fields.AwareDateTime(allow_none=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)
    handling_seconds = fields.Integer(allow_none=True)
    checked_at = fields.AwareDateTime(allow_none=True)
    passed = fields.Boolean(allow_none=True)
    calls = fields.Integer()
    answered_at = fields.AwareDateTime(allow_none=True)
    met = fields.Boolean(allow_none=True)
    settled = fields.Boolean(allow_none=True)
    satisfaction = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    ended_as = fields.String(allow_none=True)


_CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d\Z", error="A time of day such as 08:00.")


def _whole(least: int, most: int) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(least, most))


class Rules(http.Schema):
    """How this deployment checks and calls back."""

    tries = _whole(1, 20)
    hours_between_tries = _whole(1, 168)
    call_from = fields.String(required=True, validate=_CLOCK, metadata={"example": "08:00"})
    call_until = fields.String(required=True, validate=_CLOCK, metadata={"example": "21:00"})
    claim_minutes = _whole(1, 1440)
    check_hours = _whole(1, 2160)
    call_back_hours = _whole(1, 2160)
    tell_hours = _whole(1, 2160)
    answer_days = _whole(1, 365)
    refute_days = _whole(0, 365)
    rate_set = fields.String(required=True, validate=validate.OneOf(sorted(SETS)))
    deferral_days = _whole(1, 365)
    listing_days = _whole(1, 1095)

    @validates_schema
    def _by_day(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if data["call_from"] >= data["call_until"]:
            raise ValidationError("Calls end after they begin.", "call_until")

    @post_load
    def _times(self, data: dict[str, typing.Any], **_: typing.Any) -> dict[str, typing.Any]:
        return {
            **data,
            "call_from": time.fromisoformat(data["call_from"]),
            "call_until": time.fromisoformat(data["call_until"]),
        }


class RulesView(http.Schema):
    version = fields.Integer()
    tries = fields.Integer()
    hours_between_tries = fields.Integer()
    call_from = fields.Time(format="%H:%M")
    call_until = fields.Time(format="%H:%M")
    claim_minutes = fields.Integer()
    check_hours = fields.Integer()
    call_back_hours = fields.Integer()
    tell_hours = fields.Integer()
    answer_days = fields.Integer()
    refute_days = fields.Integer()
    rate_set = fields.String()
    deferral_days = fields.Integer()
    listing_days = fields.Integer()
