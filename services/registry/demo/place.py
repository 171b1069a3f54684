"""Where the story of S0 happens in the demo district: the first grid of 和平路社区 in 文东街道.

S0 tells of 和平路第三社区 in 文化东路街道; in the official list of 2022 the subdistrict is 文东街道 and the community
和平路社区.
"""

from typing import Final

from services.registry.demo import divisions, geometry
from services.registry.domain import net

SUBDISTRICT: Final = "370102007"
COMMUNITY: Final = "370102007001"
# Of the worker, the lead and the resident.
GRID: Final = "370102007001001"
# Of the volunteer.
NEXT_GRID: Final = "370102007001002"


def demo_place() -> net.Point:
    """Longitude and latitude of a point inside the first grid; public as `centre` of `/registry/grids/<code>`."""
    return centre_of(GRID)


def centre_of(code: str) -> net.Point:
    """A point inside a generated grid."""
    generated = geometry.generate(divisions.communities())
    return next(grid.centre for grid in generated.grids if grid.code == code)
