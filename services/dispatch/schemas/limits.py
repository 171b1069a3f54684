"""What the dispatch API reads and answers about presets of limits, the working calendar and recomputations."""

import typing

from marshmallow import fields, validate

from services.dispatch.domain.limits import ANY
from shared import http
from shared.calendar import Unit
from shared.contracts import cases
from shared.contracts import dispatch as contracts

_CLOCK = validate.OneOf(typing.get_args(contracts.ClockName))
_UNIT = validate.OneOf([str(unit) for unit in Unit])
_NAME = validate.Regexp(r"^[a-z0-9][a-z0-9-]{0,39}\Z", error="Lower-case letters, digits and dashes.")
_REASON = validate.Length(1, 1000)
_DAYS = validate.Range(1, 366)


class Amount(http.Schema):
    amount = fields.Integer(required=True, strict=True, validate=_DAYS)
    unit = fields.String(required=True, validate=_UNIT)


class LimitRow(http.Schema):
    clock = fields.String(required=True, validate=_CLOCK)
    category = fields.String(
        load_default=ANY,
        validate=validate.Length(1, 80),
        metadata={"description": "A matter of the catalogue; `*` for all."},
    )
    stage = fields.String(
        load_default="",
        validate=validate.Length(max=40),
        metadata={"description": "Stages of one limit follow each other in the order of their rows."},
    )
    sla_class = fields.String(load_default=ANY, validate=validate.Length(1, 40))
    urgency = fields.String(load_default=ANY, validate=validate.OneOf([ANY, *typing.get_args(cases.Urgency)]))
    amount = fields.Integer(required=True, strict=True, validate=_DAYS)
    unit = fields.String(required=True, validate=_UNIT)


class LadderRow(http.Schema):
    clock = fields.String(required=True, validate=_CLOCK)
    supervise_after = fields.Nested(
        Amount, required=True, metadata={"description": "From the due moment to the first order."}
    )
    rectify_within = fields.Nested(
        Amount, required=True, metadata={"description": "What each order gives; then the next one is given."}
    )


class ExtensionRule(http.Schema):
    most = fields.Integer(required=True, strict=True, validate=validate.Range(0, 10))
    amount = fields.Integer(required=True, strict=True, validate=_DAYS)
    unit = fields.String(required=True, validate=_UNIT)


class PresetEdit(http.Schema):
    title = fields.String(required=True, validate=validate.Length(1, 80))
    limits = fields.List(fields.Nested(LimitRow), required=True, validate=validate.Length(1, 2000))
    ladders = fields.List(fields.Nested(LadderRow), load_default=list, validate=validate.Length(max=5))
    extension = fields.Nested(ExtensionRule, load_default=None, allow_none=True)
    return_within = fields.Nested(Amount, load_default=None, allow_none=True)
    reason = fields.String(required=True, validate=_REASON)


class NewPreset(PresetEdit):
    name = fields.String(required=True, validate=_NAME)


class PresetSummary(http.Schema):
    name = fields.String()
    title = fields.String()
    version = fields.Integer()
    is_in_force = fields.Boolean()


class Presets(http.Schema):
    items = fields.List(fields.Nested(PresetSummary))


class PresetView(PresetSummary):
    limits = fields.List(fields.Nested(LimitRow))
    ladders = fields.List(fields.Nested(LadderRow))
    extension = fields.Nested(ExtensionRule, allow_none=True)
    return_within = fields.Nested(Amount, allow_none=True)
    reason = fields.String()
    made_by = fields.UUID(allow_none=True)
    made_at = fields.AwareDateTime()


class PresetVersion(http.Schema):
    name = fields.String()
    version = fields.Integer()
    title = fields.String()
    reason = fields.String()
    made_by = fields.UUID(allow_none=True)
    made_at = fields.AwareDateTime()


class PresetVersions(http.Schema):
    items = fields.List(fields.Nested(PresetVersion))


class Reasoned(http.Schema):
    reason = fields.String(required=True, validate=_REASON)


class CalendarDay(http.Schema):
    day = fields.Date(required=True)
    is_working = http.Flag(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=40))


class CalendarEdit(http.Schema):
    days = fields.List(
        fields.Nested(CalendarDay),
        required=True,
        validate=validate.Length(max=366),
        metadata={
            "description": "Every date of the year that differs from “weekdays work”: days off, make-up days."
        },
    )
    reason = fields.String(required=True, validate=_REASON)


class CalendarView(http.Schema):
    year = fields.Integer()
    is_published = fields.Boolean(metadata={"description": "False: limits that end in it are provisional."})
    days = fields.List(fields.Nested(CalendarDay))
    version = fields.Integer()


class Rebase(http.Schema):
    """Which running clocks are put under the limits in force; what is not given matches all."""

    area = http.AreaCode(required=True)
    category = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 80))
    sla_class = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    clock = fields.String(load_default=None, allow_none=True, validate=_CLOCK)
    preset = fields.String(load_default=None, allow_none=True, validate=_NAME)
    reason = fields.String(required=True, validate=_REASON)


class RecomputationView(http.Schema):
    recomputation_id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(("calendar", "rebase")))
    area = http.AreaCode(allow_none=True)
    category = fields.String(allow_none=True)
    sla_class = fields.String(allow_none=True)
    clock = fields.String(allow_none=True)
    preset = fields.String(allow_none=True)
    first_day = fields.Date(allow_none=True)
    last_day = fields.Date(allow_none=True)
    reason = fields.String()
    by_person = fields.UUID()
    asked_at = fields.AwareDateTime()
    looked_at = fields.Integer(metadata={"description": "Clocks looked at so far."})
    changed = fields.Integer()
    finished_at = fields.AwareDateTime(allow_none=True)


class ActView(http.Schema):
    act_id = fields.UUID()
    action = fields.String()
    by_person = fields.UUID()
    reason = fields.String()
    detail = fields.Dict()
    at = fields.AwareDateTime()
