"""Statements for many rows, run by the database's own driver, because SQLAlchemy's work for each row is the limit.

Values go in as the driver takes them, so callers clean text and write times with `stamp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from lamplighter.store.values import utc

Stamp = Callable[[datetime | None], object]


class Many:
    """One statement that both databases understand, with `?` for each value."""

    def __init__(self, sql: str) -> None:
        self._lite = sql
        self._full = sql.replace("?", "%s")

    def run(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> int:
        """Run it for each row; returns how many rows of the table were changed in all."""
        if not rows:
            return 0
        sql = self._lite if connection.dialect.name == "sqlite" else self._full
        return connection.exec_driver_sql(sql, list(rows)).rowcount

    def rows(self, connection: Connection, values: tuple[object, ...]) -> Sequence[Sequence[Any]]:
        """Run it once as a query; the rows are as the driver gives them: read times with `utc_of`."""
        sql = self._lite if connection.dialect.name == "sqlite" else self._full
        return connection.exec_driver_sql(sql, values).all()


class Numbered:
    """An insert of many rows into one table that tells the numbers they got. `columns` have PostgreSQL's types."""

    def __init__(self, table: str, serial: str, **columns: str) -> None:
        names = ", ".join(columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        # Every name here is one of our own; values go in as parameters.
        self._insert = f"INSERT INTO {table} ({names}) "
        self._lite = f"{self._insert}VALUES ({', '.join('?' for _ in columns)})"
        self._last = f"SELECT max({serial}) FROM {table}"  # noqa: S608 - see above
        source = f"unnest({arrays}) WITH ORDINALITY AS t ({names}, place) ORDER BY place"
        self._full = f"{self._insert}SELECT {names} FROM {source} RETURNING {serial}"  # noqa: S608 - see above

    def run(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> list[int]:
        """Insert the rows; returns their numbers, in order."""
        if not rows:
            return []
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._lite, list(rows))
            # One writer holds the lock, so that AUTOINCREMENT counts without a gap.
            last = int(connection.exec_driver_sql(self._last).scalar_one())
            return list(range(last - len(rows) + 1, last + 1))
        arrays = tuple(list(column) for column in zip(*rows, strict=True))
        return list(connection.exec_driver_sql(self._full, arrays).scalars())


def stamp_for(connection: Connection) -> Stamp:
    """How this database's driver takes a time."""
    write = _text if connection.dialect.name == "sqlite" else utc
    last: tuple[datetime | None, object] = (None, None)

    def stamp(at: datetime | None) -> object:
        nonlocal last
        # Most rows of a batch bear the very same time.
        if at is not last[0]:
            last = (at, None if at is None else write(at))
        return last[1]

    return stamp


class Asked:
    """A query for the rows that belong to a list of values, which stands as one parameter where `{listed}` is."""

    def __init__(self, sql: str, kind: str, *, lock: str = "") -> None:
        self._lite = sql.replace("{listed}", "(SELECT value FROM json_each(?))")
        self._full = sql.replace("{listed}", f"(SELECT unnest(%s::{kind}[]))") + lock

    def rows(self, connection: Connection, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        """The rows as the driver gives them: read times with `utc_of`."""
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(self._lite, (msgspec.json.encode(values).decode(),)).all()
        return connection.exec_driver_sql(self._full, (list(values),)).all()


def utc_of(raw: str | datetime) -> datetime:
    """A time as the driver gives it, in UTC."""
    return datetime.fromisoformat(raw).replace(tzinfo=UTC) if isinstance(raw, str) else raw.astimezone(UTC)


def _text(at: datetime) -> object:
    return utc(at).replace(tzinfo=None).isoformat(" ", "microseconds")
