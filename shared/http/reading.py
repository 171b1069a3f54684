"""Reading a request: size, media type, JSON, schema. Everything wrong here is the caller's 4xx."""

import json
import re
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request as WerkzeugRequest

from shared import errors
from shared.http import problems

_ETAG = re.compile(r'^(?:W/)?"(\d{1,18})"$')
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
# An escaped NUL, not a backslash followed by "u0000".
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class BadJson(errors.Malformed):
    """The body is not well-formed JSON."""


class BadText(errors.Invalid):
    """Text may not hold NUL characters or halves of surrogate pairs."""


def body_bytes(request: WerkzeugRequest, *, limit: int) -> bytes:
    """The raw body. Raises TooLarge, before reading where the length is announced."""
    announced = request.content_length
    if announced is not None and announced > limit:
        raise errors.TooLarge(f"The body may be at most {limit} bytes long.", limit_bytes=limit)
    try:
        raw: bytes = request.stream.read(limit + 1 if announced is None else announced)
    except (ClientDisconnected, OSError, ValueError) as error:
        # The client went away or fell silent, or its chunks are none.
        raise errors.Malformed("The body ended before its announced end.") from error
    if len(raw) > limit:
        raise errors.TooLarge(f"The body may be at most {limit} bytes long.", limit_bytes=limit)
    if announced is not None and len(raw) < announced:
        raise errors.Malformed("The body ended before its announced end.")
    return raw


def json_body(request: WerkzeugRequest, raw: bytes, schema: Schema) -> dict[str, Any]:
    """The body as the schema loads it. Raises Unsupported, BadJson, BadText, Invalid."""
    if raw and request.mimetype != "application/json":
        raise errors.Unsupported()
    try:
        # Given bytes, json.loads would guess an encoding and let halves of surrogate pairs through.
        text = raw.decode() or "{}"
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadJson() from error
    if not isinstance(data, dict):
        raise errors.Malformed("The body must be a JSON object.")
    if "\\u" in text:
        if _ESCAPED_NUL.search(text):
            raise BadText()
        check_text(json.dumps(data, ensure_ascii=False))
    return load(schema, data, in_query=False)


def load(schema: Schema, data: dict[str, Any], *, in_query: bool) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise problems.invalid_from(_messages(error), in_query=in_query) from error
    return loaded


def query(arguments: MultiDict[str, str], schema: Schema) -> dict[str, Any]:
    """The query as the schema loads it; a repeated parameter is a list where the schema has one.

    Unknown parameters are refused, or left out where the schema says so."""
    data: dict[str, Any] = {}
    for name, values in arguments.lists():
        if name not in schema.fields and schema.unknown == EXCLUDE:
            continue
        for value in values:
            check_text(value)
        field = schema.fields.get(name)
        if isinstance(field, fields.List):
            data[name] = values
        elif len(values) > 1:
            raise errors.invalid(f"?{name}", "repeated", "Give this parameter once.")
        else:
            data[name] = values[0]
    return load(schema, data, in_query=True)


def check_text(text: str) -> None:
    """Refuses what PostgreSQL cannot store: NUL and lone surrogates."""
    if "\x00" in text:
        raise BadText()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadText() from error


def if_match(request: WerkzeugRequest) -> int | None:
    """The version in If-Match; nginx may have weakened it to `W/"4"`. None where absent or `*`."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.match(header.strip())
    if match is None:
        raise errors.Malformed('If-Match must be the ETag of an earlier answer, such as "4".')
    return int(match[1])


def idempotency_key(request: WerkzeugRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.match(key):
        raise errors.Malformed("Idempotency-Key must be 1 to 200 visible ASCII characters.")
    return key


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _messages(error: ValidationError) -> dict[str, Any]:
    messages: Any = error.messages
    return messages if isinstance(messages, dict) else {"_schema": messages}
