"""Free loopback ports."""

from __future__ import annotations

import random
import socket

# Below the kernel's ephemeral range (32768 and up), so that no outgoing connection can take a port between
# the moment it is found free and the moment a server listens on it. In that moment it is reserved for this process.
FIRST, LAST = 20_000, 32_000
ATTEMPTS = 200

_given: set[int] = set()
# Held until this process ends.
_reservations: list[socket.socket] = []


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` on every address of this machine now."""
    for host in ("127.0.0.1", "0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free() -> int:
    """A port nothing listens on, never the same twice in this process."""
    for _ in range(ATTEMPTS):
        port = random.randint(FIRST, LAST)
        if _take(port):
            return port
    raise RuntimeError(f"no free port found between {FIRST} and {LAST}: close some servers and try again")


def preferred(port: int, *, tries: int = 100) -> int:
    """`port` if it is free, else the next free one above it."""
    for candidate in range(port, port + tries):
        if _take(candidate):
            return candidate
    return free()


def keep(port: int | None) -> int:
    """`port`, remembered from an earlier start, if it is still free; any free one otherwise."""
    if port is not None and (_take(port) or (port in _given and is_free(port))):
        return port
    return free()


def _take(port: int) -> bool:
    """Reserves a free port: other processes of this machine that ask here do not get it while this one lives."""
    if port in _given or not is_free(port):
        return False
    # A name without a file, which the kernel forgets with the process.
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0yiwang-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    _given.add(port)
    return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0
