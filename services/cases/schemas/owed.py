"""What the API of discussions reads and answers."""

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
