"""What the API reads and answers about photos and documents of a matter."""

from marshmallow import fields, validate

from services.cases.domain import attachments, media
from shared import http

_NAME = validate.Length(max=attachments.LONGEST_NAME)


class NewAttachment(http.Schema):
    """Beside a file that is the whole body."""

    # Made by the client, so that an offline phone's retry attaches one photo.
    attachment_id = fields.UUID(
        load_default=None,
        metadata={"description": "Optional UUID made by the client; sent again, it is one attachment."},
    )
    name = fields.String(load_default="", validate=_NAME)


class AttachmentForm(http.Schema):
    """The same as a form, which is what mini-programmes and browsers send."""

    file = http.File(required=True)
    attachment_id = fields.UUID(load_default=None)
    name = fields.String(load_default="", validate=_NAME)


class Removal(http.Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class AttachmentView(http.Schema):
    attachment_id = fields.UUID()
    case_id = fields.UUID()
    kind = fields.String(validate=validate.OneOf([str(kind) for kind in media.Kind]))
    media_type = fields.String(validate=validate.OneOf(list(media.BY_TYPE)))
    name = fields.String()
    size_bytes = fields.Integer()
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    sha256 = fields.String(metadata={"description": "Of the file as it is kept, in hexadecimal."})
    received_sha256 = fields.String(
        metadata={"description": "Of the file as it came; a photo is kept without the camera's notes."}
    )
    attached_by = fields.UUID(allow_none=True)
    attached_as = fields.String(metadata={"description": "The role it was attached in."})
    attached_at = fields.AwareDateTime()
    removed_at = fields.AwareDateTime(allow_none=True)
    removed_by = fields.UUID(allow_none=True)
    removal_reason = fields.String(allow_none=True)
