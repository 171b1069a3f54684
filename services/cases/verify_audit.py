"""`make verify-audit`: recomputes the hash chain of every timeline and names what was done to it.

python -m services.cases.verify_audit                             every matter
python -m services.cases.verify_audit --since 2026-11-01          those reported since (Beijing time)
python -m services.cases.verify_audit --since … --until …

It reads only, and may run beside everything. One line for each damage: the matter, the entry, what happened to it and
the columns where they can be told. Exit status: 0 all whole, 1 damage found, 2 it could not be done.

    370102202611200000042  019f…  entry 3  edited: detail
    370102202611200000043  019f…  entry 5  deleted

While it runs it says up to which report it has come; whoever interrupts it goes on from there with --since.
A matter deleted with its whole timeline leaves a gap in the numbers and nothing else.
"""

import argparse
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime

from services.cases.domain.audit import Damage, Kind
from services.cases.store import timeline as store
from services.cases.store.timeline import Verdict
from shared import clock, config, db, errors

_PAGE = 500
_SAY_SECONDS = 5.0

_database: db.Database | None = None


def main(arguments: list[str]) -> int:
    """Verifies the database the environment names; answers the exit status."""
    given = _parser().parse_args(arguments)
    try:
        url = config.load("cases").database_url
    except config.ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    database = db.Database(url, service="cases", max_size=1)
    began = time.monotonic()
    cases = damaged = 0
    try:
        for checked, verdicts in _verdicts(database, url, given):
            cases += checked
            damaged += len(verdicts)
            for verdict in verdicts:
                for damage in verdict.damages:
                    print(_told(verdict, damage), flush=True)
    except errors.Error as error:
        print(error.detail, file=sys.stderr)
        return 2
    finally:
        database.close()
    seconds = time.monotonic() - began
    print(f"{cases:,} timelines, {damaged:,} damaged, {seconds:.1f} s")
    return 1 if damaged else 0


def _verdicts(
    database: db.Database, url: str, given: argparse.Namespace
) -> Iterator[tuple[int, list[Verdict]]]:
    """(matters looked at, what was found) page by page, in the order of their reports."""
    said = time.monotonic()
    waiting: deque[tuple[datetime, int, Future[list[Verdict]]]] = deque()
    with ProcessPoolExecutor(given.workers, initializer=_begin, initargs=(url,)) as pool:
        for reached, case_ids in store.pages(database, since=given.since, until=given.until, size=_PAGE):
            waiting.append((reached, len(case_ids), pool.submit(_verify, case_ids)))
            # A bounded number ahead of what is told.
            while len(waiting) > 2 * given.workers:
                reached, count, done = waiting.popleft()
                yield count, done.result()
                if time.monotonic() - said > _SAY_SECONDS:
                    said = time.monotonic()
                    print(f"verified up to {reached.astimezone(clock.BEIJING).isoformat()}", file=sys.stderr)
        for _, count, done in waiting:
            yield count, done.result()
    if given.since is None and given.until is None:
        for verdict in store.without_case(database):
            yield 0, [verdict]


def _begin(url: str) -> None:
    """Each process of the pool has a connection of its own."""
    global _database
    _database = db.Database(url, service="cases", max_size=1)


def _verify(case_ids: Sequence[str]) -> list[Verdict]:
    assert _database is not None
    with _database.transaction(read_only=True) as tx:
        return store.verdicts(tx, case_ids)


def _told(verdict: Verdict, damage: Damage) -> str:
    what = damage.kind.value.replace("_", " ")
    where = "" if damage.position is None else f"  entry {damage.position}"
    columns = f": {', '.join(damage.columns)}" if damage.columns else ""
    if damage.kind is Kind.EDITED and not damage.columns:
        columns = ": which column cannot be told"
    return f"{verdict.number or '(no matter)'}  {verdict.case_id}{where}  {what}{columns}"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.BEIJING)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-audit", description="Recomputes the hash chains of timelines."
    )
    parser.add_argument("--since", type=_moment, help="matters reported since then; Beijing time unless said")
    parser.add_argument("--until", type=_moment, help="matters reported before then")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
