"""What the API of callers reads and answers."""

from marshmallow import fields, validate

from services.cases.schemas.matters import PHONE
from shared import http


class Unmask(http.Schema):
    fields_ = fields.List(
        fields.String(validate=validate.OneOf(["name", "phone"])),
        required=True,
        data_key="fields",
        validate=validate.Length(1, 2),
    )
    reason = fields.String(
        required=True, validate=[validate.Length(2, 200), validate.Regexp(r"\S\s*\S", error="Say why.")]
    )


class UnmaskedView(http.Schema):
    name = fields.String()
    phone = fields.String()


class UnmaskingView(http.Schema):
    unmasking_id = fields.UUID()
    fields_ = fields.List(fields.String(), attribute="fields", data_key="fields")
    reason = fields.String()
    person_id = fields.UUID()
    role = fields.String()
    at = fields.AwareDateTime()


class CallerSearch(http.Schema):
    """An exact number, in a body so that it stands in no address and no log."""

    phone = fields.String(required=True, validate=PHONE, metadata={"example": "13800005678"})


class CallersCase(http.Schema):
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    category = fields.String()
    category_name = fields.String(allow_none=True)
    channel = fields.String()
    state = fields.String()
    reported_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)


class CallersCases(http.Schema):
    items = fields.List(fields.Nested(CallersCase))
