"""Departments that come when whistled, and the responders who sign for them (domain.md §1, §4)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared import errors
from shared.contracts.registry import DepartmentChanged


class DepartmentUnknown(errors.NotFound):
    """There is no such department."""


class DepartmentExists(errors.Conflict):
    """The area has this department already."""


class DepartmentClosed(errors.Conflict):
    """This department is closed."""


class ResponderUnknown(errors.NotFound):
    """This person is no responder of the department."""


class Kind(StrEnum):
    """The departments of S0's professional forces, and groups of members."""

    PUBLIC_SECURITY = "public_security"
    TRAFFIC_POLICE = "traffic_police"
    URBAN_MANAGEMENT = "urban_management"
    LAW_ENFORCEMENT = "law_enforcement"
    ECOLOGY = "ecology"
    MARKET_SUPERVISION = "market_supervision"
    JUSTICE = "justice"
    HOUSING = "housing"
    CIVIL_AFFAIRS = "civil_affairs"
    HEALTH = "health"
    EDUCATION = "education"
    EMERGENCY = "emergency"
    UTILITIES = "utilities"
    # Groups of members whom a grid calls 党员报到; each serves a community or subdistrict.
    PARTY_MEMBERS = "party_members"
    VOLUNTEERS = "volunteers"


MEMBERS = (Kind.PARTY_MEMBERS, Kind.VOLUNTEERS)
OFFICES = tuple(kind for kind in Kind if kind not in MEMBERS)

LABELS: dict[Kind, str] = {
    Kind.PUBLIC_SECURITY: "公安",
    Kind.TRAFFIC_POLICE: "交警",
    Kind.URBAN_MANAGEMENT: "城管",
    Kind.LAW_ENFORCEMENT: "综合执法",
    Kind.ECOLOGY: "生态环境",
    Kind.MARKET_SUPERVISION: "市场监管",
    Kind.JUSTICE: "司法",
    Kind.HOUSING: "住建",
    Kind.CIVIL_AFFAIRS: "民政",
    Kind.HEALTH: "卫健",
    Kind.EDUCATION: "教育",
    Kind.EMERGENCY: "应急管理",
    Kind.UTILITIES: "水电气暖",
    Kind.PARTY_MEMBERS: "党员服务队",
    Kind.VOLUNTEERS: "志愿服务队",
}


@dataclass(frozen=True, kw_only=True)
class Department:
    """A department of an area, usually a district."""

    # `<area>-<kind>`, e.g. `370102-ecology`: readable on the bus and in tokens.
    id: str
    area: str
    kind: Kind
    name: str
    active: bool = True
    version: int = 1


def add(*, area: str, kind: Kind, name: str) -> tuple[Department, list[DepartmentChanged]]:
    """A new department of an area."""
    department = Department(id=f"{area}-{kind}", area=area, kind=kind, name=name)
    return department, [changed_event(department)]


def rename(department: Department, *, name: str) -> tuple[Department, list[DepartmentChanged]]:
    """Another name. Raises DepartmentClosed."""
    return _changed(open_department(department), name=name)


def close(department: Department) -> tuple[Department, list[DepartmentChanged]]:
    """The department takes no further task. Raises DepartmentClosed."""
    return _changed(open_department(department), active=False)


def reopen(department: Department) -> tuple[Department, list[DepartmentChanged]]:
    """A closed department works again; an open one stays as it is, unannounced."""
    return (department, []) if department.active else _changed(department, active=True)


def open_department(department: Department) -> Department:
    """The same department. Raises DepartmentClosed."""
    if not department.active:
        raise DepartmentClosed()
    return department


def changed_event(department: Department) -> DepartmentChanged:
    """The department as it is now."""
    return DepartmentChanged(
        department_id=department.id,
        area=department.area,
        kind=department.kind.value,
        name=department.name,
        active=department.active,
    )


def _changed(department: Department, **changes: object) -> tuple[Department, list[DepartmentChanged]]:
    changed = replace(department, version=department.version + 1, **changes)  # type: ignore[arg-type]
    return changed, [changed_event(changed)]
