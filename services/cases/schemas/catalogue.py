"""What the catalogue's API reads and answers."""

import typing

from marshmallow import ValidationError, fields, validate, validates_schema

from services.cases.domain.case import LEVELS
from shared import http
from shared.contracts import cases as contracts

CODE = r"^[a-z][a-z0-9_]{0,19}(\.[a-z0-9_]{1,20}){1,2}\Z"
_WORD = r"^[a-z][a-z0-9_]{0,39}\Z"
# A list stands in one cell of a table; what parts its items cannot be in them.
_ITEM = r"^[^、，,\r\n]{1,40}\Z"


def _choice(literal: typing.Any) -> validate.OneOf:
    return validate.OneOf(typing.get_args(literal))


def _word(example: str, **options: typing.Any) -> fields.String:
    pattern = validate.Regexp(_WORD, error="Small Latin letters, digits and _.")
    return fields.String(validate=pattern, metadata={"example": example}, **options)


def _text(most: int, **options: typing.Any) -> fields.String:
    return fields.String(
        required=True,
        validate=[validate.Length(1, most), validate.Regexp(r"\S", error="Say something.")],
        **options,
    )


class MatterEdit(http.Schema):
    """A matter of the catalogue as an admin says it; what is not required has the usual value."""

    name = _text(40)
    theme = _word("environment", required=True)
    mechanism = fields.String(required=True, validate=_choice(contracts.Mechanism))
    scope_class = fields.String(required=True, validate=_choice(contracts.ScopeClass))
    level = fields.String(load_default="grid", validate=validate.OneOf(LEVELS))
    sla_class = _word("five_days", required=True)
    urgency = fields.String(load_default="ordinary", validate=_choice(contracts.Urgency))
    main_department_kind = _word("ecology", load_default=None, allow_none=True)
    supporting_department_kinds = fields.List(
        _word("housing"), load_default=list, validate=validate.Length(max=12)
    )
    required_documents = fields.List(
        fields.String(
            validate=validate.Regexp(_ITEM, error="1 to 40 characters without commas."),
            metadata={"example": "身份证"},
        ),
        load_default=list,
        validate=validate.Length(max=20),
    )
    filing_standard = _text(500)
    closing_standard = _text(500)

    @validates_schema
    def _distinct(self, data: dict[str, typing.Any], **_: typing.Any) -> None:
        supporting = data.get("supporting_department_kinds", [])
        if len({data.get("main_department_kind"), *supporting}) <= len(supporting):
            raise ValidationError("Name each kind of department once.", "supporting_department_kinds")
        documents = data.get("required_documents", [])
        if len(set(documents)) < len(documents):
            raise ValidationError("Name each document once.", "required_documents")


class NewMatter(MatterEdit):
    code = fields.String(
        required=True,
        validate=validate.Regexp(CODE, error="Like env.noise: a theme, a dot, a name."),
        metadata={"example": "env.cooking_fumes"},
    )


class MatterRow(NewMatter):
    """A row of a table."""

    is_active = http.Flag(load_default=True)


class CatalogueFilter(http.PageQuery):
    theme = fields.String(load_default=None, validate=validate.Length(1, 40))
    mechanism = fields.String(load_default=None, validate=_choice(contracts.Mechanism))
    scope_class = fields.String(load_default=None, validate=_choice(contracts.ScopeClass))
    level = fields.String(load_default=None, validate=validate.OneOf(LEVELS))
    sla_class = fields.String(load_default=None, validate=validate.Length(1, 40))
    urgency = fields.String(load_default=None, validate=_choice(contracts.Urgency))
    department_kind = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "Main or supporting."},
    )
    words = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "In the code, the name or the filing standard."},
    )
    is_active = fields.Boolean(
        load_default=True,
        allow_none=True,
        metadata={"description": "false lists what was taken out of use."},
    )


class ImportQuery(http.Schema):
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Check the file and count, change nothing."}
    )


class MatterView(http.Schema):
    code = fields.String()
    version = fields.Integer()
    name = fields.String()
    theme = fields.String()
    mechanism = fields.String()
    scope_class = fields.String()
    level = fields.String()
    sla_class = fields.String()
    urgency = fields.String()
    main_department_kind = fields.String(allow_none=True)
    supporting_department_kinds = fields.List(fields.String())
    required_documents = fields.List(fields.String())
    filing_standard = fields.String()
    closing_standard = fields.String()
    is_active = fields.Boolean()


class MatterVersionView(MatterView):
    is_newest = fields.Boolean()
    changed_by = fields.UUID(allow_none=True, metadata={"description": "Nobody where it was delivered."})
    changed_at = fields.AwareDateTime()


class RevisionView(http.Schema):
    """What a table changed, by code."""

    added = fields.List(fields.String())
    changed = fields.List(fields.String())
    retired = fields.List(fields.String())
    unchanged = fields.Integer()
