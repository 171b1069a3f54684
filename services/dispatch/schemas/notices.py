"""What notices read and answer."""

from marshmallow import fields, validate

from services.dispatch.domain.notices import Kind
from shared import http

STATES = ("waiting", "sent", "stored", "dead")


class NoticeFilter(http.PageQuery):
    unread = fields.Boolean(load_default=False)


class NoticeView(http.Schema):
    notice_id = fields.UUID()
    kind = fields.String(validate=validate.OneOf([str(kind) for kind in Kind]))
    area = http.AreaCode()
    urgency = fields.String()
    order_id = fields.UUID(allow_none=True)
    task_id = fields.UUID(allow_none=True)
    case_id = fields.UUID()
    title = fields.String()
    words = fields.String()
    made_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class CountView(http.Schema):
    unread = fields.Integer()
    capped = fields.Boolean(metadata={"description": "True where there may be more."})


class ReadAll(http.Schema):
    up_to = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The newest notice that was seen."}
    )


class DeliveryFilter(http.PageQuery):
    state = fields.String(load_default="dead", validate=validate.OneOf(STATES))


class DeliveryView(http.Schema):
    notice_id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))
    tries = fields.Integer()
    next_try_at = fields.AwareDateTime(allow_none=True)
    last_error = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    person_id = fields.UUID()
    kind = fields.String()
    area = http.AreaCode()
    made_at = fields.AwareDateTime()
