"""What is read and answered under /volunteers."""

from datetime import UTC, datetime
from enum import StrEnum

from marshmallow import fields, validate

from services.volunteers.domain import activities, orders
from services.volunteers.domain.teams import Kind
from services.volunteers.store.orders import As
from shared import http

_NAME = validate.Length(1, 60)
_WORDS = validate.Length(max=1000)
_MINUTES = validate.Range(1, 1440)
_SKILL = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}$", error="A skill's code: small letters, digits and _.")
_CODE = validate.Length(1, 20)
# Wide enough for any plan, narrow enough for every calendar in the way.
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _one_of(names: type[StrEnum]) -> validate.OneOf:
    return validate.OneOf([str(name) for name in names])


def _moment() -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", required=True, validate=validate.Range(_FIRST, _LAST))


def _skills() -> fields.List[str]:
    return fields.List(
        fields.String(validate=_SKILL),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"example": ["first_aid"]},
    )


# --- Volunteers and teams ---


class Registration(http.Schema):
    areas = fields.List(http.AreaCode(), required=True, validate=validate.Length(1, 10))
    skills = _skills()


class VolunteerView(http.Schema):
    person_id = fields.UUID()
    areas = fields.List(http.AreaCode())
    skills = fields.List(fields.String())
    registered_at = fields.AwareDateTime()
    minutes = fields.Integer(metadata={"description": "Confirmed minutes served."})
    times = fields.Integer(metadata={"description": "Confirmed activities and orders."})
    version = fields.Integer()


class NewTeam(http.Schema):
    name = fields.String(required=True, validate=_NAME)
    kind = fields.String(required=True, validate=_one_of(Kind))
    area = http.AreaCode(required=True)
    lead_id = fields.UUID(required=True)


class TeamChange(http.Schema):
    name = fields.String(load_default=None, validate=_NAME)
    lead_id = fields.UUID(load_default=None)
    is_active = http.Flag(load_default=None)


class TeamFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    kind = fields.String(load_default=None, validate=_one_of(Kind))


class TeamView(http.Schema):
    team_id = fields.UUID()
    name = fields.String()
    kind = fields.String(validate=_one_of(Kind))
    area = http.AreaCode()
    lead_id = fields.UUID()
    is_active = fields.Boolean()
    members = fields.Integer()
    version = fields.Integer()


class MemberView(http.Schema):
    person_id = fields.UUID()
    skills = fields.List(fields.String())
    joined_at = fields.AwareDateTime()


# --- Activities ---


class Plan(http.Schema):
    area = http.AreaCode(required=True)
    title = fields.String(required=True, validate=validate.Length(1, 100))
    description = fields.String(load_default="", validate=validate.Length(max=4000))
    starts_at = _moment()
    ends_at = _moment()
    capacity = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10_000))
    required_skills = _skills()


class NewActivity(Plan):
    team_id = fields.UUID(required=True)


class ActivityFilter(http.PageQuery):
    area = http.AreaCode(load_default=None)
    mine = fields.Boolean(
        load_default=False, metadata={"description": "Those the caller runs, in any state, also past ones."}
    )
    state = fields.String(
        load_default=None,
        validate=_one_of(activities.State),
        metadata={"description": "Only with `mine`; the open list holds published ones."},
    )


class ActivitySummary(http.Schema):
    activity_id = fields.UUID()
    team_id = fields.UUID()
    team_name = fields.String()
    area = http.AreaCode()
    title = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    capacity = fields.Integer()
    taken = fields.Integer()
    required_skills = fields.List(fields.String())
    state = fields.String(validate=_one_of(activities.State))
    version = fields.Integer()


class ActivityView(ActivitySummary):
    description = fields.String()
    waiting = fields.Integer()
    code = fields.String(
        allow_none=True, metadata={"description": "To check in and out with; only for those who run it."}
    )
    participation_id = fields.UUID(allow_none=True, metadata={"description": "The caller's own."})
    part = fields.String(allow_none=True, validate=_one_of(activities.Part))


class Code(http.Schema):
    code = fields.String(required=True, validate=_CODE)


class Minutes(http.Schema):
    minutes = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=_MINUTES,
        metadata={"description": "As the lead saw it; without it, what check-in and check-out say."},
    )


class ParticipationFilter(http.PageQuery):
    part = fields.String(load_default=None, validate=_one_of(activities.Part))


class ParticipationView(http.Schema):
    participation_id = fields.UUID()
    activity_id = fields.UUID()
    area = http.AreaCode()
    person_id = fields.UUID()
    part = fields.String(validate=_one_of(activities.Part))
    signed_up_at = fields.AwareDateTime()
    checked_in_at = fields.AwareDateTime(allow_none=True)
    checked_out_at = fields.AwareDateTime(allow_none=True)
    minutes = fields.Integer(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class OwnParticipationView(ParticipationView):
    title = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


# --- Orders ---


class MenuItem(http.Schema):
    service = fields.String()
    name = fields.String()
    usual_minutes = fields.Integer()


class MenuView(http.Schema):
    services = fields.List(fields.Nested(MenuItem))


class NewOrder(http.Schema):
    service = fields.String(required=True, validate=validate.Length(1, 40), metadata={"example": "haircut"})
    words = fields.String(load_default="", validate=_WORDS)
    area = http.AreaCode(
        load_default=None, metadata={"description": "Needed where the resident's home is not known."}
    )
    resident_id = fields.UUID(
        load_default=None, metadata={"description": "Whom it is for, when staff order for somebody."}
    )


class Offer(http.Schema):
    team_id = fields.UUID(required=True)


class Served(http.Schema):
    minutes = fields.Integer(strict=True, required=True, validate=_MINUTES)


class Rated(http.Schema):
    rating = fields.Integer(strict=True, required=True, validate=validate.Range(1, 5))
    remark = fields.String(load_default="", validate=_WORDS)


class OrderFilter(http.PageQuery):
    role = fields.String(
        load_default="resident",
        validate=_one_of(As),
        metadata={
            "description": "resident: ordered by me. volunteer: taken by me. taker: open, mine to take. "
            "runner: of the areas or teams I answer for."
        },
    )
    state = fields.String(load_default=None, validate=_one_of(orders.State))


class OrderView(http.Schema):
    service_order_id = fields.UUID()
    area = http.AreaCode()
    service = fields.String()
    service_name = fields.String(allow_none=True)
    resident_id = fields.UUID(metadata={"description": "Not before one has taken it."})
    words = fields.String(metadata={"description": "Not before one has taken it."})
    ordered_at = fields.AwareDateTime()
    draw_id = fields.UUID(allow_none=True)
    planned_minutes = fields.Integer(allow_none=True)
    offered_team_id = fields.UUID(allow_none=True)
    volunteer_id = fields.UUID(allow_none=True)
    state = fields.String(validate=_one_of(orders.State))
    minutes = fields.Integer(allow_none=True)
    rating = fields.Integer(allow_none=True)
    remark = fields.String()
    taken_at = fields.AwareDateTime(allow_none=True)
    served_at = fields.AwareDateTime(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
