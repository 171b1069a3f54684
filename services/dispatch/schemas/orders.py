"""What the dispatch API reads and answers."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.dispatch.domain import order as domain
from services.dispatch.domain import returns
from services.dispatch.domain.order import OrderState, TaskState
from services.dispatch.schemas.responsibility import GroundView
from shared import http
from shared.contracts import dispatch as contracts

RATERS = ("caller", "responder")
_WORDS = validate.Length(1, 4000)


class Assign(http.Schema):
    handler_id = fields.UUID(required=True, metadata={"description": "The person who does the work 承办人."})


class Arrive(http.Schema):
    place = fields.Nested(http.Place, required=True)


class Reply(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class Review(http.Schema):
    approved = http.Flag(required=True)
    words = fields.String(load_default="", validate=validate.Length(max=4000))

    @validates_schema
    def _reason(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if not data["approved"] and not data["words"]:
            raise ValidationError("Say what is to be done again.", "words")


class Finish(http.Schema):
    words = fields.String(load_default=None, allow_none=True, validate=_WORDS)
    attachment_ids = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Attachments of the matter, as `cases` knows them."},
    )


class GiveBack(http.Schema):
    ground = fields.String(
        required=True,
        validate=validate.OneOf(returns.GROUNDS),
        metadata={
            "description": "`local_jurisdiction` (属地管理) is refused with the list's item, unless that makes the "
            "matter the subdistrict's own."
        },
    )
    words = fields.String(required=True, validate=_WORDS)


class Ruling(http.Schema):
    upheld = http.Flag(required=True)
    to_department_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 60))
    not_needed = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(typing.get_args(contracts.NotNeeded)),
        metadata={
            "description": "Upheld without another department: another order has it, or it is the street's own. "
            "The rest of the order goes on; its only task leaves the matter with its street."
        },
    )

    @validates_schema
    def _one_outcome(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if data["not_needed"] and (data["to_department_id"] or not data["upheld"]):
            raise ValidationError("Only an upheld return without another department.", "not_needed")
        if data["to_department_id"] and not data["upheld"]:
            raise ValidationError("Only an upheld return goes to another department.", "to_department_id")


class Rate(http.Schema):
    score = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    words = fields.String(load_default="", validate=validate.Length(max=1000))


class TaskFilter(http.PageQuery):
    mine = fields.Boolean(
        load_default=False, metadata={"description": "Only tasks assigned to the caller as handler."}
    )
    state = fields.String(load_default=None, validate=validate.OneOf([str(state) for state in TaskState]))
    sort = fields.String(
        load_default="newest",
        validate=validate.OneOf(("newest", "due")),
        metadata={
            "description": "`due`: open tasks, what is to be finished first; those whose limit stands come last."
        },
    )


class TaskCounting(http.Schema):
    mine = fields.Boolean(load_default=False)


class TaskCount(http.Schema):
    state = fields.String(validate=validate.OneOf([str(state) for state in TaskState]))
    count = fields.Integer()
    capped = fields.Boolean(metadata={"description": "There are more than `count`."})


class TaskCounts(http.Schema):
    items = fields.List(fields.Nested(TaskCount))


class ClockView(http.Schema):
    name = fields.String(validate=validate.OneOf(typing.get_args(contracts.ClockName)))
    state = fields.String()
    run = fields.Integer()
    started_at = fields.String(metadata={"format": "date-time"})
    due_at = fields.String(metadata={"format": "date-time"})
    provisional = fields.Boolean()


class CaseClockView(http.Schema):
    name = fields.String()
    state = fields.String()
    run = fields.Integer()
    task_id = fields.UUID(allow_none=True)
    department_id = fields.String(allow_none=True)
    started_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    yellow_at = fields.AwareDateTime()
    stopped_at = fields.AwareDateTime(allow_none=True)
    provisional = fields.Boolean()
    stage = fields.String(allow_none=True, metadata={"description": "The stage under way of a staged limit."})
    preset = fields.String(metadata={"description": "The limits it began with, and keeps."})
    preset_version = fields.Integer()
    extensions = fields.Integer()
    supervisions = fields.Integer(metadata={"description": "Supervision orders given in this run."})


class CaseClocks(http.Schema):
    items = fields.List(fields.Nested(CaseClockView))


class TaskSummary(http.Schema):
    task_id = fields.UUID()
    order_id = fields.UUID()
    case_id = fields.UUID()
    area = http.AreaCode()
    kind = fields.String()
    category = fields.String()
    urgency = fields.String()
    place = fields.Nested(http.Place)
    department_id = fields.String()
    department_name = fields.String(allow_none=True)
    is_main = fields.Boolean()
    state = fields.String(validate=validate.OneOf([str(state) for state in TaskState]))
    handler_id = fields.UUID(allow_none=True)
    arrived_metres = fields.Integer(allow_none=True)
    ground = fields.Nested(GroundView, allow_none=True)
    signed_by = fields.UUID(allow_none=True)
    assigned_by = fields.UUID(allow_none=True)
    reply_words = fields.String(allow_none=True)
    reply_by = fields.UUID(allow_none=True)
    reply_review = fields.String(
        allow_none=True, validate=validate.OneOf([str(review) for review in domain.Review])
    )
    review_words = fields.String(allow_none=True)
    replies_sent_back = fields.Integer()
    finish_words = fields.String(allow_none=True)
    attachment_ids = fields.List(fields.UUID())
    return_ground = fields.String(allow_none=True)
    return_words = fields.String(allow_none=True)
    returns = fields.Integer()
    sent_at = fields.AwareDateTime()
    signed_at = fields.AwareDateTime(allow_none=True)
    arrived_at = fields.AwareDateTime(allow_none=True)
    replied_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(
        allow_none=True,
        metadata={"description": "The limit to finish; null while it stands or when it ended."},
    )
    version = fields.Integer(metadata={"description": "The version of the order the task belongs to."})


class RatingView(http.Schema):
    rater = fields.String(validate=validate.OneOf(RATERS))
    score = fields.Integer()
    words = fields.String()
    rated_at = fields.String(metadata={"format": "date-time"})


class TaskView(TaskSummary):
    clocks = fields.List(fields.Nested(ClockView))
    ratings = fields.List(fields.Nested(RatingView))


class HistoryView(http.Schema):
    step_id = fields.UUID()
    run = fields.Integer()
    department_id = fields.String()
    step = fields.String()
    by_person = fields.UUID(allow_none=True, metadata={"description": "Null for what happened by itself."})
    at = fields.AwareDateTime()
    detail = fields.Dict()


class OrderTaskView(http.Schema):
    task_id = fields.UUID()
    department_id = fields.String()
    is_main = fields.Boolean()
    state = fields.String()
    handler_id = fields.UUID(allow_none=True)
    sent_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)


class OrderView(http.Schema):
    order_id = fields.UUID()
    case_id = fields.UUID()
    area = http.AreaCode()
    kind = fields.String()
    category = fields.String()
    urgency = fields.String()
    place = fields.Nested(http.Place)
    caller_id = fields.UUID()
    state = fields.String(validate=validate.OneOf([str(state) for state in OrderState]))
    opened_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    tasks = fields.List(fields.Nested(OrderTaskView))
    version = fields.Integer()
