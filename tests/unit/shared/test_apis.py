"""A service's API is put together from many classes; none may hide a use case of another."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from shared import contracts


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_no_class_of_an_api_hides_a_use_case_of_another(service: str) -> None:
    api = importlib.import_module(f"services.{service}.api").Api

    declared = Counter(
        name for base in api.__mro__ for name, member in vars(base).items() if hasattr(member, "yiwang_route")
    )

    assert [name for name, times in declared.items() if times > 1] == []
