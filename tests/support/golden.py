"""Golden samples of the events: what each looked like when it was declared.

`python -m tests.support.golden` writes `tests/contracts/golden/<type>.json` for every event that has none, and adds
fields that were added and may be absent. It refuses any other change: that is a new version of the event.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
import types
import typing
import uuid
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from shared import contracts
from shared.contracts.base import Event

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "contracts" / "golden"

_MOMENT = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
_NAMES = {str: "text", int: "whole number", float: "number", bool: "flag", date: "date", datetime: "moment"}
_SAMPLES = {int: 1, float: 117.125, bool: True, date: _MOMENT.date(), datetime: _MOMENT}


def path_of(event: type[Event]) -> pathlib.Path:
    return FOLDER / f"{event.type}.json"


def document(event: type[Event]) -> dict[str, Any]:
    """The golden document of an event as it is declared now."""
    made = sample(event)
    return {
        "type": event.type,
        "subject": event.subject_field,
        "routing_key": made.routing_key,
        "data": made.to_data(),
        "shape": shape(event),
    }


def sample(event: type[Event]) -> Event:
    """An event whose values follow from its declaration alone."""
    made: Event = _sample(event, "")
    return made


def shape(hint: Any) -> dict[str, Any]:
    """What a value of a type looks like on the wire."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (one for one in arguments if one is not type(None))
        return {**shape(inner), "or_null": True}
    if origin is typing.Literal:
        return {"one_of": list(arguments)}
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"list_of": shape(arguments[0])}
    if origin is tuple:
        return {"items": [shape(one) for one in arguments]}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"one_of": [one.value for one in hint]}
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return {
            "fields": {
                one.name: {
                    **shape(hints[one.name]),
                    **({} if one.default is dataclasses.MISSING else {"may_be_absent": True}),
                }
                for one in dataclasses.fields(hint)
            }
        }
    return {"is": _NAMES[hint]}


def differences(was: dict[str, Any], now: dict[str, Any], at: str = "") -> list[str]:
    """What changed from one shape to the other beyond added fields that may be absent."""
    found = [
        f"{at or 'the event'}: {name} was {was.get(name)!r}, is {now.get(name)!r}"
        for name in sorted(was.keys() | now.keys())
        if name not in ("fields", "list_of") and was.get(name) != now.get(name)
    ]
    if ("list_of" in was, "fields" in was) != ("list_of" in now, "fields" in now):
        return [*found, f"{at or 'the event'}: is of another kind"]
    if "list_of" in was:
        found += differences(was["list_of"], now["list_of"], f"{at}[]")
    before, after = was.get("fields", {}), now.get("fields", {})
    found += [f"{at}/{name} is gone" for name in before if name not in after]
    found += [
        f"{at}/{name} was added and must be there"
        for name, one in after.items()
        if name not in before and not one.get("may_be_absent")
    ]
    for name in before.keys() & after.keys():
        found += differences(before[name], after[name], f"{at}/{name}")
    return sorted(found)


def _sample(hint: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _sample(next(one for one in arguments if one is not type(None)), name)
    if origin is typing.Literal:
        return arguments[0]
    if origin is tuple and arguments[-1] is Ellipsis:
        return (_sample(arguments[0], name),)
    if origin is tuple:
        return tuple(_sample(one, name) for one in arguments)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{one.name: _sample(hints[one.name], one.name) for one in dataclasses.fields(hint)})  # type: ignore[operator]
    return _text(name) if hint is str else _SAMPLES[hint]


def _text(name: str) -> str:
    if name in ("area", "code"):
        return "370102007003001"
    if name.endswith("department_id") or name == "departments":
        return "370102-ecology"
    if name.endswith("_id") or name == "members":
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return name


def main() -> int:
    """Writes what is missing. Answers 1 when an event changed in a way that needs a new version."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    refused = 0
    for event in contracts.all_events():
        path = path_of(event)
        if path.exists():
            changed = differences(json.loads(path.read_text(encoding="utf-8"))["shape"], shape(event))
            for one in changed:
                print(f"{event.type}: {one}; declare a new version instead", file=sys.stderr)  # noqa: T201
            refused += len(changed)
            if changed:
                continue
        path.write_text(json.dumps(document(event), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
