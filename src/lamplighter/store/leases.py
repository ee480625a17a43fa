"""Leases with fencing tokens in SQL: who may do what only one process may do.

A token only ever grows, and is unique over all names; a write that bears one is refused once another was handed out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from lamplighter.ports import Clock, Fenced
from lamplighter.store.engine import Database
from lamplighter.store.tables import leases
from lamplighter.store.writes import insert_once

SECONDS_MAX = 86_400.0


class SqlLeases:
    """The leases in SQL. PostgreSQL's own clock decides there; a SQLite file has one process, and so its clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, name: str, holder: str, seconds: float) -> int:
        """The token where `holder` has the lease now; 0 where another holds it. Raises `StoreUnavailable`.

        Who renews its own lease keeps the token, even late, as long as nobody else had it in between. Every life of a
        process is a holder of its own, `name#life`; a later life of the same name takes over at once, with the next
        token, because a lock on its data folder says that the earlier one has ended.
        """
        if not holder:
            raise ValueError("a lease needs a holder with a name")
        try:
            with self._database.writing() as connection:
                return self._taken(connection, name, holder, max(0.0, min(seconds, SECONDS_MAX)))
        except IntegrityError:
            # Another took one of another name in this very moment, and with it the next token.
            return 0

    def release(self, name: str, holder: str) -> None:
        """Let go. The token that was held is worth nothing from here on."""
        mine = (leases.c.name == name) & (leases.c.holder == holder)
        with self._database.writing() as connection:
            connection.execute(update(leases).where(mine).values(holder="", ends_at=self._now(connection)))

    def _taken(self, connection: Connection, name: str, holder: str, seconds: float) -> int:
        now = self._now(connection)
        first = {"name": name, "holder": "", "token": _next_token(connection), "ends_at": now}
        connection.execute(insert_once(connection, leases, ("name",), first))
        row = connection.execute(select(leases).where(leases.c.name == name).with_for_update()).one()
        # The lock may have been waited for, so the time is read again.
        now = self._now(connection)
        if row.holder != holder and not _earlier_life(row.holder, holder) and row.ends_at > now:
            return 0
        token = int(row.token) if row.holder == holder else _next_token(connection)
        values = {"holder": holder, "token": token, "ends_at": now + timedelta(seconds=seconds)}
        connection.execute(update(leases).where(leases.c.name == name).values(**values))
        return token

    def _now(self, connection: Connection) -> datetime:
        if self._database.is_sqlite:
            return self._clock.now()
        found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return found


def _earlier_life(found: str, holder: str) -> bool:
    """Whether the lease is nobody's, or that of an earlier life of the same process."""
    name, mark, _ = holder.partition("#")
    return not found or (bool(mark) and found.startswith(f"{name}#"))


def check_token(connection: Connection, token: int) -> None:
    """Raises `Fenced` unless the token is the one of a lease that is held; 0 asks for no check.

    The lease stays locked until the transaction ends, so that nobody can take it in the middle of the write.
    """
    if not token:
        return
    query = select(leases.c.holder).where(leases.c.token == token).with_for_update()
    if not connection.execute(query).scalar_one_or_none():
        raise Fenced("another process places alerts by now; this one lets go")


def _next_token(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(leases.c.token), 0))).scalar_one()) + 1
