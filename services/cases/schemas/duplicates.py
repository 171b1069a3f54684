"""What the API of duplicates reads and answers."""

from marshmallow import fields, validate

from services.cases.schemas.matters import WORDS
from shared import http

_METRES = validate.Range(1, 1000)
_DAYS = validate.Range(1, 90)
USUAL_METRES = 200
USUAL_DAYS = 30


class Resembling(http.Schema):
    """A report about to be made."""

    place = fields.Nested(http.Place, required=True)
    category = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    words = fields.String(load_default=None, allow_none=True, validate=WORDS)
    within_metres = fields.Integer(strict=True, load_default=USUAL_METRES, validate=_METRES)
    days = fields.Integer(strict=True, load_default=USUAL_DAYS, validate=_DAYS)


class ResemblingQuery(http.Schema):
    within_metres = fields.Integer(load_default=USUAL_METRES, validate=_METRES)
    days = fields.Integer(load_default=USUAL_DAYS, validate=_DAYS)


class DuplicateView(http.Schema):
    """A matter that may be the same one; which it is and its words only for those who may read it."""

    case_id = fields.UUID(allow_none=True)
    number = fields.String()
    category = fields.String()
    category_name = fields.String(allow_none=True)
    state = fields.String()
    reported_at = fields.AwareDateTime()
    distance_metres = fields.Integer()
    same_category = fields.Boolean()
    similarity = fields.Float(allow_none=True, metadata={"description": "Of the words, 0 to 1."})
    words = fields.String(allow_none=True)


class Duplicates(http.Schema):
    items = fields.List(fields.Nested(DuplicateView))
