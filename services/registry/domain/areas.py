"""Areas from the city down to the community, and the size a grid there should have (domain.md §2)."""

from dataclasses import dataclass, replace
from typing import Any

from shared import areas, errors

# Micro-grids and grids belong to nets; these are the levels an administrator keeps.
KEPT_LEVELS = (areas.Level.CITY, areas.Level.DISTRICT, areas.Level.SUBDISTRICT, areas.Level.COMMUNITY)

# What official names add to the name people say.
_SUFFIXES = ("居民居民委员会", "居民委员会", "村民委员会")


class AreaExists(errors.Conflict):
    """This area is registered already."""


class AreaUnknown(errors.NotFound):
    """There is no such area."""


class NoOutline(errors.NotFound):
    """No outline is registered for this area."""


class ParentUnknown(errors.Invalid):
    """The area above is not registered; register areas from the city downward."""


class OutlineInUse(errors.Conflict):
    """Grids were published inside these outlines. Redraw the net first; an outline under a live net cannot move."""


class WrongLevel(errors.Invalid):
    """The area is not of the level this needs."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """A city, district, subdistrict or community."""

    code: str
    # As the statistical office writes it, e.g. 和平路社区居民委员会.
    name: str
    # GeoJSON Polygon or MultiPolygon; None for communities, whose outline is that of their grids.
    outline: dict[str, Any] | None = None
    # Where the outline comes from: `surveyed`, or `generated` for demo data that follows no real boundary.
    outline_source: str | None = None
    version: int = 1

    @property
    def level(self) -> areas.Level:
        return areas.level(self.code)

    @property
    def parent(self) -> str | None:
        return areas.parent(self.code)

    @property
    def short_name(self) -> str:
        return short_name(self.name)


def short_name(name: str) -> str:
    """The name people say: 和平路社区居民委员会 → 和平路社区."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix)
    return name


def register(*, code: str, name: str) -> Area:
    """A new area. Raises WrongLevel for a grid's or micro-grid's code."""
    if areas.level(code) not in KEPT_LEVELS:
        raise WrongLevel(code=code)
    return Area(code=code, name=name)


def rename(area: Area, *, name: str) -> Area:
    """The area with another name; its code, and so everything recorded under it, stays."""
    return replace(area, name=name, version=area.version + 1)


@dataclass(frozen=True, kw_only=True)
class SizeGuidance:
    """How big a basic grid should be. Outside it a grid is flagged, never refused.

    Published figures differ: 300–500 households [S0], about 450 [S1], about 300 [S4c], or 150–200 households and
    100–150 shops [S4e]; so it is data, per area.
    """

    households_min: int = 300
    households_max: int = 500
    # None: shops are not looked at.
    shops_min: int | None = None
    shops_max: int | None = None

    def __post_init__(self) -> None:
        if self.households_min > self.households_max or (
            self.shops_min is not None and self.shops_max is not None and self.shops_min > self.shops_max
        ):
            raise errors.invalid("/households_min", "order", "The least must not be above the most.")

    def flags(self, *, households: int, shops: int) -> tuple[str, ...]:
        """What is outside: any of `few_households`, `many_households`, `few_shops`, `many_shops`."""
        wrong = {
            "few_households": households < self.households_min,
            "many_households": households > self.households_max,
            "few_shops": self.shops_min is not None and shops < self.shops_min,
            "many_shops": self.shops_max is not None and shops > self.shops_max,
        }
        return tuple(name for name, is_wrong in wrong.items() if is_wrong)


# Where no guidance is set at all: the figures of S0.
DEFAULT_GUIDANCE = SizeGuidance()
