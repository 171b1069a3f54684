"""Reading a form: whatever comes is either read or the caller's 4xx."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, INCLUDE, fields
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared import errors
from shared.http import File, Schema, Sent, forms


class Letter(Schema):
    words = fields.String(required=True)
    tags = fields.List(fields.String())
    photo = File()
    photos = fields.List(File())


class Lenient(Letter):
    class Meta:
        unknown = EXCLUDE


class Open(Letter):
    class Meta:
        unknown = INCLUDE


def read(schema: Schema | None = None, **options: Any) -> forms.Form:
    environ = EnvironBuilder(method="POST", **options).get_environ()
    request = Request(environ)
    return forms.form_body(request, environ["wsgi.input"].read(), schema or Letter())


def encoded(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> dict[str, Any]:
    return {"input_stream": io.BytesIO(body), "content_type": content_type, "content_length": len(body)}


def test_a_form_is_read_either_way() -> None:
    assert read(data={"words": "油烟"}).values == {"words": "油烟"}
    assert read(**encoded("words=油烟+%E9%87%8D".encode())).values == {"words": "油烟 重"}
    sent = read(data={"words": "x", "photo": (io.BytesIO(b"\0\xff"), "a.jpg")}).values
    assert sent == {"words": "x", "photo": Sent(name="a.jpg", content=b"\0\xff")}


def test_what_may_come_several_times_is_a_list() -> None:
    assert read(data={"words": "x", "tags": ["a", "b"]}).values["tags"] == ["a", "b"]
    assert len(read(data={"words": "x", "photos": [(io.BytesIO(b"1"), "a")]}).values["photos"]) == 1
    with pytest.raises(errors.Invalid) as refused:
        read(data={"words": ["x", "y"]})
    assert refused.value.fields[0].code == "repeated"


def test_unknown_fields_are_refused_left_out_or_let_in_as_the_schema_says() -> None:
    with pytest.raises(errors.Invalid):
        read(data={"words": "x", "other": "y"})
    assert read(Lenient(), data={"words": "x", "other": ["y", "z"]}).values == {"words": "x"}
    assert read(Open(), data={"words": "x", "a[B]": ["y", "z"]}).values["a[B]"] == ["y", "z"]


def test_a_text_is_no_file_and_a_file_no_text() -> None:
    with pytest.raises(errors.Invalid):
        read(data={"words": "x", "photo": "y"})
    with pytest.raises(errors.Invalid):
        read(data={"words": (io.BytesIO(b"x"), "a.txt")})


def test_a_repetition_is_known_whatever_its_boundary() -> None:
    def once(content: bytes) -> bytes:
        return read(data={"words": "x", "photo": (io.BytesIO(content), "a.jpg")}).fingerprint

    assert once(b"1") == once(b"1")
    assert once(b"1") != once(b"2")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (encoded(b"{}", "application/json"), errors.Unsupported),
        (encoded(b"x", "multipart/form-data"), forms.BadForm),
        (encoded(b"--x\r\nx", "multipart/form-data; boundary=x"), forms.BadForm),
        (encoded(b"words=a%00b"), errors.Invalid),
        (encoded(b"words=" + b"x" * forms.MOST_TEXT_BYTES), errors.TooLarge),
        (encoded(b"a=1&" * forms.MOST_PARTS), errors.TooLarge),
        (encoded(b""), errors.Invalid),
    ],
)
def test_what_is_no_form_is_the_callers_mistake(options: dict[str, Any], error: type[errors.Error]) -> None:
    with pytest.raises(error):
        read(**options)


def test_a_form_of_very_many_parts_is_refused() -> None:
    with pytest.raises(errors.TooLarge):
        read(data={f"f{number}": (io.BytesIO(b"x"), "a") for number in range(forms.MOST_PARTS + 1)})


@given(st.binary(max_size=400), st.sampled_from(["multipart/form-data; boundary=x", forms.URLENCODED]))
def test_junk_is_read_or_refused(junk: bytes, content_type: str) -> None:
    for body in (junk, b"--x\r\nContent-Disposition: form-data; name=words\r\n\r\n" + junk + b"\r\n--x--"):
        with contextlib.suppress(errors.Error):
            read(Open(), **encoded(body, content_type))
