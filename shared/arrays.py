"""Lists of texts and of UUIDs as array parameters, quickly.

The bus and the stores pass lists to one statement instead of running many. psycopg looks at every element's type,
finds a dumper for it and asks a regular expression whether to quote it: 40 µs for six lists of one event, 800 µs
for those of thirty. Here all texts are quoted and joined. Lists of anything else go psycopg's own way.
"""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper

_UUID_ARRAY_OID = psycopg.adapters.types["uuid"].array_oid


class _List(ListDumper):
    """Chooses how a list is dumped."""

    def get_key(self, obj: list[Any], format: Any) -> Any:  # noqa: A002  # psycopg's name
        kind = _kind(obj)
        # Unlike psycopg's own key for such lists, which stands for those with gaps too.
        return super().get_key(obj, format) if kind is None else (self.cls, (kind,))

    def upgrade(self, obj: list[Any], format: Any) -> Any:  # noqa: A002
        kind = _kind(obj)
        if kind is None:
            return super().upgrade(obj, format)
        return (_Texts if kind is str else _Uuids)(self.cls, self._tx)


class _Texts(ListDumper):
    """Of an unknown type, as psycopg passes single texts: the statement decides."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        text = '","'.join([_escaped(one) for one in obj])
        if "\0" in text:
            return super().dump(obj)  # which refuses it
        return f'{{"{text}"}}'.encode()


class _Uuids(ListDumper):
    oid = _UUID_ARRAY_OID

    def dump(self, obj: list[Any]) -> Buffer | None:
        return f"{{{','.join([one.hex for one in obj])}}}".encode()


def _kind(obj: list[Any]) -> type[Any] | None:
    """What all elements are, if that is text or UUID."""
    kinds = set(map(type, obj))
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind in (str, UUID) else None


def _escaped(text: str) -> str:
    if '"' in text or "\\" in text:
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return text


def install() -> None:
    """For every connection made from now on."""
    psycopg.adapters.register_dumper(list, _List)
