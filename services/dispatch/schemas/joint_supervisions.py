"""What the API reads and answers about the ladder of organisations."""

import typing

from marshmallow import fields, validate

from services.dispatch.domain import indicators
from services.dispatch.domain.joint_supervision import Ground
from shared import http

_WORDS = validate.Length(1, 4000)
_PASSED_TO = validate.OneOf(["discipline", "organisation"])
_PROPOSAL_STATES = ["proposed", "opened", "dismissed", "superseded"]
_GROUNDS = list(typing.get_args(Ground))


class ProposalFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(_PROPOSAL_STATES))


class SupervisionProposalView(http.Schema):
    proposal_id = fields.UUID()
    ranking_id = fields.UUID()
    area = http.AreaCode()
    month = fields.String()
    kind = fields.String(validate=validate.OneOf(indicators.KINDS))
    organisation_id = fields.String()
    grounds = fields.List(fields.String(validate=validate.OneOf(_GROUNDS)))
    state = fields.String(validate=validate.OneOf(_PROPOSAL_STATES))
    proposed_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_words = fields.String(allow_none=True)
    version = fields.Integer()


class OpenJoint(http.Schema):
    words = fields.String(required=True, validate=_WORDS)
    rectify_on = fields.Date(required=True, metadata={"description": "Must lie after today."})


class Words(http.Schema):
    words = fields.String(required=True, validate=_WORDS)


class Progress(http.Schema):
    words = fields.String(required=True, validate=_WORDS)
    rectify_on = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "Supervisors may move the date."}
    )


class CloseJoint(http.Schema):
    is_rectified = http.Flag(required=True)
    words = fields.String(required=True, validate=_WORDS)


class JointFilter(http.PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(["open", "closed"]))


class JointSummary(http.Schema):
    supervision_id = fields.UUID()
    proposal_id = fields.UUID()
    ranking_id = fields.UUID()
    area = http.AreaCode()
    organisation_id = fields.String()
    month = fields.String()
    kind = fields.String(validate=validate.OneOf(indicators.KINDS))
    grounds = fields.List(fields.String(validate=validate.OneOf(_GROUNDS)))
    words = fields.String()
    rectify_on = fields.Date()
    state = fields.String(validate=validate.OneOf(["open", "closed"]))
    opened_at = fields.AwareDateTime()
    is_rectified = fields.Boolean(allow_none=True)
    closing_words = fields.String(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class ProgressView(http.Schema):
    position = fields.Integer()
    words = fields.String()
    rectify_on = fields.String(metadata={"format": "date"})
    by_department = fields.String(allow_none=True)
    at = fields.String(metadata={"format": "date-time"})


class JointView(JointSummary):
    progress = fields.List(fields.Nested(ProgressView))


class Refer(http.Schema):
    passed_to = fields.String(
        required=True,
        validate=_PASSED_TO,
        metadata={"description": "discipline 纪检 or organisation 组织."},
    )
    words = fields.String(required=True, validate=_WORDS)


class Act(http.Schema):
    act = fields.String(
        required=True,
        validate=validate.OneOf(["interview", "notice"]),
        metadata={"description": "interview 约谈 or notice 通报, which people held or gave."},
    )
    held_on = fields.Date(required=True)
    words = fields.String(required=True, validate=_WORDS)


class ReferralView(http.Schema):
    referral_id = fields.UUID()
    proposal_id = fields.UUID()
    area = http.AreaCode()
    organisation_id = fields.String()
    passed_to = fields.String(validate=_PASSED_TO)
    words = fields.String()
    passed_at = fields.AwareDateTime()
    interviewed_on = fields.Date(allow_none=True)
    interview_words = fields.String(allow_none=True)
    noticed_on = fields.Date(allow_none=True)
    notice_words = fields.String(allow_none=True)
    version = fields.Integer()
