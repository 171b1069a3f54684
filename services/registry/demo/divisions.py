"""The official divisions of Lixia district (see `../data/README.md` for their source)."""

import csv
from functools import cache
from pathlib import Path

CITY = ("3701", "济南市")
DISTRICT = "370102"

_FILE = Path(__file__).parent.parent / "data" / "lixia_divisions.csv"


@cache
def divisions() -> tuple[tuple[str, str], ...]:
    """Code and name of the district, its 13 subdistricts and 139 communities, by code."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(sorted((row["code"], row["name"]) for row in csv.DictReader(file)))


def communities() -> tuple[tuple[str, str], ...]:
    """Code and name of the communities."""
    return tuple(division for division in divisions() if len(division[0]) == 12)


def subdistricts() -> tuple[tuple[str, str], ...]:
    """Code and name of the subdistricts."""
    return tuple(division for division in divisions() if len(division[0]) == 9)
