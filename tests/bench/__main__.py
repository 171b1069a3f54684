"""Runs the benchmark: starts a platform, measures, prints a table, writes JSON, forgets the platform."""

from __future__ import annotations

import argparse
import pathlib
import signal
import sys
import time
from types import FrameType

from deploy.local import children, processes
from tests.bench import machine
from tests.bench.report import Report
from tests.bench.sections import (
    burst,
    events,
    floor,
    growth,
    intake,
    lifecycle,
    lists,
    memory,
    ranking,
    sweep,
)
from tests.bench.stage import CannotKeepUp, Stage

# In this order: those that load cases come last.
SECTIONS = {
    module.NAME: module
    for module in (intake, lifecycle, floor, events, sweep, growth, lists, ranking, burst, memory)
}


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    # Ends like Ctrl-C, so that the platform goes too.
    signal.signal(signal.SIGTERM, _interrupted)
    report = Report(
        machine.describe(processes.ROOT),
        {"quick": options.quick, "sections": options.only},
    )
    began = time.monotonic()
    print("starting a platform of its own", flush=True)
    try:
        with Stage(quick=options.quick, keep=options.keep) as stage:
            report.details["start_seconds"] = stage.start_seconds
            for name in SECTIONS:
                if name in options.only:
                    print(f"{name} ({time.monotonic() - began:.0f} s)", flush=True)
                    SECTIONS[name].run(stage, report)
    except (children.StartFailed, CannotKeepUp) as error:
        print(f"make bench failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        report.details["seconds"] = round(time.monotonic() - began, 1)
        if report.lines:
            report.print()
            report.write(options.output)
            print(f"\nwritten to {options.output}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers: two or three minutes")
    parser.add_argument(
        "--only", type=_sections, default=list(SECTIONS), help=f"some of {','.join(SECTIONS)}"
    )
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("bench-results.json"))
    parser.add_argument("--keep", action="store_true", help="leave the folder with data and logs")
    return parser.parse_args(arguments)


def _sections(text: str) -> list[str]:
    wanted = text.split(",")
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return wanted


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
