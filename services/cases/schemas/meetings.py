"""What meetings and their projects read and answer."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.cases.domain import meetings as domain
from services.cases.schemas.rates import FigureView
from shared import http
from shared.contracts import cases as contracts

_TITLE = validate.Length(1, 200)
_WORDS = validate.Length(1, 4000)
_NOTE = validate.Length(max=1000)
_KIND = validate.OneOf(typing.get_args(contracts.MeetingKind))
_STATE = validate.OneOf(typing.get_args(contracts.ProjectState))
_MONTH = validate.Regexp(r"^20\d\d-(0[1-9]|1[0-2])\Z", error="A month such as 2026-11.")


class Meeting(http.Schema):
    kind = fields.String(required=True, validate=_KIND)
    area = http.AreaCode(required=True, metadata={"example": "370102007003"})
    title = fields.String(required=True, validate=_TITLE)
    room = fields.String(load_default="", validate=validate.Length(max=200))
    is_online = http.Flag(load_default=False)
    starts_at = fields.AwareDateTime(required=True)
    chair_id = fields.UUID(load_default=None, allow_none=True)


class Person(http.Schema):
    person_id = fields.UUID(required=True)
    capacity = fields.String(required=True, validate=validate.OneOf(typing.get_args(domain.Capacity)))
    presence = fields.String(
        load_default="invited", validate=validate.OneOf(typing.get_args(domain.Presence))
    )
    reason = fields.String(load_default="", validate=_NOTE, metadata={"description": "Of leave 请假."})


class Attendance(http.Schema):
    people = fields.List(fields.Nested(Person), required=True, validate=validate.Length(max=500))
    residents_present = fields.Integer(
        load_default=0,
        strict=True,
        validate=validate.Range(0, 100_000),
        metadata={"description": "Residents who came are counted, not named."},
    )

    @validates_schema
    def _once(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if len({one["person_id"] for one in data["people"]}) < len(data["people"]):
            raise ValidationError("Name each person once.", "people")


class Topic(http.Schema):
    title = fields.String(required=True, validate=_TITLE)
    words = fields.String(load_default="", validate=validate.Length(max=4000))
    is_confidential = http.Flag(load_default=False)


class Agreed(http.Schema):
    title = fields.String(required=True, validate=_TITLE)
    owner_id = fields.UUID(required=True)
    watcher_id = fields.UUID(required=True)
    due_on = fields.Date(required=True)


class Decision(http.Schema):
    decision = fields.String(required=True, validate=_WORDS)
    project = fields.Nested(Agreed, load_default=None, allow_none=True)


class Review(http.Schema):
    state = fields.String(required=True, validate=_STATE)
    words = fields.String(required=True, validate=_WORDS)


class Minutes(http.Schema):
    minutes = fields.String(required=True, validate=validate.Length(1, 20_000))


class Cancelled(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class MeetingFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    kind = fields.String(load_default=None, validate=_KIND)
    state = fields.String(load_default=None, validate=validate.OneOf(["planned", "held", "cancelled"]))


class MonthQuery(http.Schema):
    month = fields.String(required=True, validate=_MONTH, metadata={"example": "2026-11"})


class CoverageQuery(MonthQuery):
    kind = fields.String(required=True, validate=_KIND)
    area = http.AreaCode(load_default=None)


class PersonView(http.Schema):
    person_id = fields.UUID()
    capacity = fields.String()
    presence = fields.String()
    reason = fields.String()


class ItemView(http.Schema):
    item_id = fields.UUID()
    position = fields.Integer()
    source = fields.String()
    title = fields.String()
    words = fields.String()
    is_confidential = fields.Boolean()
    case_id = fields.UUID(allow_none=True)
    case_state = fields.String(allow_none=True)
    notice_id = fields.UUID(allow_none=True)
    reviewed_id = fields.UUID(allow_none=True)
    carried_from = fields.UUID(
        allow_none=True, metadata={"description": "The undecided point of an earlier meeting it takes up."}
    )
    reviewed_state = fields.String(allow_none=True)
    is_reviewed = fields.Boolean()
    decision = fields.String()
    project_id = fields.UUID(allow_none=True)


class MeetingSummary(http.Schema):
    meeting_id = fields.UUID()
    kind = fields.String()
    area = http.AreaCode()
    title = fields.String()
    room = fields.String()
    is_online = fields.Boolean()
    starts_at = fields.AwareDateTime()
    chair_id = fields.UUID()
    state = fields.String()
    residents_present = fields.Integer()
    ended_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class MeetingView(MeetingSummary):
    minutes = fields.String()
    people = fields.List(fields.Nested(PersonView))
    items = fields.List(fields.Nested(ItemView))


class CountView(http.Schema):
    key = fields.String()
    label = fields.String(allow_none=True)
    count = fields.Integer()
    before = fields.Integer(metadata={"description": "In the month before."})


class ConcernsView(http.Schema):
    month = fields.String()
    reported = fields.Integer()
    reported_before = fields.Integer(metadata={"description": "In the month before."})
    not_taken_on = fields.Integer()
    closed = fields.Integer()
    overdue = fields.Integer()
    reworked = fields.Integer()
    put_off = fields.Integer()
    categories = fields.List(fields.Nested(CountView))
    channels = fields.List(fields.Nested(CountView))
    grids = fields.List(fields.Nested(CountView), metadata={"description": "Where most was raised."})
    rates = fields.List(fields.Nested(FigureView))


class CoverageView(http.Schema):
    area = http.AreaCode()
    name = fields.String()
    expected = fields.Integer()
    planned = fields.Integer()
    held = fields.Integer()


class ProjectFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default=None, validate=_STATE)
    overdue = fields.Boolean(load_default=False)
    mine = fields.Boolean(load_default=False, metadata={"description": "Only what I own or watch."})


class LookView(http.Schema):
    number = fields.Integer()
    meeting_id = fields.UUID(allow_none=True)
    state = fields.String()
    words = fields.String()
    person_id = fields.UUID()
    at = fields.String(metadata={"format": "date-time"})


class ProjectView(http.Schema):
    project_id = fields.UUID()
    number = fields.Integer()
    meeting_id = fields.UUID()
    kind = fields.String()
    area = http.AreaCode()
    title = fields.String()
    owner_id = fields.UUID()
    watcher_id = fields.UUID()
    due_on = fields.Date()
    is_confidential = fields.Boolean()
    is_overdue = fields.Boolean()
    state = fields.String()
    agreed_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    reviews = fields.List(fields.Nested(LookView))
    version = fields.Integer()
