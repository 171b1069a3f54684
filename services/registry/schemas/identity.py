"""Shapes of sign-in, accounts and outside systems."""

from marshmallow import fields, validate

from services.registry.domain import identity, identity_integrators
from shared import auth, http

_ROLE = validate.OneOf([role.value for role in auth.Role])
_USERNAME = validate.Regexp(
    r"^[a-z0-9][a-z0-9._-]{1,62}$",
    error="2 to 63 of a-z, 0-9, dot, hyphen and underscore, beginning with a-z or 0-9.",
)
_CLIENT_NAME = validate.Regexp(
    r"^[a-z][a-z0-9-]{2,40}$", error="3 to 41 of a-z, 0-9 and hyphen, beginning with a letter."
)
_DEPARTMENT = validate.Regexp(r"^\d{4,12}-[a-z_]{1,40}$", error="Such as 370102-ecology.")


class KeySet(http.Schema):
    """A JSON Web Key Set (RFC 7517)."""

    keys = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


class SignIn(http.Schema):
    username = fields.String(required=True, validate=validate.Length(1, 100), metadata={"example": "worker"})
    password = fields.String(
        required=True, load_only=True, validate=validate.Length(1, identity.LONGEST_PASSWORD)
    )


class Exchange(http.Schema):
    token = fields.String(
        required=True, load_only=True, validate=validate.Length(1, auth.LONGEST_TOKEN_CHARACTERS)
    )


class ClientCredentials(http.Schema):
    grant_type = fields.String(required=True, validate=validate.OneOf(["client_credentials"]))
    client_id = fields.String(required=True, validate=validate.Length(1, 100))
    client_secret = fields.String(required=True, load_only=True, validate=validate.Length(1, 200))


class Token(http.Schema):
    """A bearer token; its names are OAuth's (RFC 6749 §5.1)."""

    access_token = fields.String(required=True)
    token_type = fields.Constant("Bearer")
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})


class NewPassword(http.Schema):
    present = fields.String(
        required=True, load_only=True, validate=validate.Length(1, identity.LONGEST_PASSWORD)
    )
    password = fields.String(required=True, load_only=True, validate=validate.Length(1, 1_000))


class Me(http.Schema):
    """The caller as their token describes them, with the name they sign in with."""

    person_id = fields.UUID(required=True)
    username = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    areas = fields.List(http.AreaCode(), required=True)
    department = fields.String(required=True, allow_none=True)
    household = fields.UUID(required=True, allow_none=True)
    shops = fields.List(fields.UUID(), required=True)
    home = http.AreaCode(required=True, allow_none=True)
    client = fields.String(required=True, allow_none=True)


class ExternalIdentity(http.Schema):
    issuer = fields.Url(required=True, require_tld=False, validate=validate.Length(max=500))
    subject = fields.String(required=True, validate=validate.Length(1, 255))


class Grants(http.Schema):
    """What an account may do, and how it signs in."""

    username = fields.String(required=True, validate=_USERNAME)
    roles = fields.List(
        fields.String(validate=_ROLE), required=True, validate=validate.Length(1, len(auth.Role))
    )
    areas = fields.List(http.AreaCode(), load_default=list, validate=validate.Length(max=identity.MOST_AREAS))
    department = fields.String(load_default=None, allow_none=True, validate=_DEPARTMENT)
    shops = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=identity.MOST_SHOPS))
    identities = fields.List(
        fields.Nested(ExternalIdentity),
        load_default=list,
        validate=validate.Length(max=identity.MOST_IDENTITIES),
    )


class NewUser(Grants):
    person_id = fields.UUID(required=True)
    password = fields.String(
        load_default=None,
        load_only=True,
        allow_none=True,
        validate=validate.Length(1, 1_000),
        metadata={"description": "Left out for those who sign in through an outside issuer only."},
    )


class ResetPassword(http.Schema):
    password = fields.String(required=True, load_only=True, validate=validate.Length(1, 1_000))


class User(http.Schema):
    user_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    username = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    areas = fields.List(http.AreaCode(), required=True)
    department = fields.String(required=True, allow_none=True, attribute="department_id")
    shops = fields.List(fields.UUID(), required=True)
    identities = fields.Function(
        lambda user: [{"issuer": issuer, "subject": subject} for issuer, subject in user.identities],
        metadata={"description": "Shown for one account; a list leaves them out."},
    )
    has_password = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class UsersQuery(http.PageQuery):
    username = fields.String(load_default=None, validate=validate.Length(1, 100))
    role = fields.String(load_default=None, validate=_ROLE)
    active = fields.Boolean(load_default=None)


class NewIntegrator(http.Schema):
    name = fields.String(required=True, validate=_CLIENT_NAME, metadata={"example": "district-dashboard"})
    title = fields.String(required=True, validate=validate.Length(1, 100))
    event_types = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        required=True,
        validate=validate.Length(1, identity_integrators.MOST_EVENT_TYPES),
        metadata={"example": ["yiwang.cases.case_reported.v1"]},
    )
    areas = fields.List(
        http.AreaCode(), required=True, validate=validate.Length(1, identity_integrators.MOST_AREAS)
    )


class Integrator(http.Schema):
    integrator_id = fields.UUID(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    event_types = fields.List(fields.String(), required=True)
    areas = fields.List(http.AreaCode(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["pending", "ready", "revoking", "revoked"]))
    trouble = fields.String(required=True, allow_none=True)
    stream = fields.String(required=True)
    version = fields.Integer(required=True)


class IntegratorSecrets(Integrator):
    """A registered integrator with its secrets, which are shown this once and kept nowhere."""

    client_secret = fields.String(required=True)
    amqp_username = fields.String(required=True)
    amqp_password = fields.String(required=True)
