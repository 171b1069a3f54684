"""What GeoReport v2 reads and answers, field by field as the standard names them; and how it is set up."""

import typing

from marshmallow import EXCLUDE, INCLUDE, ValidationError, fields, pre_load, validate, validates_schema

from services.cases.domain import open311 as domain
from shared import http

_THEME = r"^[a-z][a-z0-9_]{0,39}\Z"
_JURISDICTION = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}\Z"
_QUESTION = r"^[A-Za-z0-9_-]{1,40}\Z"
# Photos of one report.
MOST_MEDIA = 6
_WEB = validate.Regexp(r"^https?://[^\s<>\"]{3,1990}\Z", error="An address as in https://example.org/a.jpg.")


class _Lenient(http.Schema):
    """Clients send what other cities ask for, and an empty parameter means that there is none."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _without_empty(self, data: typing.Any, **_: typing.Any) -> typing.Any:
        return {name: value for name, value in dict(data).items() if value not in ("", [], [""])}


class Caller(_Lenient):
    jurisdiction_id = fields.String(load_default=None, validate=validate.Length(max=200))
    api_key = fields.String(load_default=None, validate=validate.Length(max=200))


class Moment(fields.Field[typing.Any]):
    """A W3C date-time: 2026-11-21T08:30:00+08:00."""

    def _deserialize(self, value: typing.Any, *_: typing.Any, **__: typing.Any) -> typing.Any:
        try:
            return domain.moment(str(value))
        except (ValueError, OverflowError) as error:
            raise ValidationError("A date and time as in 2026-11-21T08:30:00+08:00.") from error


class Cut(fields.String):
    """Text of which the beginning is enough: a client must not fail because a name is long elsewhere."""

    def __init__(self, *, most: int, **options: typing.Any) -> None:
        self.most = most
        super().__init__(**options)

    def _deserialize(self, value: typing.Any, *rest: typing.Any, **kwargs: typing.Any) -> str:
        text: str = super()._deserialize(value, *rest, **kwargs)
        return text.strip()[: self.most]


class Listed(fields.List[typing.Any]):
    """Several values, each perhaps with commas between."""

    def __init__(
        self, inner: fields.Field[typing.Any], *, most: int, is_lower: bool = False, **options: typing.Any
    ) -> None:
        self.most = most
        self.is_lower = is_lower
        super().__init__(inner, **options)

    def _deserialize(
        self, value: typing.Any, attr: str | None, data: typing.Any, **kwargs: typing.Any
    ) -> list[typing.Any]:
        several = value if isinstance(value, list) else [value]
        parts = [part.strip() for one in several for part in str(one).split(",") if part.strip()]
        if self.is_lower:
            parts = [part.lower() for part in parts]
        if len(parts) > self.most:
            raise ValidationError(f"At most {self.most} values.")
        found: list[typing.Any] = super()._deserialize(parts, attr, data, **kwargs)
        return found


class RequestFilter(Caller):
    service_request_id = Listed(
        fields.String(validate=validate.Length(max=40)), most=domain.MOST_REQUESTS, load_default=list
    )
    service_code = Listed(fields.String(validate=validate.Length(max=60)), most=200, load_default=list)
    status = Listed(
        fields.String(validate=validate.OneOf(typing.get_args(domain.Status))),
        most=10,
        is_lower=True,
        load_default=list,
    )
    start_date = Moment(load_default=None, metadata={"type": "string"})
    end_date = Moment(load_default=None, metadata={"type": "string"})
    # Extensions many cities have: of the requests asked for those changed in a time, and pages of the answer.
    updated_after = Moment(load_default=None, metadata={"type": "string"})
    updated_before = Moment(load_default=None, metadata={"type": "string"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1000))
    page_size = fields.Integer(
        load_default=domain.MOST_REQUESTS,
        validate=validate.Range(min=1),
        metadata={"description": f"At most {domain.MOST_REQUESTS} are answered whatever is asked."},
    )


def _without_blanks(value: typing.Any) -> typing.Any:
    return [one for one in value if one != ""] if isinstance(value, list) else value


class NewRequest(http.Schema):
    """A report as clients post it. `attribute[CODE]` are the answers to what the service definition asks."""

    class Meta:
        unknown = INCLUDE

    jurisdiction_id = fields.String(load_default=None, validate=validate.Length(max=200))
    api_key = fields.String(load_default=None, validate=validate.Length(max=200))
    service_code = fields.String(load_default=None, validate=validate.Length(max=60))
    lat = fields.Float(load_default=None, validate=validate.Range(-90, 90))
    long = fields.Float(load_default=None, validate=validate.Range(-180, 180))
    address_string = Cut(load_default="", most=200)
    # The code of a grid, as answers give it.
    address_id = fields.String(load_default=None, validate=validate.Length(max=60))
    description = fields.String(load_default="", validate=validate.Length(max=domain.LONGEST_DESCRIPTION))
    first_name = Cut(load_default="", most=40)
    last_name = Cut(load_default="", most=40)
    # However other cities write theirs.
    phone = Cut(load_default=None, most=30)
    # Read and not kept: whoever wants to be called leaves a phone number.
    email = fields.String(load_only=True)
    device_id = fields.String(load_only=True)
    account_id = fields.String(load_only=True)
    # The standard has one; clients with several photos repeat it.
    media_url = fields.List(
        fields.String(validate=_WEB), load_default=list, validate=validate.Length(max=MOST_MEDIA)
    )
    media = fields.List(http.File(), load_default=list, validate=validate.Length(max=MOST_MEDIA))

    @pre_load
    def _without_empty(self, data: typing.Any, **_: typing.Any) -> typing.Any:
        told = {name: _without_blanks(value) for name, value in dict(data).items()}
        told = {name: value for name, value in told.items() if value not in ("", [])}
        for name in ("media", "media_url"):
            if f"{name}[]" in told:
                told[name] = told.pop(f"{name}[]")
        return told


class OfferedService(http.Schema):
    service_code = fields.String(required=True)
    service_name = fields.String(required=True)
    description = fields.String(allow_none=True)
    metadata = fields.Boolean(required=True)
    type = fields.String(required=True, validate=validate.OneOf(["realtime", "batch", "blackbox"]))
    keywords = fields.String(allow_none=True)
    group = fields.String(allow_none=True)


class ValueView(http.Schema):
    key = fields.String(required=True)
    name = fields.String(required=True)


class AttributeView(http.Schema):
    variable = fields.Boolean(required=True)
    code = fields.String(required=True)
    datatype = fields.String(required=True, validate=validate.OneOf(typing.get_args(domain.Datatype)))
    required = fields.Boolean(required=True)
    datatype_description = fields.String(allow_none=True)
    order = fields.Integer(required=True)
    description = fields.String(allow_none=True)
    values = fields.List(fields.Nested(ValueView))


class ServiceDefinition(http.Schema):
    service_code = fields.String(required=True)
    attributes = fields.List(fields.Nested(AttributeView), required=True)


class PostedView(http.Schema):
    service_request_id = fields.String(required=True)
    service_notice = fields.String(allow_none=True)
    account_id = fields.String(allow_none=True)


class TokenView(http.Schema):
    service_request_id = fields.String(required=True)
    token = fields.String(required=True)


class RequestView(http.Schema):
    service_request_id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(typing.get_args(domain.Status)))
    status_notes = fields.String(allow_none=True)
    service_name = fields.String(allow_none=True)
    service_code = fields.String(required=True)
    description = fields.String(allow_none=True)
    agency_responsible = fields.String(allow_none=True)
    service_notice = fields.String(allow_none=True)
    requested_datetime = fields.String(required=True)
    updated_datetime = fields.String(allow_none=True)
    expected_datetime = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    address_id = fields.String(allow_none=True)
    zipcode = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    long = fields.Float(allow_none=True)
    media_url = fields.String(allow_none=True)


class EndpointView(http.Schema):
    specification = fields.String(required=True)
    url = fields.String(required=True)
    changeset = fields.String(required=True)
    type = fields.String(required=True)
    formats = fields.List(fields.String(), required=True)


class Discovery(http.Schema):
    changeset = fields.String(required=True)
    contact = fields.String(required=True)
    key_service = fields.String(required=True)
    endpoints = fields.List(fields.Nested(EndpointView), required=True)


class Capability(_Lenient):
    """What makes the address of a picture valid for a while."""

    expires = fields.Integer(required=True, validate=validate.Range(0, 10**11))
    signature = fields.String(required=True, validate=validate.Length(max=100))


# --- set up by admins


class JurisdictionEdit(http.Schema):
    area = http.AreaCode(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 60))
    contact = fields.String(load_default="", validate=validate.Length(max=300))
    is_default = http.Flag(load_default=False)
    takes_anonymous = http.Flag(load_default=False)
    shows_details = http.Flag(load_default=False)
    published_themes = fields.List(
        fields.String(validate=validate.Regexp(_THEME), metadata={"example": "environment"}),
        load_default=lambda: list(domain.USUALLY_PUBLISHED),
        validate=validate.Length(max=40),
    )


class NewJurisdiction(JurisdictionEdit):
    jurisdiction_id = fields.String(
        required=True, validate=validate.Regexp(_JURISDICTION), metadata={"example": "lixia.example"}
    )


class JurisdictionView(NewJurisdiction):
    changed_at = fields.AwareDateTime()
    version = fields.Integer()


class NewKey(http.Schema):
    name = fields.String(required=True, validate=validate.Length(1, 60))
    areas = fields.List(http.AreaCode(), required=True, validate=validate.Length(1, 50))
    posts_per_minute = fields.Integer(strict=True, load_default=60, validate=validate.Range(1, 6000))


class KeyView(http.Schema):
    key_id = fields.UUID()
    name = fields.String()
    areas = fields.List(http.AreaCode())
    posts_per_minute = fields.Integer()
    made_by = fields.UUID()
    made_at = fields.AwareDateTime()
    revoked_by = fields.UUID(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)


class MadeKey(KeyView):
    api_key = fields.String(metadata={"description": "Shown once."})


class QuestionValue(http.Schema):
    key = fields.String(required=True, validate=validate.Regexp(_QUESTION))
    name = fields.String(required=True, validate=validate.Length(1, 60))


class QuestionEdit(http.Schema):
    code = fields.String(required=True, validate=validate.Regexp(_QUESTION), metadata={"example": "POLE"})
    datatype = fields.String(required=True, validate=validate.OneOf(typing.get_args(domain.Datatype)))
    description = fields.String(required=True, validate=validate.Length(1, 200))
    datatype_description = fields.String(load_default="", validate=validate.Length(max=200))
    required = http.Flag(load_default=False)
    variable = http.Flag(load_default=True)
    values = fields.List(fields.Nested(QuestionValue), load_default=list, validate=validate.Length(max=100))

    @validates_schema
    def _chosen_from(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        if (data["datatype"] in domain.LISTS) != bool(data["values"]):
            raise ValidationError("A list has values, and nothing else has.", "values")


class Questions(http.Schema):
    questions = fields.List(
        fields.Nested(QuestionEdit), required=True, validate=validate.Length(max=domain.MOST_QUESTIONS)
    )

    @validates_schema
    def _distinct(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        codes = [question["code"] for question in data["questions"]]
        if len(set(codes)) < len(codes):
            raise ValidationError("Name each question once.", "questions")
