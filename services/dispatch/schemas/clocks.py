"""What the dispatch API reads and answers about clocks, supervision orders and extensions."""

import typing

from marshmallow import fields, validate

from services.dispatch.domain.extension import ExtensionState
from shared import http
from shared.contracts import dispatch as contracts

SUPERVISION_STATES = ("open", "settled")
_CLOCK = validate.OneOf(typing.get_args(contracts.ClockName))
_WORDS = validate.Length(1, 2000)


class SupervisionFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(SUPERVISION_STATES))


class SupervisionView(http.Schema):
    supervision_id = fields.UUID()
    case_id = fields.UUID()
    task_id = fields.UUID(allow_none=True)
    area = http.AreaCode()
    department_id = fields.String(allow_none=True)
    clock = fields.String(validate=_CLOCK)
    run = fields.Integer()
    repetition = fields.Integer(metadata={"description": "Numbers the orders of a run from 1."})
    state = fields.String(validate=validate.OneOf(SUPERVISION_STATES))
    due_at = fields.AwareDateTime(metadata={"description": "When the limit ended."})
    ordered_at = fields.AwareDateTime()
    rectify_by = fields.AwareDateTime()
    settled_at = fields.AwareDateTime(allow_none=True)


class AskExtension(http.Schema):
    words = fields.String(
        required=True, validate=_WORDS, metadata={"description": "Why more time is needed."}
    )


class DecideExtension(http.Schema):
    approved = http.Flag(required=True)
    words = fields.String(required=True, validate=_WORDS)


class ExtensionFilter(http.PageQuery):
    state = fields.String(
        load_default=None,
        validate=validate.OneOf([str(state) for state in ExtensionState]),
        metadata={
            "description": "`asked`: those that can still be decided; a limit that ended needs no more time."
        },
    )


class ExtensionView(http.Schema):
    extension_id = fields.UUID()
    case_id = fields.UUID()
    task_id = fields.UUID(allow_none=True)
    area = http.AreaCode()
    department_id = fields.String(allow_none=True)
    clock = fields.String(validate=_CLOCK)
    run = fields.Integer(metadata={"description": "The run of the clock it was asked for in."})
    state = fields.String(validate=validate.OneOf([str(state) for state in ExtensionState]))
    words = fields.String()
    asked_by = fields.UUID()
    asked_at = fields.AwareDateTime()
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    decision_words = fields.String(allow_none=True)


class PassStage(http.Schema):
    stage = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"description": "The stage that is done: stop_work, penalty, …"},
    )
