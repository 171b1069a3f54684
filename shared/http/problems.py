"""Errors as RFC 9457 problem documents; the one table from an error to an answer."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from shared import errors

MEDIA_TYPE = "application/problem+json"


class Unexpected(errors.Error):
    """The platform made a mistake; it is logged under the trace given here. Nothing was changed."""

    status = 500


def document(error: errors.Error, *, trace: str | None = None) -> dict[str, Any]:
    """The problem document of an error."""
    problem: dict[str, Any] = {
        "type": f"urn:yiwang:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.arguments:
        problem["arguments"] = error.arguments
    if isinstance(error, errors.Invalid) and error.fields:
        problem["errors"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.detail} for field in error.fields
        ]
    if trace:
        problem["trace"] = trace
    return problem


def response(error: errors.Error, *, trace: str | None = None) -> Response:
    answer = Response(
        json.dumps(document(error, trace=trace), ensure_ascii=False, default=str),
        status=error.status,
        content_type=MEDIA_TYPE,
    )
    return marked(answer, error)


def marked(answer: Response, error: errors.Error) -> Response:
    """The answer with the headers that go with its error, whatever form its body has."""
    answer.headers["Cache-Control"] = "no-store"
    if isinstance(error, errors.TooMany):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, errors.Unavailable):
        answer.headers["Retry-After"] = "1"
    elif isinstance(error, errors.Unauthenticated):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def invalid_from(messages: Mapping[Any, Any], *, in_query: bool) -> errors.Invalid:
    """An `Invalid` from marshmallow's nested messages, one entry per wrong field."""
    found = tuple(_fields(messages, "?" if in_query else "/"))
    return errors.Invalid(fields=found)


def _fields(messages: Any, prefix: str) -> Iterator[errors.FieldError]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # marshmallow files whole-object mistakes under _schema.
            pointer = prefix.rstrip("/") or "" if name == "_schema" else f"{prefix}{_escape(str(name))}"
            yield from _fields(inner, pointer if name == "_schema" or not _nested(inner) else f"{pointer}/")
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield errors.FieldError(pointer=prefix, code=_code(str(message)), detail=str(message))


def _nested(inner: Any) -> bool:
    return isinstance(inner, Mapping)


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _code(message: str) -> str:
    if message.startswith("Missing data"):
        return "missing"
    if message.startswith("Unknown field"):
        return "unknown"
    return "invalid"
