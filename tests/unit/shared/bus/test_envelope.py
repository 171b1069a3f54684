"""Envelopes: what we write we read, and whatever else comes is refused in one way."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import envelope

ROW = {
    "id": "01932f6e-0000-7000-8000-000000000001",
    "type": "yiwang.cases.case_reported.v1",
    "subject": "01932f6e-0000-7000-8000-00000000000a",
    "sequence": 7,
    "time": datetime(2026, 11, 20, 5, 51, tzinfo=UTC),
    "area": "370102007",
    "traceparent": None,
    "data": '{"a":"油烟"}',
}


def changed(**attributes: Any) -> bytes:
    """A good envelope with some attributes changed; None takes one away."""
    read = json.loads(envelope.encode(ROW, service="cases"))
    for name, value in attributes.items():
        read.pop(name, None)
        if value is not None:
            read[name] = value
    return json.dumps(read).encode()


def test_an_envelope_is_cloudevents_in_structured_mode() -> None:
    assert json.loads(envelope.encode(ROW, service="cases")) == {
        "specversion": "1.0",
        "id": ROW["id"],
        "source": "/yiwang/cases",
        "type": "yiwang.cases.case_reported.v1",
        "subject": ROW["subject"],
        "time": "2026-11-20T05:51:00.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:yiwang:event:cases.case_reported.v1",
        "sequence": "00000000000000000007",
        "area": "370102007",
        "data": {"a": "油烟"},
    }


def test_what_is_written_is_read() -> None:
    read = envelope.decode(envelope.encode({**ROW, "traceparent": "00-1-2-01"}, service="cases"))

    assert (read.id, read.sequence, read.time, read.data) == (ROW["id"], 7, ROW["time"], {"a": "油烟"})
    assert read.key == ("/yiwang/cases", ROW["subject"])
    assert read.traceparent == "00-1-2-01"


def test_attributes_of_later_releases_are_ignored() -> None:
    assert envelope.decode(changed(color="red")).id == ROW["id"]


POISON = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "no json": b"{",
    "no object": b"[1]",
    "nested without end": b"[" * 100_000,
    "a number without end": b'{"id":' + b"1" * 10_000 + b"}",
    "another version": changed(specversion="0.3"),
    "no id": changed(id=None),
    "an id that is no uuid": changed(id="17"),
    "an id that is no text": changed(id=17),
    "no source": changed(source=None),
    "an empty subject": changed(subject=""),
    "a NUL in the subject": changed(subject="a\0b"),
    "half a character": changed(subject="\ud800"),
    "a subject too long": changed(subject="x" * 301),
    "a sequence that is no number": changed(sequence="seven"),
    "a sequence in other digits": changed(sequence="٧"),
    "sequence zero": changed(sequence="0"),
    "a sequence too large": changed(sequence="9" * 20),
    "no time": changed(time=None),
    "a time without offset": changed(time="2026-11-20T05:51:00"),
    "a time before time": changed(time="0001-01-01T00:00:00+14:00"),
    "an area that is none": changed(area="37010"),
    "no data": changed(data=None),
    "data that is a list": changed(data=[]),
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_what_is_no_event_is_undecodable(body: bytes) -> None:
    with pytest.raises(envelope.Undecodable):
        envelope.decode(body)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(envelope.Undecodable):
        envelope.decode(body)


@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "source", "type", "subject", "sequence", "time", "area", "data", "traceparent"]
        ),
        st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=2),
    )
)
def test_no_attributes_break_the_reader(attributes: dict[str, Any]) -> None:
    try:
        read = envelope.decode(changed(**attributes))
    except envelope.Undecodable:
        return
    assert read.subject
    assert read.sequence > 0
