"""The named queries of cases."""

from pathlib import Path

from shared import db

queries = db.load_folder(Path(__file__).parent.parent / "queries")
