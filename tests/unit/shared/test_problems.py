"""Errors as problem documents."""

from __future__ import annotations

import json

import pytest
from marshmallow import ValidationError, fields, validate, validates_schema

from shared import errors
from shared.http import Schema, problems, reading


class Box(Schema):
    width = fields.Integer(strict=True, required=True)


class Load(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 3))
    boxes = fields.List(fields.Nested(Box), load_default=[])

    @validates_schema
    def _named(self, data: dict[str, object], **_: object) -> None:
        if data["name"] == "no":
            raise ValidationError("Not this one.")


def pointers(data: dict[str, object]) -> set[tuple[str, str]]:
    with pytest.raises(errors.Invalid) as raised:
        reading.load(Load(), data, in_query=False)
    return {(wrong.pointer, wrong.code) for wrong in raised.value.fields}


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, {("/name", "missing")}),
        ({"name": ""}, {("/name", "invalid")}),
        ({"name": "abcd"}, {("/name", "invalid")}),
        ({"name": "a", "colour": 1}, {("/colour", "unknown")}),
        ({"name": "a", "a/b~c": 1}, {("/a~1b~0c", "unknown")}),
        (
            {"name": "a", "boxes": [{"width": 1}, {"width": "1"}, {}]},
            {("/boxes/1/width", "invalid"), ("/boxes/2/width", "missing")},
        ),
        ({"name": "a", "boxes": [[]]}, {("/boxes/0", "invalid")}),
        ({"name": "no"}, {("", "invalid")}),
        ({"colour": 1, "size": 2}, {("/name", "missing"), ("/colour", "unknown"), ("/size", "unknown")}),
    ],
)
def test_each_wrong_field_is_named_by_its_pointer(
    data: dict[str, object], wrong: set[tuple[str, str]]
) -> None:
    assert pointers(data) == wrong


def test_a_problem_document_says_what_where_and_under_which_trace() -> None:
    error = errors.invalid("/place", "outside", "The place lies in no grid.")

    document = problems.document(error, trace="abc")

    assert document == {
        "type": "urn:yiwang:problem:invalid",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "invalid",
        "detail": "The place lies in no grid.",
        "errors": [{"pointer": "/place", "code": "outside", "detail": "The place lies in no grid."}],
        "trace": "abc",
    }


def test_a_services_own_error_has_its_sentence_its_code_and_its_arguments() -> None:
    class CaseClosed(errors.Conflict):
        """The case is
        closed."""

    document = problems.document(CaseClosed(state="closed"))

    assert (document["status"], document["code"], document["detail"]) == (
        409,
        "case_closed",
        "The case is closed.",
    )
    assert document["arguments"] == {"state": "closed"}


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (errors.TooMany(retry_after_seconds=7), "Retry-After", "7"),
        (errors.Unavailable(), "Retry-After", "1"),
        (errors.Unauthenticated(), "WWW-Authenticate", "Bearer"),
    ],
)
def test_some_answers_tell_the_client_what_to_do_next(error: errors.Error, header: str, value: str) -> None:
    assert problems.response(error).headers[header] == value


def test_every_answer_to_an_error_is_a_problem_document_nobody_keeps() -> None:
    answer = problems.response(errors.NotFound())

    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.get_data())["code"] == "not_found"
