"""Shapes of people, households and kinship. Numbers appear masked only."""

from marshmallow import ValidationError, fields, validate, validates_schema

from services.registry.domain import households, kinship, people
from shared import http

_NAME = validate.Length(1, 50)
_NUMBER = validate.Length(1, 30)


class PersonQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)


class NewPerson(http.Schema):
    area = http.AreaCode(required=True, metadata={"description": "The home grid, or an official's area."})
    name = fields.String(required=True, validate=_NAME)
    phone = fields.String(load_default=None, allow_none=True, load_only=True, validate=_NUMBER)
    identity_number = fields.String(load_default=None, allow_none=True, load_only=True, validate=_NUMBER)
    permanent_resident = http.Flag(load_default=False)


class PersonChange(http.Schema):
    area = http.AreaCode()
    name = fields.String(validate=_NAME)
    phone = fields.String(load_only=True, validate=_NUMBER)
    identity_number = fields.String(
        load_only=True,
        allow_none=True,
        validate=_NUMBER,
        metadata={"description": "null takes away a number that turned out to be another person's."},
    )
    permanent_resident = http.Flag()


class PersonSearch(http.Schema):
    """Exact matches only; in a body, so that no number ever stands in an address or a log."""

    name = fields.String(load_default=None, validate=_NAME)
    phone = fields.String(load_default=None, load_only=True, validate=_NUMBER)
    identity_number = fields.String(load_default=None, load_only=True, validate=_NUMBER)

    @validates_schema
    def _something(self, data: dict[str, object], **_: object) -> None:
        if not any(data.values()):
            raise ValidationError("Give a name, a phone or an identity number.", "name")


class PersonView(http.Schema):
    id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    name = fields.String(required=True)
    phone_masked = fields.String(allow_none=True, metadata={"example": "138****5678"})
    identity_number_masked = fields.String(allow_none=True)
    permanent_resident = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class SharedNumberView(http.Schema):
    """One identity number, and everybody of the caller's area who is registered with it."""

    people = fields.List(fields.Nested(PersonView), required=True)


class PersonList(http.Schema):
    items = fields.List(fields.Nested(PersonView), required=True)


class Unmask(http.Schema):
    fields_ = fields.List(
        fields.Enum(people.Confidential, by_value=True),
        required=True,
        data_key="fields",
        validate=validate.Length(1, 2),
    )
    reason = fields.String(required=True, validate=validate.Length(people.SHORTEST_REASON, 500))


class UnmaskedView(http.Schema):
    """Plain numbers. The reading is on record."""

    phone = fields.String(allow_none=True)
    identity_number = fields.String(allow_none=True)


class UnmaskingView(http.Schema):
    id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    reason = fields.String(required=True)
    by_person = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


_ADDRESS = validate.Length(1, 200)
_BOOK = validate.Regexp(r"^[0-9A-Za-z-]{1,30}$", error="Letters, digits and hyphens, at most 30.")
# The head is named apart; everybody else is something to the head.
_OTHER_RELATION = validate.NoneOf([households.Relation.HEAD], error="Name the head with head_id.")


class MemberIn(http.Schema):
    person_id = fields.UUID(required=True)
    relation = fields.Enum(households.Relation, by_value=True, required=True, validate=_OTHER_RELATION)


class NewHousehold(http.Schema):
    area = http.AreaCode(required=True, metadata={"description": "The grid."})
    book_number = fields.String(required=True, validate=_BOOK, metadata={"example": "WD-000123"})
    address = fields.String(required=True, validate=_ADDRESS)
    place = fields.Nested(http.Place, load_default=None, allow_none=True)
    head_id = fields.UUID(required=True)
    members = fields.List(
        fields.Nested(MemberIn), load_default=[], validate=validate.Length(max=households.MOST_MEMBERS - 1)
    )


class HouseholdChange(http.Schema):
    area = http.AreaCode()
    book_number = fields.String(validate=_BOOK)
    address = fields.String(validate=_ADDRESS)
    place = fields.Nested(http.Place)
    head_id = fields.UUID()


class HouseholdQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    book_number = fields.String(load_default=None, validate=_BOOK)
    active = fields.Boolean(load_default=None)


class MemberView(http.Schema):
    person_id = fields.UUID(required=True)
    relation = fields.Enum(households.Relation, by_value=True, required=True)


class HouseholdView(http.Schema):
    id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    book_number = fields.String(required=True)
    address = fields.String(required=True)
    place = fields.Method("place_of", allow_none=True, metadata={"type": "object"})
    members = fields.List(fields.Nested(MemberView), required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)

    def place_of(self, household: households.Household) -> dict[str, float] | None:
        if household.place is None:
            return None
        longitude, latitude = household.place
        return {"longitude": longitude, "latitude": latitude}


class NewKinship(http.Schema):
    person_id = fields.UUID(required=True)
    relative_id = fields.UUID(required=True)
    relation = fields.Enum(kinship.Relation, by_value=True, required=True)


class KinshipQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    state = fields.Enum(kinship.State, by_value=True, load_default=None)


class KinshipView(http.Schema):
    """Two persons as close relatives (近亲属); only a confirmed kinship counts."""

    id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    person_id = fields.UUID(required=True)
    relative_id = fields.UUID(required=True)
    relation = fields.Enum(kinship.Relation, by_value=True, required=True)
    state = fields.Enum(kinship.State, by_value=True, required=True)
    registered_by = fields.UUID(required=True)
    registered_at = fields.AwareDateTime(required=True)
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(required=True)


class KinshipList(http.Schema):
    items = fields.List(fields.Nested(KinshipView), required=True)
