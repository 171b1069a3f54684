"""Lock-out: how long sign-in is refused after failures, growing, per account and per address.

An account is closed for a while after few failures, because its owner rarely fails so often. An address may be a
whole office behind one router, so it is given many more before it must wait. Waits end by themselves and are capped:
whoever fails on purpose in another's name keeps them out for minutes, not for good.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many failures are free, the first wait, and the longest; each further failure doubles the wait."""

    free_failures: int
    first_wait: timedelta
    longest_wait: timedelta


ACCOUNT = Limits(free_failures=4, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=15))
ADDRESS = Limits(free_failures=49, first_wait=timedelta(seconds=30), longest_wait=timedelta(hours=1))

# Failures this old no longer count.
FORGOTTEN_AFTER = timedelta(hours=24)


def wait_after(failures: int, limits: Limits) -> timedelta | None:
    """How long sign-in is refused after this many failures in a row; None while they are free."""
    beyond = failures - limits.free_failures
    if beyond <= 0:
        return None
    # 2^20 first waits is past any cap; the bound keeps the number small.
    doubled = limits.first_wait * (1 << min(beyond - 1, 20))
    return min(doubled, limits.longest_wait)
