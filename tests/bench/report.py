"""The figures of a run: a table for people, JSON for machines."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """One figure with what it is aimed at."""

    section: str
    name: str
    value: float | int | str
    unit: str = ""
    # `≥ 800`, `< 250`, or nothing.
    aim: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None without one."""
        if not self.aim or isinstance(self.value, str):
            return None
        sign, _, bound = self.aim.partition(" ")
        return self.value >= float(bound) if sign == "≥" else self.value < float(bound)


@dataclass
class Report:
    machine: dict[str, Any]
    options: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    # section → everything it measured.
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, section: str, lines: Iterable[Line], details: Any) -> None:
        """Keeps a section's figures and prints them at once."""
        for line in lines:
            self.lines.append(line)
            print(f"    {_told(line)}", flush=True)
        self.details[section] = details

    def print(self) -> None:
        machine, versions = self.machine, self.machine["versions"]
        print(
            f"\n{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, {machine['system']}\n"
            + ", ".join(f"{name} {version}" for name, version in versions.items())
            + f"\n{machine['at']}, revision {machine['revision']}"
            + (f" with {machine['changed_files']} changed files" if machine["changed_files"] else "")
            + f", load before {machine['load_before']:.1f}\n"
        )
        section = ""
        for line in self.lines:
            if line.section != section:
                section = line.section
                print(section)
            print(f"    {_told(line)}")

    def write(self, path: pathlib.Path) -> None:
        document = {
            "machine": self.machine,
            "options": self.options,
            "figures": [{**vars(line), "reached": line.reached} for line in self.lines],
            "details": self.details,
        }
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _told(line: Line) -> str:
    value = f"{line.value:,.2f}".rstrip("0").rstrip(".") if isinstance(line.value, float) else f"{line.value}"
    verdict = {True: "reached", False: "missed", None: ""}[line.reached]
    aim = f"aim {line.aim}: {verdict}" if line.aim else ""
    return f"{line.name:<52} {value:>12} {line.unit:<8} {aim}".rstrip()
