"""Sessions in SQL: which browsers are signed in, known by the digest of their cookie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select

from lamplighter.domain.access import Person, Via, role_of
from lamplighter.domain.account import Presence, Session
from lamplighter.domain.audit import What, act
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.tables import accounts, sessions

LIMIT_MAX = 1000


class SqlSessions:
    """The sessions in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, session: Session) -> None:
        """Write one, and forget those that have expired."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
            connection.execute(
                sessions.insert().values(
                    digest=session.digest,
                    name=session.name,
                    role=session.role.word,
                    via=str(session.via),
                    stamp=session.stamp,
                    created_at=session.created_at,
                    expires_at=session.expires_at,
                )
            )
            who = Person(session.name, session.role, session.via).signature
            append(connection, act(session.created_at, who, What.SIGNED_IN, session.name, via=str(session.via)))

    def load(self, digest: str, now: datetime) -> Session | None:
        """One that holds now. The account must still be there with the same stamp, and its role counts."""
        mine = and_(accounts.c.name == sessions.c.name, accounts.c.stamp == sessions.c.stamp)
        query = (
            select(sessions, accounts.c.role.label("role_now"))
            .select_from(sessions.outerjoin(accounts, mine))
            .where(sessions.c.digest == digest, sessions.c.expires_at > now, sessions.c.created_at <= now)
            .where(or_(sessions.c.via != str(Via.PASSWORD), accounts.c.name.is_not(None)))
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        via = Via(row.via)
        role = role_of(row.role_now if via is Via.PASSWORD else row.role)
        return Session(row.digest, row.name, role, via, row.stamp, row.created_at, row.expires_at)

    def end(self, digest: str) -> None:
        """End one, if it is there."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))

    def end_all(self, name: str, now: datetime, *, by: str = "") -> int:
        """End all of that name, whoever vouched for it; how many there were."""
        with self._database.writing() as connection:
            ended = connection.execute(delete(sessions).where(sessions.c.name == name)).rowcount
            append(connection, act(now, by, What.SESSIONS_ENDED, name, sessions=str(ended)))
            return ended

    def present(self, now: datetime, limit: int = 500) -> Sequence[Presence]:
        """Who is signed in somewhere, the latest first, at most LIMIT_MAX."""
        kinds, latest = (sessions.c.name, sessions.c.via, sessions.c.role), func.max(sessions.c.created_at)
        query = select(*kinds, func.count().label("held"), latest.label("latest_at")).group_by(*kinds)
        held = query.where(sessions.c.expires_at > now).order_by(latest.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            rows = connection.execute(held).all()
        return [Presence(row.name, Via(row.via), role_of(row.role), row.held, row.latest_at) for row in rows]
