"""PostgreSQL: connections, transactions, named queries, and its errors turned into ours.

Only this module and the services' stores know psycopg. SQL stands in `queries/*.sql` beside a store.
"""

import contextlib
import functools
import os
import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import aiosql
import psycopg
import psycopg_pool
from aiosql.adapters.pyformat import PyFormatAdapter
from psycopg.rows import dict_row

from shared import arrays, errors, logs

# A connection inside a transaction, with rows as dictionaries. Services pass it on, only stores use it.
Tx = psycopg.Connection[dict[str, Any]]
# A statement sent on whose rows are still to be read.
Asked = psycopg.Cursor[dict[str, Any]]

Answer = TypeVar("Answer")

log = logs.get(__name__)

arrays.install()

# No statement of a request or a batch may run longer; a lock is waited for less long than that.
_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "statement_timeout=30000",
        "lock_timeout=10000",
        "idle_in_transaction_session_timeout=60000",
        "timezone=UTC",
    )
)
LONGEST_REASON_CHARACTERS = 1000
_POOL_WAIT_SECONDS = 5.0
_RECONNECT_SECONDS = 3.0
_CONNECT_SECONDS = 5


class DatabaseUnavailable(errors.Unavailable):
    """The database cannot be reached now. Nothing was changed; try again shortly."""


class AlreadyExists(errors.Conflict):
    """The same thing exists already."""


class UnknownReference(errors.Invalid):
    """Something this refers to does not exist."""


class OutOfBounds(errors.Invalid):
    """A value is outside what can be stored."""


class Database:
    """A pool of connections to one service's database. One per process; safe for threads and greenlets."""

    def __init__(self, url: str, *, service: str, min_size: int = 1, max_size: int = 12) -> None:
        _check_cooperative()
        self.service = service
        self.url = url
        self._pool: psycopg_pool.ConnectionPool[Tx] = psycopg_pool.ConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=_POOL_WAIT_SECONDS,
            # The pool doubles its pauses between tries without end: after a long outage it would stay away as long
            # again. So it soon gives up on a lost connection, and whoever asks next starts a fresh try.
            reconnect_timeout=_RECONNECT_SECONDS,
            kwargs={
                "row_factory": dict_row,
                "cursor_factory": Cursor,
                "options": _OPTIONS,
                "application_name": f"yiwang-{service}",
                "connect_timeout": _CONNECT_SECONDS,
            },
            open=False,
        )
        self._lock = threading.Lock()
        self._opened = False

    def _ready_pool(self) -> psycopg_pool.ConnectionPool[Tx]:
        with self._lock:
            if not self._opened:
                self._pool.open()
                self._opened = True
        return self._pool

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises DatabaseUnavailable, AlreadyExists, UnknownReference, OutOfBounds in place of psycopg's errors.
        """
        try:
            with self._ready_pool().connection() as connection, _remembering(connection):
                connection.read_only = read_only
                yield connection
                require_sound(connection)
        except psycopg_pool.PoolTimeout as error:
            raise DatabaseUnavailable() from error
        except psycopg.Error as error:
            if _is_link_lost(error):
                self._discard_dead()
            told = translated(error)
            if told is error:
                raise
            raise told from error

    def check(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""
        with self.transaction(read_only=True) as tx:
            tx.execute("SELECT 1")

    def close(self) -> None:
        self._pool.close()

    def _discard_dead(self) -> None:
        # After a restart of the server every pooled connection is dead; without this each of them
        # would fail one request.
        threading.Thread(target=self._pool.check, daemon=True).start()


@contextmanager
def transaction(session: Tx) -> Iterator[None]:
    """A transaction of a session in autocommit. Unlike psycopg's own, its BEGIN travels with the first statement.

    `ended` may commit it before the block is left.
    """
    session.autocommit = False
    try:
        with _remembering(session):
            yield
        session.commit()
    except BaseException:
        # Where the link is gone, so is the transaction.
        with contextlib.suppress(psycopg.Error):
            session.rollback()
        raise
    finally:
        if session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            session.autocommit = True


@contextmanager
def ended(session: Tx) -> Iterator[None]:
    """Sends the last statements of a transaction and the COMMIT behind them, and waits once.

    Raises TransactionSpoiled when nothing could be committed.
    """
    with together(session):
        yield
        end = session.execute("COMMIT")
    if end.statusmessage != "COMMIT":
        raise TransactionSpoiled()


# What transactions under way have asked `once`.
_remembered: dict[int, dict[Any, Any]] = {}


@contextmanager
def _remembering(tx: Tx) -> Iterator[None]:
    _remembered[id(tx)] = {}
    try:
        yield
    finally:
        del _remembered[id(tx)]


def once(tx: Tx, ask: Callable[[Tx], Answer]) -> Answer:
    """What `ask` answers, asked once in a transaction: for what need not be looked at again before its end."""
    known = _remembered.get(id(tx))
    if known is None:
        return ask(tx)
    if ask not in known:
        known[ask] = ask(tx)
    answer: Answer = known[ask]
    return answer


class TransactionSpoiled(errors.Error):
    """A statement of this transaction failed and somebody swallowed the error; nothing of it was saved."""


def require_sound(tx: Tx) -> None:
    """Raises TransactionSpoiled where a COMMIT would silently be a rollback."""
    if tx.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
        raise TransactionSpoiled()


@contextmanager
def together(tx: Tx) -> Iterator[None]:
    """Sends statements on without waiting for each: only where an answer is read, and at the end of the block.

    An error of a statement is raised at the next wait, and numbers of changed rows are not known inside.
    """
    if tx.pgconn.pipeline_status == psycopg.pq.PipelineStatus.ON:
        # To begin another pipeline in one would wait for all that was sent.
        yield
        return
    with tx.pipeline():
        yield


def now(tx: Tx) -> datetime:
    """The database's present moment. Ask after the lock: the transaction's own start time runs backwards
    between two writers."""
    row = tx.execute("SELECT clock_timestamp() AS at").fetchone()
    assert row is not None
    moment: datetime = row["at"]
    return moment


def translated(
    error: psycopg.Error, names: Mapping[str, type[errors.Error]] | None = None
) -> errors.Error | psycopg.Error:
    """Our error for psycopg's; an error that is a mistake of ours (bad SQL) comes back as it is.

    Args:
        names: constraint name → the error it means, for a store that knows better than the general ones.
    """
    constraint = error.diag.constraint_name
    if names and constraint is not None and constraint in names:
        return names[constraint]()
    if isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.ExclusionViolation):
        return AlreadyExists(constraint=constraint)
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return UnknownReference(constraint=constraint)
    if isinstance(error, psycopg.errors.CheckViolation | psycopg.errors.NotNullViolation):
        return OutOfBounds(constraint=constraint)
    if isinstance(error, psycopg.DataError):
        return OutOfBounds()
    # QueryCanceled and LockNotAvailable are OperationalErrors too: both mean "try again".
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return DatabaseUnavailable()
    return error


@contextmanager
def translating(names: Mapping[str, type[errors.Error]]) -> Iterator[None]:
    """Turns violations of the named constraints into the given errors."""
    try:
        yield
    except psycopg.Error as error:
        told = translated(error, names)
        if told is error:
            raise
        raise told from error


def streamed(tx: Tx, query: Any, *, at_once: int = 500, **parameters: Any) -> Iterator[dict[str, Any]]:
    """The rows of a named query through a cursor of the server's, never more than `at_once` of them in memory.

    Args:
        query: a select, of `load_folder` as in `db.streamed(tx, queries.all_of, area=area)`, or a store's own text.

    Not inside `together`. The transaction must stay open until the last row is read.
    """
    with tx.cursor("streamed") as cursor:
        cursor.itersize = at_once
        cursor.execute(query if isinstance(query, str) else query.sql, parameters)
        yield from cursor


def ask(tx: Tx, query: Any, **parameters: Any) -> Asked:
    """Sends a named query of `load_folder` inside `together`; its rows are read when they are needed.

    Whoever asks several things and reads all of them after the block waits once.
    """
    return tx.execute(query.sql, parameters, prepare=_preparing(query.sql))


class _Adapter(PyFormatAdapter):
    """aiosql on psycopg with rows as dictionaries; a query without suffix answers a list."""

    def select(  # type: ignore[override]  # a list is what stores want; aiosql's type asks for a generator
        self, conn: Tx, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> list[dict[str, Any]]:
        return conn.execute(sql, parameters, prepare=_preparing(sql)).fetchall()

    def select_one(  # type: ignore[override]  # rows are dictionaries
        self, conn: Tx, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> dict[str, Any] | None:
        return conn.execute(sql, parameters, prepare=_preparing(sql)).fetchone()

    def select_value(self, conn: Tx, query_name: str, sql: str, parameters: Any) -> Any:
        row = conn.execute(sql, parameters, prepare=_preparing(sql)).fetchone()
        return next(iter(row.values())) if row else None

    def insert_update_delete(self, conn: Tx, query_name: str, sql: str, parameters: Any) -> int:
        return conn.execute(sql, parameters).rowcount


@functools.cache
def _preparing(sql: str) -> bool | None:
    """Whether a query is prepared: as usual, or never.

    One with filters that may be left out (`:state::text IS NULL OR …`) is planned for the values it is asked with.
    Prepared, it soon gets a plan for any values, which is bad for most: docs/decisions/0022.
    """
    return False if "IS NULL OR" in sql else None


class Cursor(psycopg.Cursor[dict[str, Any]]):
    """A cursor whose statements leave together: inside a pipeline, psycopg sends each in a packet of its own.

    What is sent waits in libpq's buffer until an answer is read or the pipeline ends.
    """

    def _execute_gen(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Generator[Any, Any, None]:
        pipeline = self._conn._pipeline
        if pipeline is None:
            yield from super()._execute_gen(query, params, prepare=prepare, binary=binary)
            return
        # As in psycopg but for the last step, where it would talk to the server.
        yield from self._start_query(query)
        yield from self._maybe_prepare_gen(self._convert_query(query, params), prepare=prepare, binary=binary)
        while pipeline.command_queue:
            pipeline.command_queue.popleft()()
        self._last_query = query
        yield from self._conn._prepared.maintain_gen(self._conn)


def load(store_file: str) -> Any:
    """The named queries of the `queries` folder beside a store module: `queries = db.load(__file__)`.

    Every query is called with the transaction first and its parameters by name. Suffixes: `^` one row or
    None, `$` one value, `!` the number of rows changed, `*!` many rows, none a list of rows.
    """
    return load_folder(Path(store_file).parent / "queries")


def load_folder(folder: Path) -> Any:
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return aiosql.from_path(folder, _Adapter)


def _check_cooperative() -> None:
    """psycopg stalls every greenlet of the process unless it was told to wait cooperatively before import."""
    if "eventlet" not in sys.modules:
        return
    from eventlet import patcher

    if not patcher.is_monkey_patched("socket"):
        return
    if os.environ.get("PSYCOPG_WAIT_FUNC") != "wait_selector":
        raise RuntimeError("set PSYCOPG_WAIT_FUNC=wait_selector before psycopg is imported")
    from shared import waiting

    waiting.install()


# A session of its own ends itself, on the client's side and on the server's, when the link dies silently;
# whoever holds one says something at least every few seconds.
SESSION_IDLE_SECONDS = 30
_SESSION_OPTIONS = (
    f"{_OPTIONS} -c idle_session_timeout={SESSION_IDLE_SECONDS}s"
    # The bus and its handlers look things up by lists of keys. PostgreSQL would plan each of their statements anew for
    # every list, which costs more than to carry it out; and a plan made once must not take a table to be
    # as small as it was then.
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    f" -c idle_in_transaction_session_timeout={SESSION_IDLE_SECONDS}s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
)


def session(url: str, *, name: str, durable: bool = True) -> Tx:
    """A connection outside the pool, in autocommit, for one long task of a process (the relay, the inbox).

    Args:
        durable: False lets commits return before they are on disk; a crash of the server may then forget
            the last of them. For marks whose loss only repeats work.

    Raises DatabaseUnavailable.
    """
    _check_cooperative()
    options = _SESSION_OPTIONS if durable else f"{_SESSION_OPTIONS} -c synchronous_commit=off"
    try:
        return psycopg.connect(
            url,
            autocommit=True,
            row_factory=dict_row,
            cursor_factory=Cursor,
            options=options,
            application_name=name,
            connect_timeout=_CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
            tcp_user_timeout=15000,
        )
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable() from error


def cut(connection: Tx) -> None:
    """Ends a connection from another thread or greenlet: whoever waits on it gets an error at once.

    For a link that has died silently, where closing in good order would wait too.
    """
    try:
        handle = socket.socket(fileno=os.dup(connection.fileno()))
    except (psycopg.Error, OSError):
        return  # closed already
    with handle, contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


# Classes of SQLSTATE that say "not now" about any statement: connection, serialisation and deadlock,
# resources, the operator's intervention, system errors; and a lock that was not to be had.
_PASSING_CLASSES = ("08", "40", "53", "57", "58")
_PASSING_STATES = ("55P03",)


def _is_link_lost(error: psycopg.Error) -> bool:
    """True when the connection is gone, rather than one statement of it."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def is_passing(error: BaseException | None) -> bool:
    """True when the same work may succeed later though nothing about it changes."""
    while error is not None:
        if isinstance(error, DatabaseUnavailable):
            return True
        if isinstance(error, psycopg.Error):
            state = error.sqlstate
            if state is None:
                # Without a SQLSTATE the server has not answered: the connection is gone.
                return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            return state[:2] in _PASSING_CLASSES or state in _PASSING_STATES
        error = error.__cause__
    return False


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE behind an error, if PostgreSQL is behind it."""
    while error is not None:
        if isinstance(error, psycopg.Error):
            return error.sqlstate
        error = error.__cause__
    return None


def reason_of(error: BaseException) -> str:
    """Why something failed, in one line that can be stored; without the values a database error quotes."""
    state = sqlstate(error)
    said = str(error).splitlines()[0] if str(error) else ""
    text = f"{type(error).__name__}{f' [{state}]' if state else ''}: {said}"
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")[:LONGEST_REASON_CHARACTERS]
