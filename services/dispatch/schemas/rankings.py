"""What the API reads and answers about monthly tables and their rules."""

import typing

from marshmallow import fields, validate

from services.dispatch.domain import indicators
from shared import http

NAMES = sorted({one.name for kind in indicators.KINDS for one in indicators.indicators(kind)})
_KIND = validate.OneOf(indicators.KINDS)
MONTH = validate.Regexp(r"^2\d{3}-(0[1-9]|1[0-2])\Z", error="Not a month; write 2026-11.")
_REASON = validate.Length(1, 1000)


class RankingFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    kind = fields.String(load_default=None, validate=_KIND)
    month = fields.String(load_default=None, validate=MONTH)
    state = fields.String(load_default=None, validate=validate.OneOf(["draft", "frozen"]))


class RankingSummary(http.Schema):
    ranking_id = fields.UUID()
    area = http.AreaCode()
    kind = fields.String(validate=_KIND)
    month = fields.String()
    version = fields.Integer(metadata={"description": "A correction is the next version of the month."})
    state = fields.String(validate=validate.OneOf(["draft", "frozen"]))
    period_start = fields.AwareDateTime()
    period_end = fields.AwareDateTime(metadata={"description": "The period ends before this moment."})
    appeals_until = fields.AwareDateTime()
    rules_version = fields.Integer()
    fingerprint = fields.String(metadata={"description": "SHA-256 of everything that decides the table."})
    computed_at = fields.AwareDateTime()
    frozen_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True, metadata={"description": "Why the version before was corrected."})


class IndicatorView(http.Schema):
    name = fields.String(validate=validate.OneOf(NAMES))
    title = fields.String()
    definition = fields.String()
    weight = fields.Integer()
    is_fault = fields.Boolean(metadata={"description": "Less is better."})
    rows = fields.String(validate=validate.OneOf(["tasks", "cases"]))


class FigureView(http.Schema):
    indicator = fields.String()
    numerator = fields.Integer()
    denominator = fields.Integer()
    percent = fields.Float(allow_none=True)


class LineView(http.Schema):
    organisation_id = fields.String()
    name = fields.String()
    rank = fields.Integer(allow_none=True, metadata={"description": "None: too few matters to be ranked."})
    score = fields.Float(allow_none=True)
    matters = fields.Integer()
    figures = fields.List(fields.Nested(FigureView))


class RankingView(RankingSummary):
    indicators = fields.List(fields.Nested(IndicatorView))
    least_matters = fields.Integer()
    lines = fields.List(fields.Nested(LineView))


class RowsQuery(http.PageQuery):
    organisation_id = fields.String(required=True, validate=validate.Length(1, 60))
    indicator = fields.String(required=True, validate=validate.OneOf(NAMES))


class RowView(http.Schema):
    position = fields.Integer()
    task_id = fields.UUID(allow_none=True)
    case_id = fields.UUID(allow_none=True)
    points = fields.Integer(
        metadata={"description": "What the row adds to the numerator: 1 or 0; for assessments 0 to 100."}
    )


class Verification(http.Schema):
    ranking_id = fields.UUID()
    fingerprint = fields.String()
    recomputed = fields.String()
    holds = fields.Boolean(metadata={"description": "The kept rows still give this very table."})


class Correct(http.Schema):
    reason = fields.String(required=True, validate=_REASON)


def _whole(least: int, most: int, usual: int, words: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=usual,
        validate=validate.Range(least, most),
        metadata={"description": words},
    )


def _points(words: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[a-z][a-z_]{0,39}\Z")),
        values=fields.Integer(strict=True, validate=validate.Range(0, 100)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"description": words},
    )


class RulesQuery(http.Schema):
    area = http.AreaCode(required=True)
    kind = fields.String(required=True, validate=_KIND)


class NewRules(http.Schema):
    area = http.AreaCode(required=True)
    kind = fields.String(required=True, validate=_KIND)
    from_month = fields.String(required=True, validate=MONTH, metadata={"example": "2027-01"})
    weights = _points("Indicator to weight; as delivered when absent.")
    cut_off_day = _whole(1, 31, 31, "The last day of the period; 31 is the month's last.")
    appeal_days = _whole(0, 60, 5, "Calendar days in which departments may appeal.")
    least_matters = _whole(0, 100_000, 5, "With fewer, an organisation is shown without a rank.")
    share = fields.String(load_default="main", validate=validate.OneOf(typing.get_args(indicators.Share)))
    criteria = _points("Assessment criteria to most points, 100 in all; as delivered when absent.")
    low_ranks = _whole(0, 100, 1, "So many of the last ranks suggest joint supervision.")
    low_satisfaction_percent = _whole(0, 100, 60, "Less satisfaction than this suggests it.")
    negative_attitudes = _whole(1, 1000, 3, "So many negative attitudes in a month suggest it.")
    long_run_months = _whole(1, 36, 3, "So many low months in a row are a long run.")


class RulesView(http.Schema):
    area = fields.String()
    kind = fields.String(validate=_KIND)
    version = fields.Integer(metadata={"description": "0 are the delivered rules."})
    from_month = fields.String(allow_none=True)
    made_at = fields.AwareDateTime(allow_none=True)
    weights = fields.Dict(keys=fields.String(), values=fields.Integer())
    cut_off_day = fields.Integer()
    appeal_days = fields.Integer()
    least_matters = fields.Integer()
    share = fields.String()
    criteria = fields.Dict(keys=fields.String(), values=fields.Integer())
    low_ranks = fields.Integer()
    low_satisfaction_percent = fields.Integer()
    negative_attitudes = fields.Integer()
    long_run_months = fields.Integer()


class RulesVersions(http.Schema):
    items = fields.List(fields.Nested(RulesView))
