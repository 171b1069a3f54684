"""Area codes: official statistical codes continued to the grid (domain.md §2).

A code is a prefix of every code below it, so "inside an area" is a prefix test.
"""

from enum import StrEnum
from itertools import accumulate


class Level(StrEnum):
    CITY = "city"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"
    MICRO_GRID = "micro_grid"


# How many digits each level adds to the one above; on the bus the same pieces are dotted,
# the city being two pairs (province, prefecture).
_LENGTHS = {
    4: Level.CITY,
    6: Level.DISTRICT,
    9: Level.SUBDISTRICT,
    12: Level.COMMUNITY,
    15: Level.GRID,
    17: Level.MICRO_GRID,
}
_CUTS = tuple(accumulate((2, 2, 2, 3, 3, 3, 2)))


def level(code: str) -> Level:
    """The level of a code. Raises ValueError for anything that is not an area code."""
    found = _LENGTHS.get(len(code))
    if found is None or not (code.isascii() and code.isdigit()):
        raise ValueError(f"not an area code: {code!r}")
    return found


def is_code(text: str) -> bool:
    return len(text) in _LENGTHS and text.isascii() and text.isdigit()


def parent(code: str) -> str | None:
    """The code one level up, or None for a city."""
    level(code)
    lengths = sorted(_LENGTHS)
    at = lengths.index(len(code))
    return code[: lengths[at - 1]] if at else None


def at_level(code: str, wanted: Level) -> str | None:
    """The ancestor (or the code itself) at a level, or None when the code stops above it."""
    length = digits(wanted)
    return code[:length] if len(code) >= length else None


def digits(wanted: Level) -> int:
    """How long the codes of a level are."""
    return next(length for length, name in _LENGTHS.items() if name is wanted)


def inside(code: str, scope: str) -> bool:
    """True when the area is the scope itself or lies below it."""
    return code.startswith(scope)


def dotted(code: str) -> str:
    """The code as it stands in a routing key: `370102007003001` becomes `37.01.02.007.003.001`."""
    level(code)
    starts = (0, *_CUTS)
    return ".".join(code[a:b] for a, b in zip(starts, _CUTS, strict=False) if a < len(code))
