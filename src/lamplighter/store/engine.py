"""One database behind the store: how it is connected to, how transactions begin, what its errors are called.

Knows no table. Everything that leaves here as an error is `StoreUnavailable` or a broken rule of the schema.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import ConnectionPoolEntry

from lamplighter.ports import StoreUnavailable

BUSY_TIMEOUT_MS = 5000
PROBE_TIMEOUT_MS = 1000
POOL_SIZE = 8
POOL_OVERFLOW = 16
CONNECT_TIMEOUT_SECONDS = 3
STATEMENT_TIMEOUT_MS = 10_000
# A batch of placements with ten thousand open incidents changes a thousand pages, and must not spill them half-way.
CACHE_KIBIBYTES = 16_384
# A page that many batches change is carried over to the file once for all of them.
CHECKPOINT_PAGES = 4000
# A stopped process must not hold row locks for ever, and a dead network must be noticed.
IDLE_IN_TRANSACTION_MS = 30_000
TCP_USER_TIMEOUT_MS = 5000
WRITES = "lamplighter_writes"
WORDS_CHARS_MAX = 300


def parsed(url: str) -> URL:
    """The URL of a database, for the drivers in use. Raises `ValueError` where it is of another kind."""
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise ValueError(
            "the database URL cannot be read; write sqlite:////folder/file.db or postgresql://…"
        ) from error
    if made.drivername in {"postgresql", "postgresql+psycopg"}:
        return made.set(drivername="postgresql+psycopg")
    if made.drivername in {"sqlite", "sqlite+pysqlite"} and made.database not in {None, "", ":memory:"}:
        return made.set(drivername="sqlite+pysqlite")
    shown = made.render_as_string(hide_password=True)
    raise ValueError(f"{shown} is no database I can use; write sqlite:////folder/file.db or postgresql://…")


class Database:
    """The engine and its two kinds of transaction. `name` is for people and holds no password."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.path = Path(url.database or "").resolve() if self.is_sqlite else None
        self.name = str(self.path) if self.path else url.set(query={}).render_as_string(hide_password=True)
        self._engine = self._engine_for(BUSY_TIMEOUT_MS, pooled=True)
        self._probe = self._engine_for(PROBE_TIMEOUT_MS, pooled=False)
        self.writer = self._engine.execution_options(**{WRITES: True})
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One writer of this process at a time, for SQLite. PostgreSQL needs no turns.

        SQLite would keep them apart too, but it polls for its lock with ever longer sleeps, which senders would feel.
        Whoever does not get its turn in time goes on, and leaves the matter to SQLite.
        """
        if not self.is_sqlite:
            yield
            return
        mine = self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises `StoreUnavailable`."""
        with self.named_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, durable when the block is left. Raises `StoreUnavailable`, `IntegrityError`."""
        with self.named_errors(), self.turn(), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def probing(self) -> Iterator[Connection]:
        """A write on a connection of its own that gives up soon. Raises `StoreUnavailable`."""
        engine = self._probe.execution_options(**{WRITES: True})
        with self.named_errors(), engine.begin() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction that may rebuild tables that others refer to. Raises `StoreUnavailable`."""
        engine = self._engine_for(BUSY_TIMEOUT_MS, pooled=False).execution_options(**{WRITES: True})
        if self.is_sqlite:
            event.listen(engine, "connect", _without_foreign_keys)
        with self.named_errors(), engine.begin() as connection:
            yield connection
        engine.dispose()

    @contextmanager
    def named_errors(self) -> Iterator[None]:
        """The database's errors as `StoreUnavailable`, except those that say that the data break a rule."""
        try:
            yield
        except (IntegrityError, DataError):
            raise
        except (DBAPIError, NoFreeConnection) as error:
            raise StoreUnavailable(f"{self.name}: {words_of(error)}") from error

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        self._probe.dispose()

    def _engine_for(self, busy_ms: int, *, pooled: bool) -> Engine:
        pool: dict[str, object] = {"poolclass": NullPool}
        if pooled:
            # The same connection again and again has its pages in memory.
            pool = {
                "pool_use_lifo": True,
                "pool_size": POOL_SIZE,
                "max_overflow": POOL_OVERFLOW,
                "pool_timeout": busy_ms / 1000,
            }
        if self.is_sqlite:
            # Resolved once, so that a later change of the working folder cannot lead to another file.
            engine = create_engine(
                self.url.set(database=str(self.path)), connect_args={"timeout": busy_ms / 1000}, **pool
            )
            event.listen(engine, "connect", _on_sqlite_connect)
            event.listen(engine, "begin", _on_sqlite_begin)
            return engine
        return create_engine(self.url, connect_args=_postgres_arguments(busy_ms), pool_pre_ping=pooled, **pool)


def _postgres_arguments(busy_ms: int) -> dict[str, object]:
    settings = {
        "timezone": "UTC",
        "synchronous_commit": "on",
        "lock_timeout": busy_ms,
        "statement_timeout": min(STATEMENT_TIMEOUT_MS, 2 * busy_ms),
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    return {
        "application_name": "lamplighter",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS if busy_ms == BUSY_TIMEOUT_MS else 2,
        "keepalives_idle": 10,
        "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def _on_sqlite_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # sqlite3 must not begin by itself: writers take the lock at once, or two of them deadlock in the middle.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_size_limit=67108864")
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


def _without_foreign_keys(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Dropping a table deletes its rows first, which the keys of other tables would forbid; SQLite's manual says so.
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def words_of(error: Exception) -> str:
    """The first line of what the driver said, without SQL and parameters."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0][:WORDS_CHARS_MAX]
