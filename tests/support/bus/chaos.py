"""Seeded, bounded trouble: how much of it, and in which order."""

import os
import random

LONG = os.environ.get("YIWANG_FAULTS") == "long"
SEED = int(os.environ.get("YIWANG_SEED", "20261120"))


def dice(test: str) -> random.Random:
    """A test's own source of chance; the same seed throws the same."""
    return random.Random(f"{SEED} {test}")


def times(quick: int, long: int) -> int:
    """How often, in the quick set and in the long one."""
    return long if LONG else quick
