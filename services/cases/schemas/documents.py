"""What the API of approvals reads and answers."""

from marshmallow import fields, validate

from services.cases.domain.documents import DocumentState
from shared import http

_WORDS = validate.Length(max=1000)


class RequireDocument(http.Schema):
    name = fields.String(
        required=True,
        validate=validate.Regexp(r"^[^、，,\r\n]{1,40}\Z", error="1 to 40 characters without commas."),
        metadata={"example": "户口簿"},
    )


class SettleDocument(http.Schema):
    state = fields.Enum(
        DocumentState,
        by_value=True,
        required=True,
        metadata={
            "example": "received",
            "description": "received; waived: not needed here; missing: given back.",
        },
    )
    words = fields.String(load_default="", validate=_WORDS)


class Submit(http.Schema):
    to_level = fields.String(required=True, validate=validate.OneOf(["community", "subdistrict"]))
    words = fields.String(load_default="", validate=_WORDS)


class DocumentView(http.Schema):
    position = fields.Integer()
    name = fields.String()
    state = fields.String(validate=validate.OneOf([str(state) for state in DocumentState]))
    words = fields.String(allow_none=True)
    changed_by = fields.UUID(allow_none=True)
    changed_at = fields.AwareDateTime()


class Checklist(http.Schema):
    items = fields.List(fields.Nested(DocumentView))
