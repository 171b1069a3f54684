"""The named queries of dispatch."""

from pathlib import Path

from shared import db

queries = db.load_folder(Path(__file__).parent.parent / "queries")
