"""What the benchmark runs on, and who used its processors meanwhile."""

from __future__ import annotations

import contextlib
import os
import pathlib
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
_LIBRARIES = ("nameko", "eventlet", "pika", "psycopg", "marshmallow", "Werkzeug")


def describe(root: pathlib.Path) -> dict[str, Any]:
    """Cores, memory, versions, date, revision."""
    memory = dict(
        line.split(":", 1) for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if ":" in line
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": _said("git", "-C", str(root), "rev-parse", "--short", "HEAD"),
        "changed_files": len(_said("git", "-C", str(root), "status", "--porcelain").splitlines()),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory["MemTotal"].split()[0]) / 1024**2, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _LIBRARIES},
        },
    }


def _processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


# --- Processors ---


@dataclass(frozen=True)
class Used:
    """Processor seconds from a moment on: of the whole machine, and of process groups by name."""

    wall_seconds: float
    machine_seconds: float
    by_name: dict[str, float]

    @property
    def others_share(self) -> float:
        """The share of the machine that was neither idle nor ours: what disturbed the measurement."""
        ours = sum(self.by_name.values())
        capacity = self.wall_seconds * len(os.sched_getaffinity(0))
        return max(0.0, round((self.machine_seconds - ours) / capacity, 3)) if capacity else 0.0


class Meter:
    """Processor time of groups of processes between `__init__` and `read`.

    Args:
        groups: name → ids of processes; each counts with its descendants.
    """

    def __init__(self, groups: Mapping[str, Iterable[int]]) -> None:
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self._before = self._now()

    def read(self) -> Used:
        wall, machine, by_name = self._now()
        wall_before, machine_before, before = self._before
        return Used(
            wall_seconds=wall - wall_before,
            machine_seconds=machine - machine_before,
            by_name={name: round(by_name[name] - before[name], 3) for name in by_name},
        )

    def _now(self) -> tuple[float, float, dict[str, float]]:
        children = _children()
        by_name = {
            name: sum(_cpu_seconds(pid) for top in pids for pid in _family(top, children))
            for name, pids in self._groups.items()
        }
        fields = [int(one) for one in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        # user nice system idle iowait irq softirq steal
        busy = sum(fields) - fields[3] - fields[4]
        uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
        return uptime, busy / _TICKS, by_name


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                found.setdefault(parent, []).append(int(entry.name))
    return found


def _family(pid: int, children: Mapping[int, list[int]]) -> list[int]:
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def _cpu_seconds(pid: int) -> float:
    """Of a process and of those of its children that have ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in fields[11:15]) / _TICKS


# --- Memory ---


def memory_mib(pid: int) -> dict[str, float]:
    """RSS and PSS (shared pages divided among their users) of one process."""
    sizes = {"Rss": 0.0, "Pss": 0.0}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in sizes:
            sizes[name] = round(int(rest.split()[0]) / 1024, 1)
    return {"rss_mib": sizes["Rss"], "pss_mib": sizes["Pss"]}
