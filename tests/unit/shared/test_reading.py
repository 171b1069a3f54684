"""Reading a request: whatever comes is either read or the caller's 4xx."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared import errors
from shared.http import Flag, PageQuery, Place, Schema, decode_cursor, encode_cursor, reading, whole_number


class Note(Schema):
    words = fields.String(required=True)


NOTE = Note()


def request(**options: Any) -> Request:
    return Request(EnvironBuilder(method="POST", **options).get_environ())


def read(raw: bytes, content_type: str = "application/json") -> dict[str, Any]:
    return reading.json_body(request(content_type=content_type), raw, NOTE)


# --- bodies


def test_a_json_body_is_read() -> None:
    assert read('{"words": "油烟"}'.encode()) == {"words": "油烟"}
    assert read(b'{"words": "\\u6cb9\\ud83d\\ude00"}', "application/json; charset=utf-8") == {"words": "油😀"}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nonsense",
        b'{"words": NaN}',
        b'{"words": Infinity}',
        b"\xff\xfe",
        b"[" * 100_000,
        '{"words": "x"}'.encode("utf-16"),
        # Half of a surrogate pair in what only looks like UTF-8.
        b'{"words": "\xed\xa0\x80"}',
        b"1" * 5000,
    ],
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(reading.BadJson):
        read(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"words"', b"1"])
def test_a_body_must_be_an_object(raw: bytes) -> None:
    with pytest.raises(errors.Malformed):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    [b'{"words": "a\\u0000b"}', b'{"words": "\\ud800"}', b'{"words": "\\\\\\u0000"}', b'{"\\u0000": 1}'],
)
def test_text_the_database_cannot_store_is_refused(raw: bytes) -> None:
    with pytest.raises(reading.BadText):
        read(raw)


def test_a_backslash_before_digits_is_only_a_backslash() -> None:
    assert read(b'{"words": "C:\\\\u0000"}') == {"words": "C:\\u0000"}


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_another_media_type_is_unsupported(content_type: str) -> None:
    with pytest.raises(errors.Unsupported):
        read(b'{"words": "x"}', content_type)


def test_no_body_is_an_empty_object() -> None:
    with pytest.raises(errors.Invalid):
        read(b"", "")


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_kind_of_error(raw: bytes) -> None:
    with contextlib.suppress(errors.Malformed, errors.Invalid):
        read(raw)


def test_a_body_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert reading.body_bytes(request(data=b"x" * 10), limit=10) == b"x" * 10
    with pytest.raises(errors.TooLarge):
        reading.body_bytes(request(data=b"x" * 11), limit=10)


@pytest.mark.parametrize(("length", "fits"), [(10, True), (11, False)])
def test_a_body_without_announced_length_is_read_up_to_the_limit(length: int, fits: bool) -> None:
    environ = EnvironBuilder(method="POST", input_stream=io.BytesIO(b"x" * length)).get_environ()
    environ["wsgi.input_terminated"] = True
    environ.pop("CONTENT_LENGTH", None)
    chunked = Request(environ)

    if fits:
        assert len(reading.body_bytes(chunked, limit=10)) == length
    else:
        with pytest.raises(errors.TooLarge):
            reading.body_bytes(chunked, limit=10)


def test_a_body_that_ends_early_is_malformed() -> None:
    environ = {
        **EnvironBuilder(method="POST", input_stream=io.BytesIO(b"x")).get_environ(),
        "CONTENT_LENGTH": "5",
    }

    with pytest.raises(errors.Malformed):
        reading.body_bytes(Request(environ), limit=10)


# --- headers


@pytest.mark.parametrize(
    ("header", "version"), [('"4"', 4), ('W/"4"', 4), (' "12" ', 12), ("*", None), (None, None), ('"0"', 0)]
)
def test_if_match_is_the_etag_of_an_earlier_answer(header: str | None, version: int | None) -> None:
    headers = {"If-Match": header} if header is not None else {}

    assert reading.if_match(request(headers=headers)) == version


@pytest.mark.parametrize("header", ["4", '"four"', '"4', '"-4"', '"4", "5"', "", '"1234567890123456789"'])
def test_any_other_if_match_is_malformed(header: str) -> None:
    with pytest.raises(errors.Malformed):
        reading.if_match(request(headers={"If-Match": header}))


@pytest.mark.parametrize(
    ("key", "good"), [("a" * 200, True), ("a" * 201, False), ("", False), ("a b", False), ("鍵", False)]
)
def test_an_idempotency_key_is_visible_ascii_of_bounded_length(key: str, good: bool) -> None:
    made = Request({**EnvironBuilder(method="POST").get_environ(), "HTTP_IDEMPOTENCY_KEY": key})

    if good:
        assert reading.idempotency_key(made) == key
    else:
        with pytest.raises(errors.Malformed):
            reading.idempotency_key(made)


# --- queries and cursors


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=1&limit=2", "page=2", "cursor=%00", f"cursor={'a' * 1001}"],
)
def test_a_wrong_query_is_invalid(query: str) -> None:
    with pytest.raises(errors.Invalid):
        reading.query(request(query_string=query).args, PageQuery())


def test_limits_are_taken_at_both_ends() -> None:
    limits = [
        reading.query(request(query_string=q).args, PageQuery())["limit"]
        for q in ("", "limit=1", "limit=200")
    ]

    assert limits == [50, 1, 200]


def test_a_cursor_comes_back_as_it_was_made() -> None:
    values = ["2026-11-20T05:51:00Z", 7, None, "号"]

    assert decode_cursor(encode_cursor(values), length=4) == values
    assert decode_cursor(None, length=4) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "junk",
        "号",
        encode_cursor([1, 2]),
        encode_cursor([[1]]),
        encode_cursor(["a\x00"]),
        "WyJcdWQ4MDAiXQ",
        encode_cursor([{"a": 1}]),
    ],
)
def test_a_cursor_nobody_made_is_invalid(cursor: str) -> None:
    with pytest.raises(errors.Invalid):
        decode_cursor(cursor, length=1)


@given(st.text(max_size=40))
def test_no_cursor_raises_anything_but_invalid(cursor: str) -> None:
    with contextlib.suppress(errors.Invalid):
        decode_cursor(cursor, length=1)


@pytest.mark.parametrize("value", [None, True, 1.5, "1"])
def test_a_cursors_position_must_be_a_whole_number(value: object) -> None:
    with pytest.raises(errors.Invalid):
        whole_number(value)


# --- types


class Answer(Schema):
    is_settled = Flag(required=True)
    place = fields.Nested(Place)


@pytest.mark.parametrize("value", ["true", "yes", 1, 0, "", [], None])
def test_a_flag_is_true_or_false_and_nothing_like_it(value: object) -> None:
    with pytest.raises(errors.Invalid):
        reading.load(Answer(), {"is_settled": value}, in_query=False)


@pytest.mark.parametrize(
    ("longitude", "latitude", "good"),
    [
        (180, 90, True),
        (-180.0, -90.0, True),
        (180.0001, 0, False),
        (0, -90.0001, False),
        ("117.06", 36.6, False),
        (True, 36.6, False),
        (None, 36.6, False),
        (float("nan"), 0, False),
        (float("inf"), 0, False),
    ],
)
def test_a_place_is_two_numbers_of_degrees(longitude: Any, latitude: Any, good: bool) -> None:
    data = {"is_settled": True, "place": {"longitude": longitude, "latitude": latitude}}

    if good:
        assert reading.load(Answer(), data, in_query=False)["place"] == {
            "longitude": longitude,
            "latitude": latitude,
        }
    else:
        with pytest.raises(errors.Invalid):
            reading.load(Answer(), data, in_query=False)
