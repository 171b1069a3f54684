"""Shapes of posts, departments and responders."""

from marshmallow import fields, validate

from services.registry.domain import departments, posts
from services.registry.schemas.areas import NAME
from shared import http

_DUTY_NAME = validate.Length(1, 50)
_DUTY_PHONE = validate.Regexp(r"^\+?[0-9][0-9 -]{2,24}$", error="A phone number as it should be published.")
DEPARTMENT_ID = validate.Regexp(r"^[0-9]{4,12}-[a-z_]{1,40}$", error="Such as 370102-ecology.")


class PostQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    kind = fields.Enum(posts.Kind, by_value=True, load_default=None)
    vacant = fields.Boolean(load_default=None)
    department_id = fields.String(load_default=None, validate=DEPARTMENT_ID)


class NewPost(http.Schema):
    area = http.AreaCode(required=True)
    kind = fields.Enum(posts.Kind, by_value=True, required=True)
    department_id = fields.String(load_default=None, allow_none=True, validate=DEPARTMENT_ID)
    profession = fields.Enum(posts.Profession, by_value=True, load_default=None, allow_none=True)
    duty_name = fields.String(required=True, validate=_DUTY_NAME)
    duty_phone = fields.String(required=True, validate=_DUTY_PHONE)


class DutyContact(http.Schema):
    duty_name = fields.String(validate=_DUTY_NAME)
    duty_phone = fields.String(validate=_DUTY_PHONE)


class Assignment(http.Schema):
    person_id = fields.UUID(required=True)
    duty_name = fields.String(
        load_default=None,
        allow_none=True,
        validate=_DUTY_NAME,
        metadata={"description": "Default: the name already published."},
    )


class Vacation(http.Schema):
    reason = fields.String(required=True, validate=validate.Length(2, 200))


class PostView(http.Schema):
    id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    kind = fields.Enum(posts.Kind, by_value=True, required=True)
    label = fields.Method("label_of", metadata={"type": "string"})
    seat = fields.Integer(required=True)
    department_id = fields.String(allow_none=True)
    profession = fields.Enum(posts.Profession, by_value=True, allow_none=True)
    duty_name = fields.String(required=True)
    duty_phone = fields.String(required=True)
    person_id = fields.UUID(allow_none=True)
    assigned_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(required=True)

    def label_of(self, post: posts.Post) -> str:
        return posts.RULES[post.kind].label


class PostList(http.Schema):
    items = fields.List(fields.Nested(PostView), required=True)


class TenureView(http.Schema):
    person_id = fields.UUID(required=True)
    assigned_at = fields.AwareDateTime(required=True)
    vacated_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class TenureList(http.Schema):
    items = fields.List(fields.Nested(TenureView), required=True)


class DepartmentQuery(http.PageQuery):
    inside = http.AreaCode(load_default=None)
    active = fields.Boolean(load_default=None)


class NewDepartment(http.Schema):
    area = http.AreaCode(required=True)
    kind = fields.Enum(departments.Kind, by_value=True, required=True)
    name = fields.String(required=True, validate=NAME)


class DepartmentChange(http.Schema):
    name = fields.String(validate=NAME)
    active = http.Flag()


class DepartmentView(http.Schema):
    id = fields.String(required=True, metadata={"example": "370102-ecology"})
    area = http.AreaCode(required=True)
    kind = fields.Enum(departments.Kind, by_value=True, required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class ResponderView(http.Schema):
    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
