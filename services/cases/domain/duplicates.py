"""Matters that may be the same one: near, recent, of one category or told in similar words (domain.md §3)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.cases import Place

# Words that share so much are likely to speak of the same; measured on pairs of characters.
SIMILAR = 0.3
MOST_SUGGESTED = 10
_EARTH_RADIUS_METRES = 6_371_000
_METRES_PER_DEGREE = 111_320


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A matter in the neighbourhood."""

    case_id: str
    category: str
    words: str
    place: Place
    reported_at: datetime


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    case_id: str
    distance_metres: int
    same_category: bool
    # 0 to 1; None where no words were given.
    similarity: float | None


def suggest(
    candidates: Iterable[Candidate],
    *,
    place: Place,
    within_metres: int,
    category: str | None,
    words: str | None,
) -> list[Suggestion]:
    """The likeliest duplicates first: of the same category or in similar words, no farther away than said.

    With neither category nor words everything near is suggested.
    """
    found: list[tuple[float, Suggestion]] = []
    asked = pairs(words) if words else None
    for one in candidates:
        distance = metres_between(place, one.place)
        if distance > within_metres:
            continue
        same = category is not None and one.category == category
        similarity = None if asked is None else _shared(asked, pairs(one.words))
        alike = same or (similarity is not None and similarity >= SIMILAR)
        if not alike and not (category is None and words is None):
            continue
        suggestion = Suggestion(
            case_id=one.case_id,
            distance_metres=round(distance),
            same_category=same,
            similarity=None if similarity is None else round(similarity, 2),
        )
        closeness = 1 - distance / within_metres
        found.append((same + (similarity or 0.0) + closeness, suggestion))
    found.sort(key=lambda one: (-one[0], one[1].case_id))
    return [suggestion for _, suggestion in found[:MOST_SUGGESTED]]


def pairs(words: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a text, without spaces and signs; a single character is its own."""
    text = "".join(one for one in words.lower() if one.isalnum())
    return frozenset(text[at : at + 2] for at in range(max(len(text) - 1, 1))) - {""}


def similarity(one: str, other: str) -> float:
    """How much two texts share, 0 to 1 (Dice's coefficient of their pairs of characters).

    Chinese has no spaces between words, and most of its words have two characters.
    """
    return _shared(pairs(one), pairs(other))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one) + len(other)
    return 2 * len(one & other) / both if both else 0.0


def metres_between(one: Place, other: Place) -> float:
    """The distance of two points along the ground (haversine)."""
    north = math.radians(other.latitude - one.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one.latitude))
        * math.cos(math.radians(other.latitude))
        * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(half)))


def box(place: Place, metres: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a box that holds every point so near, in degrees."""
    north = metres / _METRES_PER_DEGREE * 1.01
    # Near the poles a degree of longitude is next to nothing; nobody lives there.
    east = north / max(math.cos(math.radians(place.latitude)), 0.01)
    return place.longitude - east, place.latitude - north, place.longitude + east, place.latitude + north
