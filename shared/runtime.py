"""What a running process has: its configuration, database and authenticator. Made once by `shared/run.py`."""

from dataclasses import dataclass

from shared import auth, config, db


@dataclass(frozen=True, kw_only=True)
class Runtime:
    config: config.Config
    database: db.Database
    authenticator: auth.Authenticator
