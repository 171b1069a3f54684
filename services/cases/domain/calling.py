"""Who may be called with which whistle (domain.md §4).

    grid calls offices 网格吹哨、科所队报到      departments; by the grid, the community or a caller
    grid calls members 网格吹哨、党员报到        groups of party members or volunteers; by the same
    subdistrict calls departments 街呼县应        departments; by the subdistrict's caller 呼叫员 alone

A group of members is registered like a department, of a kind of its own, for the community or subdistrict it serves.
"""

from collections.abc import Iterable, Mapping

from shared import errors
from shared.contracts.cases import WhistleKind

MEMBER_KINDS = frozenset({"party_members", "volunteers"})


class UnknownDepartment(errors.Invalid):
    """A department called does not exist, is closed, or does not serve this area."""


class WrongWhistle(errors.Invalid):
    """Offices and groups of members are called with whistles of their own kind."""


class CallersWhistle(errors.Forbidden):
    """The subdistrict's call is the caller's 呼叫员; a grid calls offices or members."""


def check(
    kind: WhistleKind, departments: Iterable[str], *, serving: Mapping[str, str], by_caller: bool
) -> None:
    """Raises UnknownDepartment, WrongWhistle, CallersWhistle.

    Args:
        serving: kind by id of the departments that may be called for the area.
    """
    called = list(departments)
    if kind == "subdistrict_calls_departments" and not by_caller:
        raise CallersWhistle()
    unknown = [one for one in called if one not in serving]
    if unknown:
        raise UnknownDepartment(departments=unknown)
    of_members = kind == "grid_calls_members"
    wrong = [one for one in called if (serving[one] in MEMBER_KINDS) is not of_members]
    if wrong:
        raise WrongWhistle(departments=wrong)
