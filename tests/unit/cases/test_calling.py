"""Whistles: who may be called with which, and by whom."""

from __future__ import annotations

import pytest

from services.cases.domain import calling
from services.registry.domain import departments
from shared import errors

SERVING = {"370102-ecology": "ecology", "370102007003-party_members": "party_members"}
OFFICE, MEMBERS = SERVING


@pytest.mark.parametrize(
    ("kind", "called", "by_caller", "refused"),
    [
        ("grid_calls_offices", [OFFICE], False, None),
        ("grid_calls_offices", [OFFICE], True, None),
        ("grid_calls_offices", [OFFICE, MEMBERS], False, calling.WrongWhistle),
        ("grid_calls_members", [MEMBERS], False, None),
        ("grid_calls_members", [OFFICE], False, calling.WrongWhistle),
        ("subdistrict_calls_departments", [OFFICE], True, None),
        ("subdistrict_calls_departments", [OFFICE], False, calling.CallersWhistle),
        ("subdistrict_calls_departments", [MEMBERS], True, calling.WrongWhistle),
        ("grid_calls_offices", ["370102-circus"], False, calling.UnknownDepartment),
    ],
)
def test_a_whistle_calls_whom_it_is_for(
    kind: calling.WhistleKind, called: list[str], by_caller: bool, refused: type[errors.Error] | None
) -> None:
    if refused is None:
        calling.check(kind, called, serving=SERVING, by_caller=by_caller)
    else:
        with pytest.raises(refused):
            calling.check(kind, called, serving=SERVING, by_caller=by_caller)


def test_the_registry_knows_the_same_kinds_of_members() -> None:
    assert {str(kind) for kind in departments.MEMBERS} == calling.MEMBER_KINDS
    assert set(departments.OFFICES) | set(departments.MEMBERS) == set(departments.LABELS)
