"""What an event is: a frozen dataclass, declared once.

From the declaration come the marshmallow schema, the AsyncAPI document, the topology, the golden
sample and the subscriber's type (design: docs/decisions/0002-events.md).
"""

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar, Literal, Self, dataclass_transform

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from shared import areas, clock, errors


class EventInvalid(errors.Invalid):
    """The event's data does not fit its declaration."""


class Event:
    """Base of every event class; subclasses are made with `@event`."""

    publisher: ClassVar[str]
    event_name: ClassVar[str]
    version: ClassVar[int]
    consumers: ClassVar[tuple[str, ...]]
    subject_field: ClassVar[str]
    # Every event class declares it: the area the event happened in.
    area: str
    # The envelope's type, e.g. `yiwang.cases.case_reported.v1`.
    type: ClassVar[str]

    @property
    def subject(self) -> str:
        """The id of the aggregate the event is about; order is kept per subject."""
        return str(getattr(self, self.subject_field))

    @property
    def area_code(self) -> str:
        """The code of the area the event happened in."""
        return self.area

    @classmethod
    def topic(cls) -> str:
        """The routing key without its area: `cases.case_reported.v1`."""
        return f"{cls.publisher}.{cls.event_name}.v{cls.version}"

    @property
    def routing_key(self) -> str:
        return f"{self.topic()}.{areas.dotted(self.area_code)}"

    def to_data(self) -> dict[str, Any]:
        """The event's fields as JSON-able values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(typing.cast(Any, self))}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_data` wrote; unknown fields are ignored. Raises EventInvalid."""
        try:
            return typing.cast(Self, schema_of(cls).load(data))
        except ValidationError as wrong:
            raise EventInvalid(f"{cls.type}: {wrong.messages}") from wrong


_BY_TYPE: dict[str, type[Event]] = {}


E = typing.TypeVar("E", bound=Event)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(
    *, publisher: str, subject: str, consumers: tuple[str, ...] = (), version: int = 1
) -> Callable[[type[E]], type[E]]:
    """Declares an event class.

    Args:
        publisher: the service whose relay sends it.
        subject: the field that holds the aggregate's id; order is kept per subject.
        consumers: the services that subscribe to it; a test compares them with their workers.
        version: any change but an added optional field is a new version published beside the old.

    Every event has a field `area`: the code of the area it happened in.
    """

    def declare(cls: type[E]) -> type[E]:
        made = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        names = {f.name for f in dataclasses.fields(typing.cast(Any, made))}
        if not {subject, "area"} <= names:
            raise TypeError(f"{cls.__name__} needs the fields {subject!r} and 'area'")
        made.publisher, made.version = publisher, version
        made.event_name = re.sub(r"(?<!^)(?=[A-Z])", "_", re.sub(r"V\d+$", "", cls.__name__)).lower()
        made.consumers, made.subject_field = consumers, subject
        made.type = f"yiwang.{publisher}.{made.event_name}.v{version}"
        if made.type in _BY_TYPE:
            raise TypeError(f"{made.type} is declared twice")
        _BY_TYPE[made.type] = made
        return made

    return declare


def by_type(type_: str) -> type[Event] | None:
    """The class of an envelope's type, or None for one this release does not know."""
    return _BY_TYPE.get(type_)


def all_events() -> tuple[type[Event], ...]:
    """Every declared event, by type name."""
    return tuple(_BY_TYPE[name] for name in sorted(_BY_TYPE))


def consumed_by(service: str) -> tuple[type[Event], ...]:
    return tuple(cls for cls in all_events() if service in cls.consumers)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, datetime):
        return clock.rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"an event cannot carry a {type(value).__name__}")


_SCHEMAS: dict[type[Any], Schema] = {}


def schema_of(cls: type[Any]) -> Schema:
    """The marshmallow schema of an event class or of a value inside one; loading builds the class."""
    if cls not in _SCHEMAS:
        _SCHEMAS[cls] = _make_schema(cls)
    return _SCHEMAS[cls]


def _make_schema(cls: type[Any]) -> Schema:
    hints = typing.get_type_hints(cls)
    declared: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        optional = f.default is not dataclasses.MISSING
        declared[f.name] = _field(
            hints[f.name], required=not optional, default=f.default if optional else None
        )

    @post_load
    def build(_self: Schema, loaded: dict[str, Any], **_: Any) -> Any:
        return cls(**loaded)

    declared["build"] = build
    return Schema.from_dict(declared, name=f"{cls.__name__}Schema")(unknown=EXCLUDE)


_SCALARS: dict[Any, Callable[..., fields.Field[Any]]] = {
    str: fields.String,
    int: lambda **options: fields.Integer(strict=True, **options),
    float: fields.Float,
    bool: fields.Boolean,
    date: fields.Date,
}


def _field(hint: Any, *, required: bool = True, default: Any = None) -> fields.Field[Any]:
    options: dict[str, Any] = {"required": True} if required else {"load_default": default}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"an event field is one type or None, not {hint}")
        made = _field(inner[0], required=required, default=default)
        made.allow_none = True
        return made
    if origin is Literal:
        return fields.String(validate=validate.OneOf(arguments), **options)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return _TupleOf(_field(arguments[0]), **options)
        return fields.Tuple(tuple(_field(a) for a in arguments), **options)
    if hint is datetime:
        return fields.AwareDateTime(format="iso", default_timezone=UTC, **options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return fields.Enum(hint, by_value=True, **options)
    if dataclasses.is_dataclass(hint):
        return fields.Nested(schema_of(typing.cast(type[Any], hint)), **options)
    if hint in _SCALARS:
        return _SCALARS[hint](**options)
    raise TypeError(f"an event field cannot be a {hint}")


class _TupleOf(fields.List[Any]):
    """A list that loads as a tuple, so that events stay hashable and frozen."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))
