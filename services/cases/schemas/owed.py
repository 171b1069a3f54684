"""What the API of discussions and tellings reads and answers."""

from marshmallow import fields, validate

from shared import http


class DiscussionFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "held", "dropped"]))


class DiscussionView(http.Schema):
    discussion_id = fields.UUID()
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    category = fields.String()
    level = fields.String()
    words = fields.String()
    address = fields.String()
    case_state = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    opened_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class TellingFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "told", "dropped"]))


class Told(http.Schema):
    how = fields.String(required=True, validate=validate.OneOf(["phone", "visit", "message"]))
    words = fields.String(load_default="", validate=validate.Length(max=1000))


class TellingView(http.Schema):
    telling_id = fields.UUID()
    case_id = fields.UUID(metadata={"description": "Whose reporter is told."})
    about_case_id = fields.UUID(metadata={"description": "Of which matter."})
    run = fields.Integer()
    kind = fields.String(validate=validate.OneOf(["resolved", "declined"]))
    area = http.AreaCode()
    state = fields.String()
    opened_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    told_by = fields.UUID(allow_none=True)
    how = fields.String(allow_none=True)


class TellingItem(TellingView):
    number = fields.String()
    channel = fields.String()
    words = fields.String()
    address = fields.String()
    about_number = fields.String()
    about_state = fields.String()
