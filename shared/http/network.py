"""Where a request came from, and how fast somebody may ask."""

import ipaddress
import time
from collections import OrderedDict

from werkzeug.wrappers import Request as WerkzeugRequest

# Whoever has not asked for longest is forgotten first.
_MOST_REMEMBERED = 20_000


def network_of(http: WerkzeugRequest) -> str:
    """Where the request came from: an IPv4 address, or the /64 an IPv6 customer has to themselves.

    The front door overwrites X-Forwarded-For with the address it saw, so a caller cannot choose it.
    """
    forwarded = http.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    for text in (forwarded, http.remote_addr or ""):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if address.version == 6:
            return str(ipaddress.ip_network(f"{address}/64", strict=False))
        return str(address)
    return "unknown"


class Pace:
    """How many requests somebody may make in a row, and per second after that; for one process, in memory.

    A guard against one caller keeping the others waiting, not a quota: every replica counts for itself.
    """

    def __init__(self, *, per_second: float, at_once: int) -> None:
        self._per_second = per_second
        self._at_once = at_once
        # who → (how many are left, when that was so)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, who: str, *, now: float | None = None) -> bool:
        now = time.monotonic() if now is None else now
        left, since = self._left.pop(who, (float(self._at_once), now))
        left = min(float(self._at_once), left + (now - since) * self._per_second)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left, now)
        if len(self._left) > _MOST_REMEMBERED:
            self._left.popitem(last=False)
        return allowed
