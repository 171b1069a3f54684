"""The bus's own SQL (`queries/*.sql`), one function per named query."""

from typing import Any

from shared import db

sql: Any = db.load(__file__)
