"""What the reports of whistles read and answer."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from shared import http

LEVELS = {"subdistrict": 9, "community": 12, "grid": 15}
LONGEST_DAYS = 366


class Period(http.Schema):
    area = http.AreaCode(required=True)
    first_day = fields.Date(required=True, metadata={"description": "In Beijing time."})
    last_day = fields.Date(required=True, metadata={"description": "Counted in."})

    @validates_schema
    def _span(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        days = (data["last_day"] - data["first_day"]).days
        if not 0 <= days < LONGEST_DAYS or not 2000 <= data["first_day"].year <= 2200:
            raise ValidationError(f"A period of 1 to {LONGEST_DAYS} days.", "last_day")


class WhistlingQuery(http.PageQuery, Period):
    level = fields.String(load_default="subdistrict", validate=validate.OneOf(list(LEVELS)))
    least_cases = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))
    at_most_percent = fields.Integer(
        load_default=100,
        validate=validate.Range(0, 100),
        metadata={
            "description": "Only areas that called for no more of their matters: 0 for those that never did."
        },
    )


class WhistlingView(http.Schema):
    area = http.AreaCode()
    cases = fields.Integer(metadata={"description": "Matters reported in the period."})
    called = fields.Integer(metadata={"description": "Those somebody was whistled for."})
    permille = fields.Integer()
    overdue_uncalled = fields.Integer(
        metadata={
            "description": "Overdue and nobody was called 不愿呼、不敢呼: the street was left alone with it."
        }
    )
    orders = fields.Integer()
    misdirected = fields.Integer(
        metadata={"description": "Orders with an upheld return 不会呼: the wrong department was called."}
    )
    grid_calls_offices = fields.Integer()
    grid_calls_members = fields.Integer()
    subdistrict_calls_departments = fields.Integer()


class WhistlingCasesQuery(http.PageQuery, Period):
    called = fields.Boolean(load_default=None, allow_none=True)
    overdue = fields.Boolean(load_default=None, allow_none=True)


class WhistlingCaseView(http.Schema):
    case_id = fields.UUID()
    area = http.AreaCode()
    category = fields.String()
    urgency = fields.String()
    reported_at = fields.AwareDateTime()
    orders = fields.Integer()
    is_overdue = fields.Boolean()


class CalledDepartmentView(http.Schema):
    department_id = fields.String()
    department_name = fields.String(allow_none=True)
    tasks = fields.Integer()
    as_main = fields.Integer()
    finished = fields.Integer()
    unsigned = fields.Integer()
    replies_sent_back = fields.Integer()
    returns_upheld = fields.Integer()
    returns_rejected = fields.Integer()


class CalledDepartments(http.Schema):
    items = fields.List(fields.Nested(CalledDepartmentView))
