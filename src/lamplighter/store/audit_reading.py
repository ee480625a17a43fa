"""The audit log read as one, in order, from a store that nobody need serve: what verify and export look at.

Nothing is written, and a schema that is older stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect, text

from lamplighter.domain.audit import Row
from lamplighter.domain.chain import LOST, Head
from lamplighter.ports import StoreUnavailable
from lamplighter.store.audit import head_of, rows_after
from lamplighter.store.engine import Database, parsed
from lamplighter.store.tables import audit, audit_head

ROWS_AT_ONCE = 1000


@contextmanager
def reading(url: str) -> Iterator[tuple[Head, Iterator[Row]]]:
    """The head and every row of one moment. Raises `StoreUnavailable`, and `ValueError` for a URL of another kind."""
    database = Database(parsed(url))
    try:
        if database.path is not None and not database.path.is_file():
            raise StoreUnavailable(f"there is no store at {database.path}; name the data folder with --data")
        with database.reading() as connection:
            if database.is_sqlite:
                # What is no text any more must be read to be named.
                raw: Any = connection.connection.driver_connection
                raw.text_factory = lambda found: found.decode("utf-8", "replace")
            else:
                # Rows that are pruned while they are read would look like missing ones.
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            if not inspect(connection).has_table(audit.name):
                raise StoreUnavailable(f"{database.name} has no audit log yet; start this version on it once")
            head = head_of(connection) if inspect(connection).has_table(audit_head.name) else LOST
            yield head, _rows(connection)
    finally:
        database.close()


def _rows(connection: Connection) -> Iterator[Row]:
    last: int | None = None
    while rows := rows_after(connection, last, ROWS_AT_ONCE):
        yield from rows
        last = rows[-1].seq
