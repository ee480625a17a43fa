"""Set-up links in SQL: known by the digest of their secret, and all gone once one was used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from lamplighter.domain.account import Account, NameTaken
from lamplighter.domain.audit import ITSELF, What, act
from lamplighter.store.accounts import inserted
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.tables import setup_links
from lamplighter.store.writes import insert_once

KEPT_MAX = 20


class SqlSetupLinks:
    """The set-up links in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: str, now: datetime, *, only: bool, by: str = "") -> None:
        """Write one; `only`, which somebody asked for, ends all others, and the newest KEPT_MAX of starts are kept."""
        values = {"digest": digest, "made_at": now, "at_start": not only}
        newest = select(setup_links.c.digest).order_by(setup_links.c.made_at.desc())
        with self._database.writing() as connection:
            connection.execute(insert_once(connection, setup_links, ("digest",), values))
            kept = [digest, *connection.execute(newest.limit(0 if only else KEPT_MAX - 1)).scalars()]
            connection.execute(delete(setup_links).where(setup_links.c.digest.not_in(kept)))
            how = "asked for" if only else "made at a start"
            append(connection, act(now, by or ITSELF, What.SETUP_LINK_MADE, "setup", how=how))

    def holds(self, digest: str) -> bool:
        """Whether this one may be used."""
        with self._database.reading() as connection:
            return connection.execute(select(setup_links).where(setup_links.c.digest == digest)).first() is not None

    def use(self, digest: str, account: Account) -> None:
        """End all links, and write the account, in one transaction. Raises `LookupError`, `NameTaken`."""
        with self._database.writing() as connection:
            # Whoever deletes it has it: a second use at the same moment deletes nothing.
            if connection.execute(delete(setup_links).where(setup_links.c.digest == digest)).rowcount != 1:
                raise LookupError("this set-up link was used already, or is not one")
            connection.execute(delete(setup_links))
            if not inserted(connection, account):
                # The link goes on holding, because all of this is undone.
                raise NameTaken(f"there is an account {account.name} already")
            used = act(account.created_at, account.name, What.SETUP_LINK_USED, account.name, role=account.role.word)
            append(connection, used)
