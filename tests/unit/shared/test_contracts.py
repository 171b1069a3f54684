"""What an event is: declared as a dataclass, written as JSON, read back the same, tolerant of what is new."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any, Literal

import pytest

from shared.contracts import EventInvalid, base, by_type
from shared.contracts.base import Event, event


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Corner:
    x: float
    y: float


# Declared for these tests only: the platform's own lists must not show it.
@event(publisher="tests", subject="thing_id", consumers=("nobody",))
class ThingPainted(Event):
    """A thing has a colour."""

    thing_id: str
    area: str
    colour: Colour
    corners: tuple[Corner, ...]
    size: tuple[float, int]
    finish: Literal["matt", "gloss"]
    painted_at: datetime
    dry_on: date | None
    coats: int = 1
    varnished: bool | None = None


del base._BY_TYPE[ThingPainted.type]

PAINTED = ThingPainted(
    thing_id="t1",
    area="370102007",
    colour=Colour.RED,
    corners=(Corner(x=1.5, y=2.0),),
    size=(1.5, 2),
    finish="matt",
    painted_at=datetime(2026, 11, 20, 13, 51, tzinfo=timezone(timedelta(hours=8))),
    dry_on=None,
)


def data(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(PAINTED.to_data())), **changes}


@pytest.fixture(autouse=True)
def _forget_declarations() -> Iterator[None]:
    known = dict(base._BY_TYPE)
    yield
    base._BY_TYPE.clear()
    base._BY_TYPE.update(known)


def test_an_event_names_its_type_topic_and_routing_key() -> None:
    assert ThingPainted.type == "yiwang.tests.thing_painted.v1"
    assert ThingPainted.topic() == "tests.thing_painted.v1"
    assert PAINTED.routing_key == "tests.thing_painted.v1.37.01.02.007"
    assert PAINTED.subject == "t1"


def test_moments_are_written_in_utc() -> None:
    assert PAINTED.to_data()["painted_at"] == "2026-11-20T05:51:00.000000Z"


def test_what_is_written_is_read_back_the_same() -> None:
    read = ThingPainted.from_data(data())

    assert read == dataclasses.replace(PAINTED, painted_at=PAINTED.painted_at.astimezone(UTC))
    assert hash(read) == hash(dataclasses.replace(read))


def test_a_reader_ignores_fields_it_does_not_know_and_fills_those_that_came_later() -> None:
    older = data(new_in_a_later_release=[1, 2])
    del older["coats"], older["varnished"]

    read = ThingPainted.from_data(older)

    assert (read.coats, read.varnished) == (1, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "blue"},
        {"finish": "satin"},
        {"coats": "2"},
        {"coats": 1.5},
        {"coats": None},
        {"corners": [{"x": 1.5}]},
        {"corners": {"x": 1.5, "y": 2.0}},
        {"size": [1.5]},
        {"painted_at": "20 November"},
        {"dry_on": "2026-13-01"},
        {"thing_id": None},
        {"thing_id": 7},
    ],
)
def test_data_of_another_shape_is_refused_with_the_types_name(changes: dict[str, Any]) -> None:
    with pytest.raises(EventInvalid) as raised:
        ThingPainted.from_data(data(**changes))

    assert next(iter(changes)) in raised.value.detail


def test_a_field_without_default_must_be_there_even_where_it_may_be_null() -> None:
    incomplete = data()
    del incomplete["dry_on"]

    with pytest.raises(EventInvalid):
        ThingPainted.from_data(incomplete)


def test_a_moment_without_an_offset_counts_as_utc() -> None:
    read = ThingPainted.from_data(data(painted_at="2026-11-20T05:51:00"))

    assert read.painted_at == datetime(2026, 11, 20, 5, 51, tzinfo=UTC)


def test_an_event_cannot_carry_what_json_does_not_know() -> None:
    with pytest.raises(TypeError, match="cannot carry"):
        dataclasses.replace(PAINTED, thing_id=object()).to_data()


def test_a_later_version_stands_beside_the_earlier_one() -> None:
    @event(publisher="tests", subject="thing_id", version=2)
    class ThingPaintedV2(Event):
        """A thing has a colour, and its name."""

        thing_id: str
        area: str

    assert ThingPaintedV2.type == "yiwang.tests.thing_painted.v2"
    assert by_type("yiwang.tests.thing_painted.v2") is ThingPaintedV2


def test_a_type_is_declared_once_and_has_a_subject_and_an_area() -> None:
    def declare(**annotations: Any) -> None:
        event(publisher="tests", subject="thing_id")(
            type("ThingMoved", (Event,), {"__annotations__": annotations, "__doc__": "Moved."})
        )

    declare(thing_id=str, area=str)

    with pytest.raises(TypeError, match="declared twice"):
        declare(thing_id=str, area=str)
    with pytest.raises(TypeError, match="needs the fields"):
        declare(area=str)


@pytest.mark.parametrize("hint", [dict[str, str], list[str], str | int | None, bytes])
def test_a_field_of_a_kind_events_do_not_carry_is_refused_when_first_read(hint: Any) -> None:
    @event(publisher="tests", subject="area")
    class ThingOdd(Event):
        """Odd."""

        area: str
        odd: Any

    ThingOdd.__annotations__["odd"] = hint

    with pytest.raises(TypeError):
        ThingOdd.from_data({"area": "3701", "odd": None})
