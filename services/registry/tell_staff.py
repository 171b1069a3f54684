"""Tells the other services of every account with an area anew: for a copy that missed some, as after an upgrade in
which an older process of theirs was still reading.

    python -m services.registry.tell_staff

It only marks them; the registry's worker tells, a few hundred a second, and whoever knows already changes nothing.
"""

import sys

from services.registry.store import staff
from shared import config, db, errors


def main() -> int:
    """Runs the command; answers the exit status."""
    try:
        settings = config.load("registry")
        database = db.Database(settings.database_url, service="registry", max_size=1)
        try:
            with database.transaction() as tx:
                marked = staff.mark_all(tx)
        finally:
            database.close()
    except (config.ConfigError, errors.Error) as error:
        print(f"nothing was marked: {error}", file=sys.stderr)
        return 1
    print(f"{marked} accounts will be told of")
    return 0


if __name__ == "__main__":
    sys.exit(main())
