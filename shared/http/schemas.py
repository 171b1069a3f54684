"""Shapes that every service's requests and answers share."""

import base64
import binascii
import functools
import json
import re
from typing import Any

from marshmallow import EXCLUDE, RAISE, ValidationError, fields, validate
from marshmallow import Schema as MarshmallowSchema

from shared import areas, errors, tables

MOST_ITEMS = 200
USUAL_ITEMS = 50
# NUL and halves of surrogate pairs, which PostgreSQL does not store.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Schema(MarshmallowSchema):
    """Base of every request and answer. A request's unknown fields are refused: a typo must not be silently lost."""

    class Meta:
        unknown = RAISE


class AreaCode(fields.String):
    """An official area code of 4 (city) to 17 (micro-grid) digits."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {}).setdefault("example", "370102007003001")
        pattern = validate.Regexp(
            r"^\d{4}(\d{2}(\d{3}(\d{3}(\d{3}(\d{2})?)?)?)?)?$", error="Not an area code."
        )
        super().__init__(validate=pattern, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs)
        if not areas.is_code(code):
            raise ValidationError("Not an area code.")
        return code


class Flag(fields.Boolean):
    """true or false in a body; "yes" and 1 are refused. Queries, which are text, take `fields.Boolean`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Degrees(fields.Float):
    """A number of degrees in a body; text is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Place(Schema):
    """A point on the map, WGS 84 degrees."""

    longitude = Degrees(required=True, validate=validate.Range(-180, 180))
    latitude = Degrees(required=True, validate=validate.Range(-90, 90))


class PageQuery(Schema):
    """Keyset paging: pass `next_cursor` of one page as `cursor` to get the next."""

    cursor = fields.String(load_default=None, validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,1000}\Z"))
    limit = fields.Integer(load_default=USUAL_ITEMS, validate=validate.Range(1, MOST_ITEMS))


class TableQuery(Schema):
    """What form a table is asked in; filters of the list are added by inheriting."""

    format = fields.String(load_default="csv", validate=validate.OneOf(list(tables.MEDIA_TYPES)))


@functools.cache
def page_of(item: type[MarshmallowSchema]) -> type[MarshmallowSchema]:
    """The schema of a page of items: `{"items": […], "next_cursor": … | null, "total": … | null}`."""
    return MarshmallowSchema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(allow_none=True),
            "total": fields.Integer(allow_none=True),
            "total_is_capped": fields.Boolean(),
        },
        name=f"{item.__name__}Page",
    )


class Problem(MarshmallowSchema):
    """RFC 9457 problem details. `code` is stable; `errors` names each wrong field."""

    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Dict())
    trace = fields.String()


def encode_cursor(values: list[Any]) -> str:
    """An opaque cursor holding the sort values of the last row of a page (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *, length: int) -> list[Any] | None:
    """The sort values of a cursor, or None for the first page. Raises Invalid for anything we did not make."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _bad_cursor() from error
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(_is_scalar(value) for value in values)
    ):
        raise _bad_cursor()
    return values


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    return value is None or isinstance(value, int | float | bool)


def _bad_cursor() -> errors.Invalid:
    return errors.invalid("?cursor", "cursor", "Pass the next_cursor of the page before, unchanged.")


def whole_number(value: Any) -> int:
    """A cursor's value that must be a whole number. Raises Invalid."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad_cursor()
    return value
