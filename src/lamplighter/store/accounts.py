"""Accounts in SQL: who has a password here, and the hash of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from lamplighter.domain.access import Role, Via, role_of
from lamplighter.domain.account import Account, NameTaken
from lamplighter.store.engine import Database
from lamplighter.store.tables import accounts, sessions, setup_links
from lamplighter.store.writes import insert_once

LIMIT_MAX = 1000


class SqlAccounts:
    """The accounts in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> None:
        """Write one, and end the set-up links of earlier starts, which were for the first. Raises `NameTaken`."""
        with self._database.writing() as connection:
            if not inserted(connection, account):
                raise NameTaken(f"there is an account {account.name} already")
            connection.execute(delete(setup_links).where(setup_links.c.at_start))

    def load(self, name: str) -> Account | None:
        """One account."""
        with self._database.reading() as connection:
            row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
        return None if row is None else _account_of(row)

    def listed(self, limit: int = 500) -> Sequence[Account]:
        """Accounts by name, at most LIMIT_MAX."""
        query = select(accounts).order_by(accounts.c.name).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            return [_account_of(row) for row in connection.execute(query)]

    def set_password(self, name: str, password_hash: str, stamp: str, now: datetime) -> None:
        """Change it, and end every session of that person. Raises `LookupError`."""
        self._change(name, {"password_hash": password_hash, "stamp": stamp, "changed_at": now}, ends_sessions=True)

    def set_role(self, name: str, role: Role, now: datetime) -> None:
        """Change it; sessions read it from here. Raises `LookupError`."""
        self._change(name, {"role": role.word, "changed_at": now}, ends_sessions=False)

    def remove(self, name: str) -> None:
        """Remove one, and end every session of that person. Raises `LookupError`."""
        with self._database.writing() as connection:
            if connection.execute(delete(accounts).where(accounts.c.name == name)).rowcount != 1:
                raise _nobody(name)
            connection.execute(delete(sessions).where(sessions.c.name == name, sessions.c.via == str(Via.PASSWORD)))

    def _change(self, name: str, values: dict[str, object], *, ends_sessions: bool) -> None:
        with self._database.writing() as connection:
            if connection.execute(update(accounts).where(accounts.c.name == name).values(**values)).rowcount != 1:
                raise _nobody(name)
            if ends_sessions:
                connection.execute(delete(sessions).where(sessions.c.name == name, sessions.c.via == str(Via.PASSWORD)))


def inserted(connection: Connection, account: Account) -> bool:
    """Whether it was written; not where the name is taken."""
    # PostgreSQL's driver does not count the rows of such an insert.
    statement = insert_once(connection, accounts, ("name",), columns(account)).returning(accounts.c.name)
    return connection.execute(statement).first() is not None


def columns(account: Account) -> dict[str, object]:
    """An account as its table has it."""
    return {
        "name": account.name,
        "role": account.role.word,
        "password_hash": account.password_hash,
        "stamp": account.stamp,
        "created_at": account.created_at,
        "changed_at": account.changed_at,
    }


def _nobody(name: str) -> LookupError:
    return LookupError(f"there is no account {name[:80]}")


def _account_of(row: Row[Any]) -> Account:
    return Account(row.name, role_of(row.role), row.password_hash, row.stamp, row.created_at, row.changed_at)
