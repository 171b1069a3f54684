"""The matter catalogue 事项目录: what may be reported, and how each is handled (domain.md §3).

Every change is a new version; earlier ones stay for the matters filed under them. A code is never used for
something else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.cases.domain import errors
from shared.contracts.cases import CaseLevel, CatalogueChanged, Mechanism, ScopeClass, Urgency


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One version of a matter of the catalogue."""

    code: str
    version: int = 1
    name: str
    theme: str
    mechanism: Mechanism
    scope_class: ScopeClass
    # Where a case of it starts.
    level: CaseLevel
    sla_class: str
    urgency: Urgency
    # Kinds of departments, not departments: those differ from district to district.
    main_department_kind: str | None
    supporting_department_kinds: tuple[str, ...]
    # What an approval gathers.
    required_documents: tuple[str, ...]
    filing_standard: str
    closing_standard: str
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class Revision:
    """New versions of matters, and what is announced of them."""

    added: tuple[Matter, ...] = ()
    changed: tuple[Matter, ...] = ()
    retired: tuple[Matter, ...] = ()
    unchanged: int = 0

    @property
    def matters(self) -> tuple[Matter, ...]:
        return (*self.added, *self.changed, *self.retired)

    def events(self, area: str) -> tuple[CatalogueChanged, ...]:
        return tuple(announced(matter, area) for matter in self.matters)


def announced(matter: Matter, area: str) -> CatalogueChanged:
    """What others hear of a new version; `area` is the area the catalogue serves."""
    return CatalogueChanged(
        category=matter.code,
        area=area,
        catalogue_version=matter.version,
        sla_class=matter.sla_class,
        main_department_kind=matter.main_department_kind,
        active=matter.is_active,
    )


def change(current: Matter, edit: Mapping[str, Any]) -> Matter:
    """The next version with what the edit says; a retired matter is in use again. Raises NothingChanged."""
    edited = replace(current, **{**edit, "is_active": edit.get("is_active", True)})
    if edited == current:
        raise errors.NothingChanged()
    return replace(edited, version=current.version + 1)


def retire(current: Matter) -> Matter:
    """The version that takes a matter out of use. Raises NothingChanged."""
    if not current.is_active:
        raise errors.NothingChanged()
    return replace(current, is_active=False, version=current.version + 1)


def revise(current: Mapping[str, Matter], wanted: Iterable[Matter]) -> Revision:
    """What a whole list changes: each matter of it becomes as it says, others stay as they are.

    Args:
        current: the newest version of each matter, by code.
    """
    added: list[Matter] = []
    changed: list[Matter] = []
    retired: list[Matter] = []
    unchanged = 0
    for matter in wanted:
        before = current.get(matter.code)
        if before is None:
            added.append(replace(matter, version=1))
        elif replace(matter, version=before.version) == before:
            unchanged += 1
        else:
            following = replace(matter, version=before.version + 1)
            (retired if before.is_active and not matter.is_active else changed).append(following)
    return Revision(added=tuple(added), changed=tuple(changed), retired=tuple(retired), unchanged=unchanged)
