"""What duty rosters read and answer."""

from marshmallow import fields, validate

from shared import http

UNIT = validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}\Z", error="A department's id, or an area code.")


class Person(http.Schema):
    person_id = fields.UUID(required=True)
    duty_name = fields.String(
        required=True, validate=validate.Length(1, 60), metadata={"description": "The published duty name."}
    )
    duty_phone = fields.String(load_default="", validate=validate.Regexp(r"^[0-9 +()-]{0,30}\Z"))


class ShiftBody(http.Schema):
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    first = fields.Nested(Person, required=True)
    next = fields.Nested(Person, load_default=None, allow_none=True)


class Roster(http.Schema):
    unit = fields.String(
        required=True,
        validate=UNIT,
        metadata={
            "description": "A department's id, or the code of a subdistrict or district for its own desk."
        },
    )
    shifts = fields.List(fields.Nested(ShiftBody), required=True, validate=validate.Length(1, 200))


class PersonView(http.Schema):
    person_id = fields.UUID()
    duty_name = fields.String()
    duty_phone = fields.String()


class ShiftView(http.Schema):
    shift_id = fields.UUID()
    unit = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    first = fields.Nested(PersonView)
    next = fields.Nested(PersonView, allow_none=True)
    version = fields.Integer()


class ShiftsView(http.Schema):
    items = fields.List(fields.Nested(ShiftView))


class Period(http.PageQuery):
    unit = fields.String(required=True, validate=UNIT, metadata={"example": "370102-ecology"})
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class GapQuery(http.Schema):
    unit = fields.String(required=True, validate=UNIT, metadata={"example": "370102-ecology"})
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class NowQuery(http.Schema):
    unit = fields.String(required=True, validate=UNIT, metadata={"example": "370102-ecology"})


class NowView(http.Schema):
    unit = fields.String()
    at = fields.AwareDateTime()
    shift = fields.Nested(
        ShiftView, allow_none=True, metadata={"description": "Null while nobody is on duty."}
    )


class GapView(http.Schema):
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class GapsView(http.Schema):
    items = fields.List(fields.Nested(GapView))


class AskedView(http.Schema):
    run = fields.Integer()
    position = fields.Integer()
    person_id = fields.UUID(allow_none=True, metadata={"description": "Null when nobody was on duty."})
    given_at = fields.AwareDateTime()
    pass_at = fields.AwareDateTime(allow_none=True)


class AskedViews(http.Schema):
    items = fields.List(fields.Nested(AskedView))
