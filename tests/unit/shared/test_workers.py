"""What every service's worker does, whatever else it does."""

from __future__ import annotations

import importlib
import inspect

import pytest

from shared import contracts
from shared.http import idempotency


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_answers_kept_for_retries_are_dropped_when_their_time_is_over(service: str) -> None:
    worker = importlib.import_module(f"services.{service}.worker").Worker

    pruning = [
        name
        for name, method in inspect.getmembers(worker, inspect.isfunction)
        if idempotency.__name__.rpartition(".")[2] in method.__code__.co_names
        and "prune" in method.__code__.co_names
    ]

    assert len(pruning) == 1
    assert getattr(worker, pruning[0]).nameko_entrypoints
