"""What the cases API reads and answers."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.cases.domain.audit import Kind
from services.cases.domain.case import LEVELS, State
from shared import http
from shared.contracts import cases as contracts

WORDS = validate.Length(1, 4000)
_REASON = validate.Length(1, 1000)


def _choice(literal: typing.Any) -> validate.OneOf:
    return validate.OneOf(typing.get_args(literal))


# Letters, digits and what order numbers are parted by; no room for a sentence.
_OUTSIDE_NUMBER = validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z", error="Not an order number.")
PHONE = validate.Regexp(r"^\+?[0-9][0-9 ()-]{4,19}\Z", error="Not a phone number.")
# What a matter was found on, and the channel it came by then.
ORIGIN_CHANNELS = {
    "patrol": "patrol",
    "visit": "visit",
    "round": "department_round",
    "meeting": "residents_meeting",
    "message": "wechat_group",
}


class Caller(http.Schema):
    """Whom a matter is filed on behalf of; encrypted where it is kept, masked in every answer."""

    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    phone = fields.String(
        load_default=None, allow_none=True, validate=PHONE, metadata={"example": "13800005678"}
    )

    @validates_schema
    def _something(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if not any(data.values()):
            raise ValidationError("Give a name or a phone.", "name")


class Origin(http.Schema):
    """The record of the visit, patrol, round, meeting or chat a matter was found on."""

    kind = fields.String(required=True, validate=validate.OneOf(list(ORIGIN_CHANNELS)))
    id = fields.UUID(required=True)


class Settled(http.Schema):
    """What settled a general matter on the spot."""

    words = fields.String(required=True, validate=_REASON)


class Report(http.Schema):
    # Made by the client, so that an offline phone's retry files one matter.
    case_id = fields.UUID(
        metadata={"description": "Optional UUID made by the client; sent again, it is one case."}
    )
    words = fields.String(required=True, validate=WORDS)
    place = fields.Nested(http.Place, required=True)
    address = fields.String(load_default="", validate=validate.Length(max=200))
    category = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"example": "env.cooking_fumes"}
    )
    channel = fields.String(load_default=None, allow_none=True, validate=_choice(contracts.Channel))
    urgency = fields.String(load_default=None, allow_none=True, validate=_choice(contracts.Urgency))
    is_confidential = http.Flag(load_default=False)
    caller = fields.Nested(Caller, load_default=None, allow_none=True)
    origin = fields.Nested(Origin, load_default=None, allow_none=True)
    outside_number = fields.String(
        load_default=None,
        allow_none=True,
        validate=_OUTSIDE_NUMBER,
        metadata={
            "description": "The number the matter has elsewhere; sent again by an outside system, one case."
        },
    )
    settled = fields.Nested(
        Settled,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Workers record a general matter they settled on the spot in this one step."
        },
    )

    @validates_schema
    def _origin_fits(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        origin, channel = data["origin"], data["channel"]
        if origin and channel and ORIGIN_CHANNELS[origin["kind"]] != channel:
            raise ValidationError(
                f"What a {origin['kind']} finds comes by {ORIGIN_CHANNELS[origin['kind']]}.", "channel"
            )


class Triage(http.Schema):
    level = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LEVELS))
    scope_class = fields.String(load_default=None, allow_none=True, validate=_choice(contracts.ScopeClass))
    mechanism = fields.String(load_default=None, allow_none=True, validate=_choice(contracts.Mechanism))
    urgency = fields.String(load_default=None, allow_none=True, validate=_choice(contracts.Urgency))


class Whistle(http.Schema):
    kind = fields.String(required=True, validate=_choice(contracts.WhistleKind))
    departments = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "Department ids; the first one leads."},
    )

    @validates_schema
    def _distinct(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if len(set(data["departments"])) < len(data["departments"]):
            raise ValidationError("Name each department once.", "departments")


class Decline(http.Schema):
    ground = fields.String(required=True, validate=_choice(contracts.DeclineGround))
    words = fields.String(required=True, validate=_REASON)


class Merge(http.Schema):
    into_case_id = fields.UUID(required=True)


class Escalate(http.Schema):
    to_level = fields.String(required=True, validate=validate.OneOf(LEVELS[1:]))
    reason = fields.String(required=True, validate=_REASON)


class Said(http.Schema):
    """What a person says about the step."""

    words = fields.String(required=True, validate=_REASON)


def evidence() -> fields.List[typing.Any]:
    """Attachments of the matter that show what a step says."""
    return fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Attachments of this matter that show it."},
    )


class Resolve(Said):
    attachment_ids = evidence()


class Contact(http.Schema):
    kind = fields.String()
    duty_name = fields.String()
    duty_phone = fields.String()


class TaskView(http.Schema):
    task_id = fields.String()
    department_id = fields.String()
    department_name = fields.String(allow_none=True)
    is_main = fields.Boolean()
    state = fields.String()
    changed_at = fields.String(metadata={"format": "date-time"})
    card = fields.String(allow_none=True)


class OrderView(http.Schema):
    order_id = fields.UUID()
    kind = fields.String()
    state = fields.String()
    whistled_at = fields.String(metadata={"format": "date-time"})
    departments = fields.List(fields.String())
    tasks = fields.List(fields.Nested(TaskView))


class CaseSummary(http.Schema):
    case_id = fields.UUID()
    number = fields.String()
    area = http.AreaCode()
    state = fields.String(validate=validate.OneOf([str(state) for state in State]))
    hold = fields.String(allow_none=True)
    category = fields.String()
    channel = fields.String()
    urgency = fields.String()
    level = fields.String()
    words = fields.String()
    place = fields.Nested(http.Place)
    address = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    reported_at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    stalled_as = fields.String(
        allow_none=True, metadata={"description": "Why it stands still for longer than it may."}
    )
    version = fields.Integer()


class CallerView(http.Schema):
    """Whom it was filed on behalf of, as far as this reader may know."""

    name_masked = fields.String(allow_none=True, metadata={"example": "张**"})
    phone_masked = fields.String(allow_none=True, metadata={"example": "138****5678"})


class OriginView(http.Schema):
    kind = fields.String()
    id = fields.UUID()


class OutcomeView(http.Schema):
    """The matter another one is handled within, as whoever reported the other may know it."""

    number = fields.String()
    state = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)


class FiledFilter(http.PageQuery):
    outside_number = fields.String(load_default=None, validate=validate.Length(1, 64))
    state = fields.String(load_default=None, validate=validate.OneOf([str(state) for state in State]))


class FiledTask(http.Schema):
    department_id = fields.String()
    state = fields.String()
    changed_at = fields.String(metadata={"format": "date-time"})


class FiledView(CaseSummary):
    """A matter as the outside system that filed it lists it."""

    outside_number = fields.String(allow_none=True)
    run = fields.Integer()
    satisfaction = fields.String(allow_none=True)
    tasks = fields.List(fields.Nested(FiledTask))


class CaseView(CaseSummary):
    category_name = fields.String(allow_none=True)
    grid_name = fields.String(allow_none=True)
    community_name = fields.String(allow_none=True)
    subdistrict_name = fields.String(allow_none=True)
    mechanism = fields.String()
    scope_class = fields.String()
    sla_class = fields.String()
    reporter_id = fields.UUID(allow_none=True)
    is_confidential = fields.Boolean()
    first_inquiry_by = fields.UUID(
        allow_none=True, metadata={"description": "Hidden where it is a confidential reporter."}
    )
    first_handler_by = fields.UUID(allow_none=True)
    run = fields.Integer()
    review_on = fields.Date(allow_none=True)
    calls_made = fields.Integer()
    met = fields.Boolean(allow_none=True)
    settled = fields.Boolean(allow_none=True)
    satisfaction = fields.String(allow_none=True)
    merged_into = fields.UUID(allow_none=True)
    outcome = fields.Nested(
        OutcomeView, allow_none=True, metadata={"description": "Of a merged matter: how the other one fares."}
    )
    category_version = fields.Integer(allow_none=True)
    documents_missing = fields.Integer()
    origin = fields.Nested(OriginView, allow_none=True)
    outside_number = fields.String(allow_none=True)
    caller = fields.Nested(CallerView, allow_none=True)
    responsible = fields.List(fields.Nested(Contact))
    orders = fields.List(fields.Nested(OrderView))


class EntryView(http.Schema):
    position = fields.Integer()
    action = fields.String()
    person_id = fields.UUID(allow_none=True)
    role = fields.String()
    area = http.AreaCode()
    at = fields.AwareDateTime()
    detail = fields.Dict()
    hash = fields.String()


class Damage(http.Schema):
    kind = fields.String(validate=validate.OneOf([str(kind) for kind in Kind]))
    position = fields.Integer(
        allow_none=True, metadata={"description": "Of the entry; null for the matter itself."}
    )
    columns = fields.List(
        fields.String(), metadata={"description": "What does not fit, where it can be told."}
    )


class TimelineCheck(http.Schema):
    whole = fields.Boolean()
    broken_at = fields.Integer(allow_none=True)
    damages = fields.List(fields.Nested(Damage))
