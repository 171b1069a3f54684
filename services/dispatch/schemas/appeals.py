"""What the API reads and answers about appeals against rows of a month's table."""

from marshmallow import fields, validate

from services.dispatch.domain import appeal, indicators
from services.dispatch.schemas.rankings import MONTH, NAMES
from shared import http

_STATES = [str(state) for state in appeal.State]
_GROUNDS = tuple(appeal.GROUNDS)
_WORDS = validate.Length(1, 4000)


class AskAppeal(http.Schema):
    organisation_id = fields.String(
        required=True,
        validate=validate.Length(1, 60),
        metadata={"description": "The department, or the subdistrict's code."},
    )
    indicator = fields.String(required=True, validate=validate.OneOf(NAMES))
    subject = fields.UUID(
        required=True,
        metadata={"description": "The task or matter of the row, as its figure's rows name it."},
    )
    ground = fields.String(
        required=True,
        validate=validate.OneOf(_GROUNDS),
        metadata={"description": "；".join(f"{code} {label}" for code, label in appeal.GROUNDS.items())},
    )
    words = fields.String(required=True, validate=_WORDS)


class RuleRow(http.Schema):
    upheld = http.Flag(required=True, metadata={"description": "The row shall not count."})
    words = fields.String(required=True, validate=_WORDS)


class AppealFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(_STATES))
    month = fields.String(load_default=None, validate=MONTH)
    organisation_id = fields.String(load_default=None, validate=validate.Length(1, 60))


class AppealView(http.Schema):
    appeal_id = fields.UUID()
    ranking_id = fields.UUID(
        metadata={"description": "The table as it stood when the organisation appealed."}
    )
    area = http.AreaCode()
    kind = fields.String(validate=validate.OneOf(indicators.KINDS))
    month = fields.String()
    organisation_id = fields.String()
    indicator = fields.String()
    subject = fields.UUID()
    points = fields.Integer(metadata={"description": "What the row added then."})
    ground = fields.String(validate=validate.OneOf(_GROUNDS))
    words = fields.String()
    state = fields.String(validate=validate.OneOf(_STATES))
    asked_at = fields.AwareDateTime()
    ruled_at = fields.AwareDateTime(allow_none=True)
    ruling_words = fields.String(allow_none=True)
    left_out_of = fields.UUID(
        allow_none=True,
        metadata={
            "description": "The newest table the row was left out of; none before it is computed again."
        },
    )
    version = fields.Integer()
