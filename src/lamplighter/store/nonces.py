"""The digests of one-time nonces in SQL. A token itself is never stored, and each digest is used once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, select, update

from lamplighter.domain.approval import CannotAnswer
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.store.engine import Database
from lamplighter.store.tables import nonces

_NAMES = tuple(field.name for field in fields(Nonce))


class SqlNonces:
    """The nonces in SQL. Every method blocks, and raises `StoreUnavailable`; every write is durable on return."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(self, issued: Sequence[Nonce]) -> None:
        """Keep them, in one transaction."""
        rows = [{name: getattr(one, name) for name in _NAMES} | {"press": str(one.press)} for one in issued]
        if rows:
            with self._database.writing() as connection:
                connection.execute(nonces.insert(), rows)

    def load(self, digest: str) -> Nonce | None:
        """One of them, used or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(nonces).where(nonces.c.digest == digest)).one_or_none()
        if row is None:
            return None
        return Nonce(**{name: getattr(row, name) for name in _NAMES} | {"press": Press(row.press)})

    def use(self, digest: str, *, by: str, now: datetime) -> bool:
        """Use it up; False where somebody was faster, or it expired."""
        with self._database.writing() as connection:
            return used(connection, digest, by=by, now=now)


def used(connection: Connection, digest: str, *, by: str, now: datetime) -> bool:
    """Use it up within a larger transaction, so that it is used up exactly where the rest takes place."""
    free = (nonces.c.digest == digest) & nonces.c.used_at.is_(None) & (nonces.c.expires_at > now)
    return connection.execute(update(nonces).where(free).values(used_at=now, used_by=by)).rowcount == 1


def spend(connection: Connection, nonce: str, by: str, now: datetime) -> None:
    """The same, where there is a nonce at all. Raises `CannotAnswer` where it counts no more."""
    if nonce and not used(connection, nonce, by=by, now=now):
        raise CannotAnswer("this button was used already, or it is too old")
