"""Accounts in SQL: who has a password here, and the hash of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from lamplighter.domain.access import Role, Via, role_of
from lamplighter.domain.account import Account, LastAdmin, NameTaken
from lamplighter.domain.audit import What, act
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.tables import accounts, sessions, setup_links
from lamplighter.store.writes import insert_once

LIMIT_MAX = 1000


class SqlAccounts:
    """The accounts in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account, *, by: str = "") -> None:
        """Write one, and end the set-up links of earlier starts, which were for the first. Raises `NameTaken`."""
        with self._database.writing() as connection:
            _insert(connection, account)
            append(connection, act(account.created_at, by, What.ACCOUNT_MADE, account.name, role=account.role.word))

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

    def set_password(self, name: str, password_hash: str, stamp: str, now: datetime, *, by: str = "") -> None:
        """Change it, and end every session of that person. Raises `LookupError`."""
        values = {"password_hash": password_hash, "stamp": stamp, "changed_at": now}
        with self._database.writing() as connection:
            if connection.execute(update(accounts).where(accounts.c.name == name).values(**values)).rowcount != 1:
                raise _nobody(name)
            connection.execute(delete(sessions).where(sessions.c.name == name, sessions.c.via == str(Via.PASSWORD)))
            append(connection, act(now, by, What.PASSWORD_CHANGED, name))

    def set_role(self, name: str, role: Role, now: datetime, *, by: str = "") -> None:
        """Change it; sessions read it from here. Raises `LookupError`, `LastAdmin`."""
        with self._database.writing() as connection:
            if role is not Role.ADMIN:
                _keep_an_admin(connection, name)
            changed = update(accounts).where(accounts.c.name == name).values(role=role.word, changed_at=now)
            if connection.execute(changed).rowcount != 1:
                raise _nobody(name)
            append(connection, act(now, by, What.ROLE_CHANGED, name, role=role.word))

    def invite(self, account: Account, *, by: str = "") -> None:
        """Write one without a password, in place of an earlier invitation of that name. Raises `NameTaken`."""
        with self._database.writing() as connection:
            connection.execute(delete(accounts).where(accounts.c.name == account.name, _not_here_yet()))
            _insert(connection, account)
            append(connection, act(account.created_at, by, What.INVITATION_MADE, account.name, role=account.role.word))

    def invited(self, digest: str) -> Account | None:
        """Whom the link of this digest invites."""
        mine = select(accounts).where(accounts.c.stamp == digest, _not_here_yet())
        with self._database.reading() as connection:
            row = connection.execute(mine).first()
        return None if row is None else _account_of(row)

    def accept(self, digest: str, password_hash: str, stamp: str, now: datetime) -> None:
        """Give whom the link invites a password, which ends the link. Raises `LookupError`."""
        values = {"password_hash": password_hash, "stamp": stamp, "changed_at": now}
        mine = update(accounts).where(accounts.c.stamp == digest, _not_here_yet()).values(**values)
        mine = mine.returning(accounts.c.name, accounts.c.role)
        with self._database.writing() as connection:
            # Whoever changes the row has it: a second use at the same moment finds no invitation any more.
            found = connection.execute(mine).one_or_none()
            if found is None:
                raise LookupError("this invitation was used already, or is not one")
            append(connection, act(now, found.name, What.INVITATION_USED, found.name, role=found.role))

    def remove(self, name: str, now: datetime, *, by: str = "") -> None:
        """Remove one, and end every session of that person. Raises `LookupError`, `LastAdmin`."""
        with self._database.writing() as connection:
            _keep_an_admin(connection, name)
            if connection.execute(delete(accounts).where(accounts.c.name == name)).rowcount != 1:
                raise _nobody(name)
            connection.execute(delete(sessions).where(sessions.c.name == name, sessions.c.via == str(Via.PASSWORD)))
            append(connection, act(now, by, What.ACCOUNT_REMOVED, name))


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


def _insert(connection: Connection, account: Account) -> None:
    if not inserted(connection, account):
        raise NameTaken(f"there is an account {account.name} already")
    connection.execute(delete(setup_links).where(setup_links.c.at_start))


def _not_here_yet() -> ColumnElement[bool]:
    return accounts.c.password_hash == ""


def _keep_an_admin(connection: Connection, name: str) -> None:
    """Raises `LastAdmin` where nobody else of that role could sign in."""
    # The rows stay locked to the end, so that two who demote each other at one moment do not both succeed.
    admins = select(accounts.c.name).where(accounts.c.role == Role.ADMIN.word, accounts.c.password_hash != "")
    if list(connection.execute(admins.order_by(accounts.c.name).with_for_update()).scalars()) == [name]:
        raise LastAdmin(name)


def _nobody(name: str) -> LookupError:
    return LookupError(f"there is no account {name[:80]}")


def _account_of(row: Row[Any]) -> Account:
    return Account(row.name, role_of(row.role), row.password_hash, row.stamp, row.created_at, row.changed_at)
