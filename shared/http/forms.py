"""Reading a form: what browsers, mini-programmes and older standards send instead of JSON, files included."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import Any

from marshmallow import EXCLUDE, INCLUDE, Schema, fields
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Request as WerkzeugRequest

from shared import aside, errors
from shared.http import reading

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
MEDIA_TYPES = (URLENCODED, MULTIPART)

MOST_PARTS = 200
# Of all fields that are no files.
MOST_TEXT_BYTES = 262_144
# Taking apart a body of files is work for the processor; a small one costs less than handing it over.
_ASIDE_FROM_BYTES = 262_144
_aside = aside.Aside(most_at_once=2)


class BadForm(errors.Malformed):
    """The body is no well-formed form."""


class WantsForm(errors.Unsupported):
    """Send the body as a form: application/x-www-form-urlencoded or multipart/form-data."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A file of a form, as its sender calls it."""

    name: str
    content: bytes = field(repr=False)


class File(fields.Field[Sent]):
    """A file of a form. What it is, only its bytes tell."""

    default_error_messages = {"invalid": "Not a file."}  # noqa: RUF012  # as marshmallow has it

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Sent:
        if not isinstance(value, Sent):
            raise self.make_error("invalid")
        return value


@dataclass(frozen=True, kw_only=True)
class Form:
    values: dict[str, Any]
    # What a repetition is compared by: the same fields sent again come with another boundary between them.
    fingerprint: bytes


def is_form(http: WerkzeugRequest) -> bool:
    return http.mimetype in MEDIA_TYPES


def form_body(http: WerkzeugRequest, raw: bytes, schema: Schema) -> Form:
    """The body as the schema loads it. Raises Unsupported, BadForm, BadText, TooLarge, Invalid."""
    if raw and not is_form(http):
        raise WantsForm()
    if len(raw) >= _ASIDE_FROM_BYTES:
        texts, files = _aside.run(_parsed, http.mimetype, dict(http.mimetype_params), raw)
    else:
        texts, files = _parsed(http.mimetype, dict(http.mimetype_params), raw)
    data = _gathered(texts, schema)
    sent = {name: [_sent(one) for one in files.getlist(name)] for name in files}
    for name, several in sent.items():
        reading.check_text(name)
        data[name] = several if _takes_many(schema, name) else _only(name, several)
    return Form(values=reading.load(schema, data, in_query=False), fingerprint=_fingerprint(texts, sent))


def _parsed(
    mimetype: str, parameters: dict[str, str], raw: bytes
) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    # The parser limits the parts of a multipart form only.
    if mimetype == URLENCODED and (len(raw) > MOST_TEXT_BYTES or raw.count(b"&") >= MOST_PARTS):
        raise _too_much()
    parser = FormDataParser(
        # In memory: the whole body is there already.
        stream_factory=lambda *_, **__: io.BytesIO(),
        max_form_memory_size=MOST_TEXT_BYTES,
        max_form_parts=MOST_PARTS,
        silent=False,
    )
    try:
        _, texts, files = parser.parse(io.BytesIO(raw), mimetype, len(raw), parameters)
    except RequestEntityTooLarge as error:
        raise _too_much() from error
    except (ValueError, LookupError, RecursionError) as error:
        raise BadForm() from error
    return texts, files


def _too_much() -> errors.TooLarge:
    return errors.TooLarge(
        f"A form may have {MOST_PARTS} parts and {MOST_TEXT_BYTES} bytes of text.",
        limit_bytes=MOST_TEXT_BYTES,
    )


def _gathered(texts: MultiDict[str, str], schema: Schema) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, values in texts.lists():
        reading.check_text(name)
        for value in values:
            reading.check_text(value)
        if name not in schema.fields and schema.unknown == EXCLUDE:
            continue
        data[name] = values if _takes_many(schema, name) else _only(name, values)
    return data


def _takes_many(schema: Schema, name: str) -> bool:
    """A list where the schema has one; what it does not know, but lets in, comes as sent."""
    known = schema.fields.get(name)
    return isinstance(known, fields.List) or (known is None and schema.unknown == INCLUDE)


def _only(name: str, values: list[Any]) -> Any:
    if len(values) > 1:
        raise errors.invalid(f"/{name}", "repeated", "Give this field once.")
    return values[0]


def _sent(file: FileStorage) -> Sent:
    name = file.filename or ""
    reading.check_text(name)
    return Sent(name=name, content=file.stream.read())


def _fingerprint(texts: MultiDict[str, str], files: dict[str, list[Sent]]) -> bytes:
    hashes = {
        name: [hashlib.sha256(one.content).hexdigest() for one in several] for name, several in files.items()
    }
    return json.dumps([dict(texts.lists()), hashes], sort_keys=True).encode()
