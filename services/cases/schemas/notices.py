"""What the notice board reads and answers."""

from marshmallow import fields, validate

from shared import http

_TITLE = validate.Length(1, 100)
_WORDS = validate.Length(1, 4000)


class Notice(http.Schema):
    area = http.AreaCode(required=True)
    title = fields.String(required=True, validate=_TITLE)
    words = fields.String(required=True, validate=_WORDS)
    case_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "The matter it is about; only its state is shown."},
    )


class NoticeEdit(http.Schema):
    title = fields.String(required=True, validate=_TITLE)
    words = fields.String(required=True, validate=_WORDS)


class Ending(http.Schema):
    hide = http.Flag(
        load_default=False,
        metadata={
            "description": "For what should never have stood there: nobody but officers of the area reads it."
        },
    )


class Progress(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class BoardQuery(http.PageQuery):
    area = http.AreaCode(required=True)
    ended = fields.Boolean(
        load_default=False, metadata={"description": "What stood there and was taken down."}
    )


class NoticeFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(["draft", "published", "ended"]))


class ProgressView(http.Schema):
    number = fields.Integer()
    words = fields.String()
    at = fields.String(metadata={"format": "date-time"})


class NoticeView(http.Schema):
    notice_id = fields.UUID()
    area = http.AreaCode()
    title = fields.String()
    words = fields.String()
    state = fields.String()
    case_state = fields.String(allow_none=True)
    written_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    is_hidden = fields.Boolean()
    progress = fields.List(fields.Nested(ProgressView))
    version = fields.Integer()
