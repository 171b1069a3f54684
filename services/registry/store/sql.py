"""The registry's named queries, and what their callers share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared import areas, db

queries = db.load_folder(Path(__file__).parent.parent / "queries")

# Before every UUID: where a list by id begins.
FIRST_ID = "00000000-0000-0000-0000-000000000000"


def narrowed(scopes: Sequence[str], inside: str | None) -> list[str]:
    """The part of the scopes that lies inside an area."""
    if inside is None:
        return list(scopes)
    if any(areas.inside(inside, scope) for scope in scopes):
        return [inside]
    return [scope for scope in scopes if areas.inside(scope, inside)]


def text_id(value: Any) -> str | None:
    """A UUID column as text."""
    return None if value is None else str(value)
