"""Statements that SQLite and PostgreSQL word differently: insert once, insert or replace, insert many in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Insert, Select, Table, Text, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection

Row = Mapping[str, object]
Excluded = ReadOnlyColumnCollection[str, ColumnElement[object]]


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool]:
    """Whether a column is one of many values, as one parameter however many they are."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(literal(msgspec.json.encode(values).decode(), Text)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), postgresql.ARRAY(column.type)))


def insert_once(connection: Connection, table: Table, keys: Sequence[str], values: Row) -> Insert:
    """An insert that does nothing where the keys are there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).values(**values).on_conflict_do_nothing(index_elements=keys)
    return postgresql.insert(table).values(**values).on_conflict_do_nothing(index_elements=keys)


def insert_or_replace(
    connection: Connection,
    table: Table,
    values: Row,
    only_where: Callable[[Excluded], ColumnElement[bool]] | None = None,
) -> Insert:
    """An insert that replaces the row of the same primary key, `only_where` the old and new rows allow it."""
    keys = [column.name for column in table.primary_key]
    rest = [name for name in values if name not in keys]
    if connection.dialect.name == "sqlite":
        lite = sqlite.insert(table).values(**values)
        new = {name: lite.excluded[name] for name in rest}
        where = only_where(lite.excluded) if only_where else None
        return lite.on_conflict_do_update(index_elements=keys, set_=new, where=where)
    full = postgresql.insert(table).values(**values)
    new = {name: full.excluded[name] for name in rest}
    where = only_where(full.excluded) if only_where else None
    return full.on_conflict_do_update(index_elements=keys, set_=new, where=where)


def insert_numbered(connection: Connection, table: Table, rows: Sequence[Row]) -> list[int]:
    """Insert rows that share their keys, and return the serial numbers they got, in the rows' order."""
    if not rows:
        return []
    serial = next(iter(table.primary_key))
    if connection.dialect.name == "sqlite":
        connection.execute(table.insert(), list(rows))
        # One writer holds the lock, so that AUTOINCREMENT counts without a gap.
        last = connection.execute(select(func.max(serial))).scalar_one()
        return list(range(last - len(rows) + 1, last + 1))
    statement = postgresql.insert(table).from_select(list(rows[0]), _unnested(table, rows))
    return list(connection.execute(statement.returning(serial)).scalars())


def _unnested(table: Table, rows: Sequence[Row]) -> Select[tuple[object, ...]]:
    """The rows as a query: one array parameter per column, because one statement is one round trip."""
    names = list(rows[0])
    arrays = [literal([row[name] for row in rows], postgresql.ARRAY(table.c[name].type)) for name in names]
    source = func.unnest(*arrays).table_valued(*names, with_ordinality="place").render_derived()
    return select(*(source.c[name] for name in names)).order_by(source.c.place)
