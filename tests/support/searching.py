"""Where in a service's database a value stands, whatever the table."""

from __future__ import annotations

from shared import db


def tables_naming(database: db.Database, value: str) -> set[str]:
    """The tables in which any row holds the value, partitions included."""
    with database.transaction(read_only=True) as tx:
        tables = [
            row["name"]
            for row in tx.execute(
                "SELECT c.oid::regclass::text AS name FROM pg_class AS c"
                " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
            ).fetchall()
        ]
        return {
            table
            for table in tables
            # A row as text shows bytes in hex.
            if tx.execute(
                f"SELECT 1 FROM {table} AS t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0 LIMIT 1",
                (value, value.encode().hex()),
            ).fetchone()
        }
