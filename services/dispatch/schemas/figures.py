"""What the dispatch API reads and answers about live figures."""

import typing

from marshmallow import fields, validate

from shared import http
from shared.contracts import dispatch as contracts

SUBJECTS = ("case", "task")
UNITS = ("hour", "day")
BY = ("area", "community", "grid", "department", "class")


class FigureQuery(http.Schema):
    by = fields.String(
        load_default="area",
        validate=validate.OneOf(BY),
        metadata={
            "description": "`area`: one level below `area`, or the caller's own areas; `grid`: the heat map."
        },
    )
    area = http.AreaCode(load_default=None, allow_none=True)
    clock = fields.String(
        load_default="finish", validate=validate.OneOf(typing.get_args(contracts.ClockName))
    )
    subject = fields.String(
        load_default="case",
        validate=validate.OneOf(SUBJECTS),
        metadata={"description": "Limits of matters, or of departments' tasks; responders see tasks."},
    )
    department = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 60),
        metadata={"description": "Only the tasks of one department; responders see their own."},
    )


class Figure(http.Schema):
    key = fields.String(metadata={"description": "An area code, a department's id or a class."})
    open = fields.Integer()
    in_time = fields.Integer()
    due_soon = fields.Integer(metadata={"description": "The yellow card is shown."})
    overdue = fields.Integer(metadata={"description": "The red card is shown."})
    paused = fields.Integer()


class Figures(http.Schema):
    items = fields.List(fields.Nested(Figure))


class TrendQuery(http.Schema):
    area = http.AreaCode(load_default=None, allow_none=True)
    by = fields.String(load_default="hour", validate=validate.OneOf(UNITS))
    days = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 366),
        metadata={"description": "How many days back, today included; hours for 35 at most."},
    )


class TrendPoint(http.Schema):
    at = fields.AwareDateTime(metadata={"description": "The beginning of the hour or of the day (UTC+8)."})
    reported = fields.Integer()
    ended = fields.Integer()
    met = fields.Integer(metadata={"description": "Limits of matters that were met."})
    late = fields.Integer()
    overdue = fields.Integer(metadata={"description": "Matters that became overdue."})
    tasks_met = fields.Integer()
    tasks_late = fields.Integer()
    tasks_overdue = fields.Integer()


class Trend(http.Schema):
    items = fields.List(fields.Nested(TrendPoint))
