"""What the API reads and answers about assessments of responses."""

from marshmallow import fields, validate

from services.dispatch.domain.assessment import State
from shared import http

_STATES = [str(state) for state in State]
_WORDS = validate.Length(1, 4000)


def _points(**options: bool | None) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[a-z][a-z_]{0,39}\Z")),
        values=fields.Integer(strict=True, validate=validate.Range(0, 100)),
        validate=validate.Length(max=20),
        metadata={
            "description": "Criterion to points; the criteria are those of the district's rules.",
            "example": {"speed": 30, "result": 40, "attitude": 30},
        },
        **options,  # type: ignore[arg-type]
    )


class Assess(http.Schema):
    points = _points(required=True)
    is_negative = http.Flag(
        load_default=False, metadata={"description": "The department was negative 态度消极."}
    )
    words = fields.String(load_default="", validate=validate.Length(max=4000))


class Appeal(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class RuleAppeal(http.Schema):
    upheld = http.Flag(required=True)
    points = _points(load_default=None, allow_none=True)
    words = fields.String(required=True, validate=_WORDS)


class AssessmentFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(_STATES))


class ToAssess(http.Schema):
    task_id = fields.UUID()
    order_id = fields.UUID()
    case_id = fields.UUID()
    area = http.AreaCode()
    kind = fields.String()
    category = fields.String()
    department_id = fields.String()
    department_name = fields.String(allow_none=True)
    is_main = fields.Boolean()
    reply_words = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime()
    signed_at = fields.AwareDateTime(allow_none=True)
    arrived_at = fields.AwareDateTime(allow_none=True)
    replied_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime()


class AssessmentSummary(http.Schema):
    task_id = fields.UUID()
    order_id = fields.UUID()
    case_id = fields.UUID()
    area = http.AreaCode()
    department_id = fields.String()
    points = fields.Dict(keys=fields.String(), values=fields.Integer())
    score = fields.Integer(metadata={"description": "Of 100."})
    is_negative = fields.Boolean()
    words = fields.String()
    assessed_at = fields.AwareDateTime(metadata={"description": "Its month is the one it counts in."})
    changed_at = fields.AwareDateTime()
    state = fields.String(validate=validate.OneOf(_STATES))
    appeal_words = fields.String(allow_none=True)
    appealed_at = fields.AwareDateTime(allow_none=True)
    ruling_words = fields.String(allow_none=True)
    ruled_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class VersionView(http.Schema):
    version = fields.Integer()
    act = fields.String(validate=validate.OneOf(["assessed", "corrected", "appealed", "ruled"]))
    points = fields.Dict(keys=fields.String(), values=fields.Integer())
    score = fields.Integer()
    is_negative = fields.Boolean()
    state = fields.String(validate=validate.OneOf(_STATES))
    words = fields.String()
    at = fields.String(metadata={"format": "date-time"})


class AssessmentView(AssessmentSummary):
    versions = fields.List(fields.Nested(VersionView))
