"""The service's SQL (`queries/*.sql`), one function per named query."""

from pathlib import Path
from typing import Any

from shared import db

sql: Any = db.load_folder(Path(__file__).parents[1] / "queries")
