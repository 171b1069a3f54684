"""How long a matter may stand still."""

from marshmallow import fields, validate

from services.cases.store.progress import ABOUT
from shared import http

_MOST_HOURS = 24 * 366


class Limit(http.Schema):
    about = fields.String(validate=validate.OneOf(ABOUT))
    hours = fields.Integer()
    changed_at = fields.AwareDateTime()


class Limits(http.Schema):
    limits = fields.List(fields.Nested(Limit))


class Hours(http.Schema):
    hours = fields.Dict(
        keys=fields.String(validate=validate.OneOf(ABOUT)),
        values=fields.Integer(strict=True, validate=validate.Range(1, _MOST_HOURS)),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "What is named changes, the rest stays.", "example": {"received": 24}},
    )
