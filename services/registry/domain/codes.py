"""How grids are numbered inside their community: from west to east, then from north to south (domain.md §10)."""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import count, islice

from shared import errors

# Three digits follow the community's code.
MOST_GRIDS_PER_COMMUNITY = 999


class CommunityFull(errors.Conflict):
    """The community has used all 999 grid numbers; numbers are never given twice."""


def reading_order(centres: Sequence[tuple[float, float]]) -> list[int]:
    """The indexes of the points as one reads a page: rows from north to south, in a row from west to east.

    Points are (longitude, latitude). There are as many rows as fit a square-ish arrangement, of equal height, so a
    slightly lower neighbour still stands in the same row.
    """
    if not centres:
        return []
    north = max(latitude for _, latitude in centres)
    south = min(latitude for _, latitude in centres)
    rows = max(1, round(math.sqrt(len(centres))))
    height = (north - south) / rows or 1.0

    def place(index: int) -> tuple[int, float, float]:
        longitude, latitude = centres[index]
        return min(int((north - latitude) / height), rows - 1), longitude, -latitude

    return sorted(range(len(centres)), key=place)


def free_codes(community: str, used: Collection[str], wanted: int) -> list[str]:
    """The next `wanted` grid codes of a community above every number ever used there.

    A number is never given twice, also not after its grid was merged away: old records keep their meaning.
    Raises CommunityFull.
    """
    last = max((_number(code) for code in used if code.startswith(community)), default=0)
    if last + wanted > MOST_GRIDS_PER_COMMUNITY:
        raise CommunityFull(community=community)
    return [f"{community}{number:03d}" for number in islice(count(last + 1), wanted)]


def _number(code: str) -> int:
    return int(code[12:15])


def next_codes(grids: Iterable[tuple[str, tuple[float, float]]], used: Collection[str]) -> list[str]:
    """A new code for each grid given as (community, centre), in the order given.

    Within a community the codes follow the reading order of the centres. Raises CommunityFull.
    """
    listed = list(grids)
    answer = [""] * len(listed)
    for community in {community for community, _ in listed}:
        mine = [index for index, (owner, _) in enumerate(listed) if owner == community]
        ordered = reading_order([listed[index][1] for index in mine])
        for code, at in zip(free_codes(community, used, len(mine)), ordered, strict=True):
            answer[mine[at]] = code
    return answer
