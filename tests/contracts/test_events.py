"""The events are what they were, and everybody listens to what they are said to listen to.

A new event, or a field added that may be absent, needs its golden sample written:

    python -m tests.support.golden && python -m shared.docs

Any other change of an event fails here: it is a new version, published beside the old one.
"""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import jsonschema
import pytest

from shared import contracts, docs, ids
from shared.bus import envelope
from shared.bus.inbox import subscriptions_of
from shared.contracts import cases
from shared.contracts.base import Event
from tests.support import golden

EVENTS = {event.type: event for event in contracts.all_events()}
ROUTING_KEY = re.compile(r"^[a-z]+\.[a-z_]+\.v\d+\.37\.01\.02\.007\.003\.001$")


def kept(event: type[Event]) -> dict[str, Any]:
    path = golden.path_of(event)
    assert path.exists(), f"{event.type} has no golden sample; run python -m tests.support.golden"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("type_", EVENTS)
def test_an_event_is_what_it_was_but_for_added_fields_that_may_be_absent(type_: str) -> None:
    event, was = EVENTS[type_], kept(EVENTS[type_])

    assert golden.differences(was["shape"], golden.shape(event)) == []
    assert was["subject"] == event.subject_field


@pytest.mark.parametrize("type_", EVENTS)
def test_the_golden_sample_is_that_of_the_declaration(type_: str) -> None:
    assert kept(EVENTS[type_]) == golden.document(EVENTS[type_])


@pytest.mark.parametrize("type_", EVENTS)
def test_what_was_written_once_is_read_and_written_the_same_today(type_: str) -> None:
    data = kept(EVENTS[type_])["data"]

    assert EVENTS[type_].from_data(data).to_data() == data


def test_no_golden_sample_is_left_of_an_event_that_is_no_more() -> None:
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("type_", EVENTS)
def test_the_routing_key_is_service_event_version_and_dotted_area(type_: str) -> None:
    event = EVENTS[type_]
    key = golden.sample(event).routing_key

    assert ROUTING_KEY.match(key)
    assert key == kept(event)["routing_key"]
    assert key.startswith(f"{event.publisher}.{event.event_name}.v{event.version}.")
    assert event.type == f"yiwang.{event.publisher}.{event.event_name}.v{event.version}"


@pytest.mark.parametrize("type_", EVENTS)
def test_every_event_says_what_became_true_and_names_known_services(type_: str) -> None:
    event = EVENTS[type_]

    assert event.__doc__
    assert not event.__doc__.startswith(event.__name__)
    assert {event.publisher, *event.consumers} <= set(contracts.SERVICES)
    assert event.publisher not in event.consumers


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_a_worker_subscribes_to_exactly_what_names_its_service_as_consumer(service: str) -> None:
    worker = importlib.import_module(f"services.{service}.worker").Worker

    subscribed = [contract.type for _, contract, _ in subscriptions_of(worker)]

    assert sorted(subscribed) == sorted(event.type for event in contracts.consumed_by(service))


# Who hears of reporters and keeps none, each with a test of it (tests/integration/<service>/test_reporters.py).
KEEP_NO_REPORTER = {"dispatch"}


def test_who_keeps_a_reporter_hears_when_the_reporter_is_forgotten() -> None:
    told = {
        consumer
        for event in EVENTS.values()
        if "reporter_id" in event.__dataclass_fields__  # type: ignore[attr-defined]
        for consumer in event.consumers
    }

    assert told - KEEP_NO_REPORTER == set(cases.ReporterAnonymised.consumers)


@pytest.mark.parametrize("type_", EVENTS)
def test_an_envelope_fits_the_published_schema(type_: str, asyncapi: dict[str, Any]) -> None:
    event = golden.sample(EVENTS[type_])
    row = {
        "id": ids.new(),
        "type": event.type,
        "subject": event.subject,
        "time": golden._MOMENT,
        "sequence": 7,
        "area": event.area_code,
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": json.dumps(event.to_data()),
    }
    body = json.loads(envelope.encode(row, service=event.publisher))

    payload = asyncapi["components"]["messages"][type_.removeprefix("yiwang.")]["payload"]
    schema = {**payload, "components": asyncapi["components"]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(body)] == []
    assert [error.message for error in validator.iter_errors({**body, "data": {}})] != []


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    return docs.asyncapi()


# --- the comparison itself

WAS = {
    "fields": {
        "area": {"is": "text"},
        "colour": {"one_of": ["red", "green"]},
        "corners": {"list_of": {"fields": {"x": {"is": "number"}}}},
    }
}


def changed(**fields: Any) -> list[str]:
    now = {name: one for name, one in {**WAS["fields"], **fields}.items() if one is not None}
    return golden.differences(WAS, {"fields": now})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"size": {"is": "number", "may_be_absent": True}},
        {
            "corners": {
                "list_of": {"fields": {"x": {"is": "number"}, "y": {"is": "number", "may_be_absent": True}}}
            }
        },
    ],
)
def test_an_added_field_that_may_be_absent_is_no_difference(fields: dict[str, Any]) -> None:
    assert changed(**fields) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"size": {"is": "number"}},
        {"area": None},
        {"area": {"is": "whole number"}},
        {"area": {"is": "text", "or_null": True}},
        {"area": {"is": "text", "may_be_absent": True}},
        {"colour": {"one_of": ["red", "green", "blue"]}},
        {"colour": {"one_of": ["red"]}},
        {"colour": {"is": "text"}},
        {"corners": {"list_of": {"fields": {"x": {"is": "number"}, "y": {"is": "number"}}}}},
        {"corners": {"list_of": {"is": "number"}}},
        {"corners": {"is": "text"}},
    ],
)
def test_every_other_change_is_a_difference(fields: dict[str, Any]) -> None:
    assert changed(**fields) != []
