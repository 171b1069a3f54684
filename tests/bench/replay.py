"""What the services really execute, as pgbench scripts: the SQL half of the floor.

The server logs every statement with its values while some lifecycles run under load. Of that a script per
database is made which does the same again with ids of its own: the same statements with the same values in the
same transactions, batches as large as they were, in the order of their commits. Left out is what would have run
without lifecycles too: health checks, timers, looks into empty outboxes.

Ids (UUIDv7 made meanwhile) and case numbers are replaced by ones that hold a number per client and repetition.
The statements have no parameters but that, so pgbench's prepared statements are planned once each: the floor
is a little lower than drivers that bind values can get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

LINE_PREFIX = "%m [%p] %a@%d "
_ENTRY = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:.]+ UTC \[(?P<pid>\d+)\] (?P<application>[^@]*)@(?P<database>\S*) "
    r"(?P<level>LOG|DETAIL):  (?P<text>.*)$",
    re.DOTALL,
)
_STATEMENT = re.compile(r"^(?:statement|execute [^:]*): (.*)$", re.DOTALL)
_VALUE = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+)")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"\b\d{14}\d{6,8}\b")
# Eight digits: which client, which repetition.
_MARK = "@@@@@@@@"
_MOST_IDS = 10_000


@dataclass
class Statement:
    sql: str
    values: list[str | None]


@dataclass
class Transaction:
    """What one session did between BEGIN and COMMIT, or a statement alone."""

    application: str
    statements: list[Statement] = field(default_factory=list)
    is_alone: bool = False


def read(log: str, *, database: str) -> list[Transaction]:
    """The transactions of a database, in the order of their ends."""
    open_: dict[str, Transaction] = {}
    ended: list[Transaction] = []
    last: Statement | None = None
    for entry in _entries(log):
        if entry["database"] != database:
            last = None
            continue
        if entry["level"] == "DETAIL":
            if last is not None:
                last.values = [_unquoted(value) for _, value in _VALUE.findall(entry["text"])]
            last = None
            continue
        found = _STATEMENT.match(entry["text"])
        if found is None:
            continue
        last = Statement(found[1].strip(), [])
        word = last.sql.split(None, 1)[0].upper() if last.sql else ""
        pid = entry["pid"]
        if word == "BEGIN":
            open_[pid] = Transaction(entry["application"], [last])
        elif pid in open_:
            open_[pid].statements.append(last)
            if word in ("COMMIT", "ROLLBACK") and " TO " not in last.sql.upper():
                ended.append(open_.pop(pid))
        else:
            ended.append(Transaction(entry["application"], [last], is_alone=True))
    return ended


def _entries(log: str) -> Iterator[dict[str, str]]:
    """Entries of the log; lines that begin with a tab go on with the one before."""
    entry = ""
    for line in [*log.splitlines(), ""]:
        if line.startswith("\t"):
            entry += "\n" + line[1:]
            continue
        found = _ENTRY.match(entry)
        if found:
            yield found.groupdict()
        entry = line


def _unquoted(value: str) -> str | None:
    return None if value == "NULL" else value[1:-1].replace("''", "'")


class Script:
    """One database's transactions as a pgbench script."""

    def __init__(self, transactions: list[Transaction], *, since: str) -> None:
        self._since = UUID(since)
        self._ids: dict[str, int] = {}
        self.transactions = self._wanted(transactions)

    @property
    def statements(self) -> int:
        return sum(len(one.statements) for one in self.transactions)

    def text(self, connection: psycopg.Connection[dict[str, str]]) -> str:
        """The script. The connection tells the types of parameters."""
        lines = [
            "\\set n :n + 1",
            "SELECT set_config('bench.n', (10000000 + :client_id * 100000 + :n)::text, false);",
        ]
        types: dict[str, list[str]] = {}
        for transaction in self.transactions:
            for statement in transaction.statements:
                if statement.values and statement.sql not in types:
                    types[statement.sql] = _types(connection, statement.sql)
                lines.append(self._written(statement, types.get(statement.sql, [])) + ";")
                if statement.sql.upper() == "BEGIN" and transaction.application.endswith("-relay"):
                    # As its session does.
                    lines.append("SET LOCAL synchronous_commit = off;")
        return "\n".join(lines) + "\n"

    def _wanted(self, transactions: list[Transaction]) -> list[Transaction]:
        """Those about something made meanwhile, and the look into the outbox before each sending."""
        kept = []
        for position, one in enumerate(transactions):
            if self._is_about_new(one):
                kept.append(one)
            elif one.is_alone and "RECURSIVE heads" in one.statements[0].sql:
                following = (t for t in transactions[position + 1 :] if t.application == one.application)
                then = next(following, None)
                if then is not None and not then.is_alone and self._is_about_new(then):
                    kept.append(one)
        return kept

    def _is_about_new(self, transaction: Transaction) -> bool:
        return any(
            UUID(found) >= self._since
            for statement in transaction.statements
            for value in statement.values
            if value
            for found in _UUID7.findall(value)
        )

    def _written(self, statement: Statement, types: list[str]) -> str:
        def value(found: re.Match[str]) -> str:
            position = int(found[1]) - 1
            given = statement.values[position]
            if given is None:
                return f"NULL::{types[position]}"
            marked = _NUMBER.sub(self._number, _UUID7.sub(self._id, given))
            literal = _literal(marked)
            if _MARK in marked:
                literal = f"replace({literal}, '{_MARK}', current_setting('bench.n'))"
            return f"({literal}::{types[position]})"

        return _PARAMETER.sub(value, statement.sql) if statement.values else statement.sql

    def _id(self, found: re.Match[str]) -> str:
        given = found[0]
        if UUID(given) < self._since:
            return given
        return f"{given[:24]}{_MARK}{self._position(given):04d}"

    def _number(self, found: re.Match[str]) -> str:
        return f"F{_MARK}{self._position(found[0]):04d}"

    def _position(self, token: str) -> int:
        position = self._ids.setdefault(token, len(self._ids))
        if position >= _MOST_IDS:
            raise ValueError("too many ids for one script; capture fewer lifecycles")
        return position


def _types(connection: psycopg.Connection[dict[str, str]], statement: str) -> list[str]:
    connection.execute(f"PREPARE looked_at AS {statement}".encode())
    row = connection.execute(
        "SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'looked_at'"
    ).fetchone()
    connection.execute("DEALLOCATE looked_at")
    assert row is not None
    return list(row["types"])


def _literal(text: str) -> str:
    """A string constant in which pgbench finds no variable: it would take `:null` for one."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\072")
    return f"E'{escaped}'"
