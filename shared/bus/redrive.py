"""`make redrive`: look at a service's parked events, try them again, or give them up.

python -m shared.bus.redrive <service>                     lists them
python -m shared.bus.redrive <service> redrive KEY…|dead   all tries again, beginning now
python -m shared.bus.redrive <service> drop KEY…           given up; the audit keeps the bytes for a while
"""

import argparse
import getpass
import sys
from collections.abc import Iterator

from shared import config, db, errors
from shared.bus import parked

_PAGE = 200


def main(arguments: list[str]) -> int:
    """Does what the arguments say on the service's database; answers the exit status."""
    given = _parser().parse_args(arguments)
    database = db.Database(config.load(given.service).database_url, service=given.service, max_size=1)
    try:
        if given.action == "list":
            return _list(database)
        return _act(database, given.action, given.keys)
    except errors.Error as error:
        print(error.detail, file=sys.stderr)
        return 1
    finally:
        database.close()


def _list(database: db.Database) -> int:
    found = 0
    for event in _all(database, None):
        found += 1
        tries = f"{event.tries} of {parked.MOST_TRIES} tries" if event.state != "undecodable" else "raw bytes"
        print(f"{event.key:>8}  {event.state:<11}  {event.type or '?'}  {event.subject or ''}  {tries}")
        print(f"          parked {event.parked_at:%Y-%m-%d %H:%M:%S}Z: {event.reason}")
    print(f"{found} parked" if found else "nothing is parked")
    return 0


def _act(database: db.Database, action: str, keys: list[str]) -> int:
    act = parked.redrive if action == "redrive" else parked.drop
    chosen = (
        [event.key for event in _all(database, "dead")] if keys == ["dead"] else [int(key) for key in keys]
    )
    status = 0
    for key in chosen:
        try:
            # One transaction each: what cannot be done does not undo the rest.
            with database.transaction() as tx:
                act(tx, key, f"cli:{getpass.getuser()}")
            print(f"{key}: {'redriven' if action == 'redrive' else 'dropped'}")
        except errors.Error as error:
            print(f"{key}: {error.detail}", file=sys.stderr)
            status = 1
    return status


def _all(database: db.Database, state: str | None) -> Iterator[parked.Parked]:
    cursor: int | None = None
    while True:
        with database.transaction(read_only=True) as tx:
            page = parked.page(tx, state, cursor, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        cursor = page[-1].key


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="redrive", description="Parked events of a service.")
    parser.add_argument("service")
    parser.add_argument("action", nargs="?", choices=("list", "redrive", "drop"), default="list")
    parser.add_argument("keys", nargs="*", metavar="KEY", help="keys, or `dead` for all dead ones")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
