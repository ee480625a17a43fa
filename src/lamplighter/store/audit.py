"""The audit log in SQL: one chain, whoever writes. Its head is one row, and the lock on it is the last that is taken.

Nothing that receives or places alerts writes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, func, select, type_coerce, update
from sqlalchemy import Row as SqlRow
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.audit import FORM, ITSELF, NOTHING, Act, Row, What, act, chained
from lamplighter.domain.chain import LOST, Head
from lamplighter.ports import ActsWanted, StoreUnavailable
from lamplighter.store.columns import Plain
from lamplighter.store.engine import Database
from lamplighter.store.tables import audit, audit_head
from lamplighter.store.values import packed, unpacked

LIMIT_MAX = 2000
_ROWS = select(
    audit.c.seq,
    type_coerce(audit.c.at, Plain).label("at"),
    *(audit.c[name] for name in ("actor", "what", "subject", "detail", "previous", "hash")),
)


class SqlAudit:
    """The audit log in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, done: Act, *, key: str = "") -> bool:
        """Append one act that changes nothing else in the store; False where one of this key is there already."""
        with self._database.writing() as connection:
            return append_once(connection, done, key)

    def listed(self, wanted: ActsWanted = ActsWanted(), *, limit: int = 50, before: int = 0) -> Sequence[Row]:  # noqa: B008 - a frozen value
        """Rows, newest first, at most LIMIT_MAX."""
        query = _ROWS.order_by(audit.c.seq.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        for column, value in ((audit.c.actor, wanted.actor), (audit.c.what, wanted.what), (audit.c.subject, wanted.on)):
            if value:
                query = query.where(column == value)
        if wanted.since is not None:
            query = query.where(audit.c.at >= wanted.since)
        if before:
            query = query.where(audit.c.seq < before)
        with self._database.reading() as connection:
            return [row_from(row) for row in connection.execute(query)]

    def after(self, seq: int, limit: int) -> Sequence[Row]:
        """Rows past a number, in order, at most LIMIT_MAX; 0 is before all of them."""
        with self._database.reading() as connection:
            return rows_after(connection, seq or None, limit)

    def head(self) -> Head:
        """The newest row, as the store remembers it."""
        with self._database.reading() as connection:
            return head_of(connection)


def append(connection: Connection, *done: Act) -> None:
    """Chain acts to the log, in the transaction of what they changed. Call it last: no lock may be taken after it."""
    if done:
        _write(connection, _locked(connection), [(one, None) for one in done])


def append_once(connection: Connection, done: Act, key: str) -> bool:
    """The same for one act, unless one of this key is there already."""
    head = _locked(connection)
    if key and connection.execute(select(exists().where(audit.c.key == key))).scalar_one():
        return False
    _write(connection, head, [(done, key or None)])
    return True


def cut_off(connection: Connection, through: int, now: datetime) -> int:
    """Forget the rows up to a number, and chain a row that says so, with the hash of the last that went."""
    head = _locked(connection)
    last = connection.execute(select(audit.c.hash).where(audit.c.seq == through)).scalar_one_or_none()
    if last is None or through >= head.seq:
        return 0
    gone = connection.execute(delete(audit).where(audit.c.seq <= through)).rowcount
    said = act(now, ITSELF, What.ROWS_PRUNED, "audit", through=str(through), hash=last, rows=str(gone))
    _write(connection, head, [(said, None)])
    return gone


def rows_after(connection: Connection, seq: int | None, limit: int) -> list[Row]:
    """Rows past a number, in order; None is before all of them, also those whose numbers cannot be."""
    query = _ROWS.order_by(audit.c.seq).limit(max(0, min(limit, LIMIT_MAX)))
    return [row_from(row) for row in connection.execute(query if seq is None else query.where(audit.c.seq > seq))]


def head_of(connection: Connection) -> Head:
    """The newest row, as the store remembers it; LOST where it does not."""
    found = connection.execute(select(audit_head).limit(2)).all()
    return Head(found[0].seq, found[0].hash) if len(found) == 1 and _is_head(found[0]) else LOST


def oldest_kept(connection: Connection, before: datetime) -> int:
    """The first row that is of then or later; the newest where there is none."""
    newest = connection.execute(select(func.coalesce(func.max(audit.c.seq), 0))).scalar_one()
    first = select(audit.c.seq).where(audit.c.at >= before).order_by(audit.c.seq).limit(1)
    return int(connection.execute(first).scalar_one_or_none() or newest)


def _locked(connection: Connection) -> SqlRow[Any]:
    """The head, nobody else's until the transaction ends. Raises `StoreUnavailable`: without a log nothing is done."""
    found = connection.execute(select(audit_head).limit(2).with_for_update()).all()
    if len(found) != 1 or not _is_head(found[0]):
        raise StoreUnavailable("the audit log has lost its head; restore a backup, or look who changed the database")
    return found[0]


def _is_head(row: SqlRow[Any]) -> bool:
    return isinstance(row.seq, int) and row.seq >= 0 and isinstance(row.hash, str)


def _write(connection: Connection, head: SqlRow[Any], done: Sequence[tuple[Act, str | None]]) -> None:
    seq, previous = int(head.seq), str(head.hash)
    if not seq:
        began = act(done[0][0].at, ITSELF, What.CHAIN_BEGUN, str(head.installation), form=FORM)
        done, previous = [(began, None), *done], NOTHING
    rows: list[Mapping[str, object]] = []
    for one, key in done:
        row = chained(one, seq + 1, previous)
        rows.append(_columns(row) | {"key": key})
        seq, previous = row.seq, row.hash
    try:
        connection.execute(audit.insert(), rows)
    except IntegrityError as problem:
        words = f"the audit log has a row {rows[0]['seq']} already, behind its newest; see: lamplighter audit verify"
        raise StoreUnavailable(words) from problem
    connection.execute(update(audit_head).values(seq=seq, hash=previous))


def _columns(row: Row) -> dict[str, object]:
    return {
        "seq": row.seq,
        "at": row.at,
        "actor": row.actor,
        "what": row.what,
        "subject": row.on,
        "detail": packed(dict(row.detail)),
        "previous": row.previous,
        "hash": row.hash,
    }


def row_from(row: SqlRow[Any]) -> Row:
    """A row as the database has it; what cannot be read any more stays as it is, and does not fit its hash."""
    actor, what, on = (_text(said) for said in (row.actor, row.what, row.subject))
    found = Row(row.seq, row.at, actor, what, on, {}, _text(row.previous), _text(row.hash))
    with suppress(msgspec.MsgspecError, TypeError, UnicodeError):
        detail = unpacked(row.detail, dict[str, str])
        # What is written there in another way may hold more than is read from it.
        if packed(detail) == row.detail:
            return replace(found, detail=detail)
    return replace(found, detail={"unreadable": str(row.detail)[:200]})


def _text(found: object) -> str:
    """SQLite keeps what is no text in a column of text."""
    return found if isinstance(found, str) else repr(found)
