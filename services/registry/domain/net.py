"""Boundary nets: the whole set of a subdistrict's grids, drafted, checked and published together (domain.md §2).

One net: boundaries are clear, adjoin, cover the whole subdistrict and leave no blank [S0]. A published set holds from
its `effective_at` until the next one takes over; older ones stay readable.

    draft ──check──> (findings) ──publish──> published
      └──discard──> discarded
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.registry.domain import areas as registry_areas
from services.registry.domain import codes
from shared import areas, errors
from shared.contracts.registry import GridOutline, NetPublished

Point = tuple[float, float]
Rings = tuple[tuple[Point, ...], ...]

# Vertices stand on a lattice of a millionth of a degree (about 0.1 m), so that neighbours can share them exactly.
DECIMALS = 6
# The clocks of two machines differ; more than this back in time is a mistake.
_LATENESS_ALLOWED = timedelta(minutes=5)
_FURTHEST_AHEAD = timedelta(days=730)


class NetClosed(errors.Conflict):
    """This net is published or discarded; start a new draft."""


class NetOrder(errors.Conflict):
    """A net that takes effect at the same time or later is published already."""


class EffectiveAtInvalid(errors.Invalid):
    """A net takes effect now or within the next two years, not in the past."""


class Kind(StrEnum):
    # Households.
    BASIC = "basic"
    # A site of its own.
    DEDICATED = "dedicated"


class Site(StrEnum):
    """What a dedicated grid is [S0]."""

    INSTITUTION = "institution"
    INDUSTRIAL_PARK = "industrial_park"
    BUSINESS_DISTRICT = "business_district"
    OFFICE_TOWER = "office_tower"
    PARK = "park"
    HILL = "hill"
    RIVER_COURSE = "river_course"


class State(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One grid of a net."""

    # 15 digits, the first 12 its community's.
    code: str
    name: str
    kind: Kind
    # Of a dedicated grid only.
    site: Site | None = None
    households: int = 0
    shops: int = 0
    # GeoJSON polygon: outer ring, then holes, each closed.
    outline: Rings
    # A point inside, near the middle.
    centre: Point

    @property
    def community(self) -> str:
        return self.code[:12]


class Finding(StrEnum):
    """What can be wrong with a net."""

    OUTLINE_INVALID = "outline_invalid"
    OVERLAP = "overlap"
    GAP = "gap"
    OUTSIDE = "outside"
    # Two neighbours' borders run together without sharing every vertex.
    BORDER_UNMATCHED = "border_unmatched"
    CODE_REPEATED = "code_repeated"
    COMMUNITY_UNKNOWN = "community_unknown"
    COMMUNITY_WITHOUT_BASIC_GRID = "community_without_basic_grid"
    SITE_WRONG = "site_wrong"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding: what, which grids, and for geometry the offending place as GeoJSON."""

    finding: Finding
    detail: str
    grids: tuple[str, ...] = ()
    geometry: dict[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class SizeWarning:
    """A basic grid outside the size guidance: flagged, not refused."""

    grid: str
    flags: tuple[str, ...]
    households: int
    shops: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The answer of a check. A net may go live when there is no problem; warnings do not stop it."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[SizeWarning, ...] = ()

    @property
    def clear(self) -> bool:
        return not self.problems


class NetNotClear(errors.Invalid):
    """The net overlaps, leaves a blank or is otherwise not whole; `problems` names each place."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """A boundary set of one subdistrict, without its grids."""

    id: str
    # The subdistrict.
    area: str
    state: State = State.DRAFT
    note: str = ""
    # `surveyed`, or `generated` for demo data that follows no real boundary.
    source: str = "surveyed"
    created_at: datetime
    created_by: str | None = None
    # Given at publication, numbering the subdistrict's published nets from 1.
    net_version: int | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    effective_at: datetime | None = None
    # When the next published net takes over.
    superseded_at: datetime | None = None
    version: int = field(default=1)


def editable(net: Net) -> Net:
    """The same net. Raises NetClosed unless it is a draft."""
    if net.state is not State.DRAFT:
        raise NetClosed()
    return net


def redrawn(net: Net, *, note: str | None = None) -> Net:
    """A draft whose grids or note were replaced. Raises NetClosed."""
    editable(net)
    return replace(net, note=net.note if note is None else note, version=net.version + 1)


def discard(net: Net) -> Net:
    """Gives a draft up. Raises NetClosed."""
    return replace(editable(net), state=State.DISCARDED, version=net.version + 1)


def numbered(grids: Sequence[Grid], *, used: Iterable[str]) -> list[Grid]:
    """The grids with a code each: those whose code stops at the community (12 digits) get the community's next free
    numbers, basic grids before dedicated ones, each kind in reading order.

    Args:
        used: every code the subdistrict's communities ever had.

    Raises CommunityFull.
    """
    known = {*used, *(grid.code for grid in grids if len(grid.code) == 15)}
    done = list(grids)
    for kind in Kind:
        without = [index for index, grid in enumerate(done) if grid.kind is kind and len(grid.code) == 12]
        given = codes.next_codes([(done[index].code, done[index].centre) for index in without], used=known)
        for index, code in zip(without, given, strict=True):
            done[index] = replace(done[index], code=code)
            known.add(code)
    return sorted(done, key=lambda grid: grid.code)


def publish(
    net: Net,
    grids: Sequence[Grid],
    *,
    report: Report,
    previous: Net | None,
    names: dict[str, str],
    effective_at: datetime | None,
    by: str | None,
    at: datetime,
) -> tuple[Net, Net | None, list[NetPublished]]:
    """Decides that from `effective_at` (default: now) these grids, and only these, cover the subdistrict.

    Args:
        report: the check of exactly these grids.
        previous: the subdistrict's last published net, locked.
        names: area code → name, of the subdistrict and its communities.

    Returns:
        The published net, the previous one as superseded, and the event.

    Raises NetClosed, NetNotClear, NetOrder or EffectiveAtInvalid.
    """
    editable(net)
    if not report.clear:
        raise NetNotClear(problems=[problem_document(problem) for problem in report.problems])
    effective_at = effective_at or at
    if not at - _LATENESS_ALLOWED <= effective_at <= at + _FURTHEST_AHEAD:
        field = errors.FieldError(pointer="/effective_at", code="range", detail=EffectiveAtInvalid().detail)
        raise EffectiveAtInvalid(fields=(field,))
    if previous is not None:
        assert previous.effective_at is not None
        if previous.effective_at >= effective_at:
            raise NetOrder(effective_at=previous.effective_at.isoformat())
        previous = replace(previous, superseded_at=effective_at, version=previous.version + 1)
    published = replace(
        net,
        state=State.PUBLISHED,
        net_version=(previous.net_version or 0) + 1 if previous else 1,
        published_at=at,
        published_by=by,
        effective_at=effective_at,
        version=net.version + 1,
    )
    return published, previous, [announcement(published, grids, names=names)]


def announcement(net: Net, grids: Sequence[Grid], *, names: dict[str, str]) -> NetPublished:
    """The event that carries a whole published net."""
    assert net.net_version is not None
    assert net.effective_at is not None
    return NetPublished(
        area=net.area,
        area_name=names[net.area],
        net_version=net.net_version,
        effective_at=net.effective_at,
        grids=tuple(
            GridOutline(
                code=grid.code,
                name=grid.name,
                kind=grid.kind.value,
                community_name=registry_areas.short_name(names[grid.community]),
                outline=grid.outline,
            )
            for grid in grids
        ),
    )


def problem_document(problem: Problem) -> dict[str, object]:
    """A problem as JSON, for an error's arguments and for answers."""
    return {
        "finding": problem.finding.value,
        "detail": problem.detail,
        "grids": list(problem.grids),
        "geometry": problem.geometry,
    }


def check_subdistrict(code: str) -> str:
    """The code. Raises WrongLevel unless it is a subdistrict's: nets are drawn per subdistrict."""
    if areas.level(code) is not areas.Level.SUBDISTRICT:
        raise registry_areas.WrongLevel("Nets are drawn per subdistrict: give its 9-digit code.", code=code)
    return code
