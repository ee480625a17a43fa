"""Evidence from PostgreSQL's own views: connections, who blocks whom, slow statements, replication. Read only."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import psycopg

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.postgresql import queries
from lamplighter.integrations.postgresql.client import Database, Session
from lamplighter.integrations.postgresql.statement_text import shown_statement
from lamplighter.ports import ToolError

Row = dict[str, Any]
TEXT_CHARS_MAX = 200
TOTAL_TIME_FROM = (1, 8)


class ServerTool(ABC):
    """One look at the server, in one transaction. Content: an object with `query`, `rows`, `settings` and more."""

    name: str
    view: str

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def serves(self, component: Component) -> bool:
        """What this server is."""
        return self._database.stands_for(component)

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece; where the server could not be asked, with `error` naming the view and the raw reason."""
        content, error, truncated = "", "", False
        try:
            async with self._database.session() as session:
                settings = await session.one(queries.SETTINGS)
                found = await self.look(session)
            content, truncated = fitting({"query": self.view, **found, "settings": settings})
        except ToolError as problem:
            error = f"{self.view}: {problem}"
        name = question.component.name
        params = {"query": self.view, "component": name}
        key = f"{self.name}:{name}"
        media = "application/json"
        return (Evidence(key, self.name, name, params, media, content, self._now(), error, truncated),)

    @abstractmethod
    async def look(self, session: Session) -> dict[str, Any]:
        """`rows` and what else belongs to this look."""


class Activity(ServerTool):
    """Connections by state beside what is allowed, and the longest transactions."""

    name = "postgresql.activity"
    view = "SELECT … FROM pg_stat_activity"

    async def look(self, session: Session) -> dict[str, Any]:
        """`totals`, `rows` of connections by who and state, `longest` transactions."""
        return {
            "totals": await session.one(queries.TOTALS),
            "rows": await session.rows(queries.CONNECTIONS),
            "longest": await session.rows(queries.LONGEST),
        }


class Locks(ServerTool):
    """Who waits for a lock, and whom for."""

    name = "postgresql.locks"
    view = "SELECT …, pg_blocking_pids(pid) FROM pg_stat_activity JOIN pg_locks"

    async def look(self, session: Session) -> dict[str, Any]:
        """`rows` of those who wait, longest first, and the `blockers` they wait for."""
        rows = await session.rows(queries.WAITING)
        pids = sorted({pid for row in rows for pid in row["blocked_by"]})
        return {"rows": rows, "blockers": await session.rows(queries.SESSIONS, (pids,)) if pids else []}


class Statements(ServerTool):
    """The statements that took most time where `pg_stat_statements` counts them, and those that run now."""

    name = "postgresql.statements"
    view = "SELECT … FROM pg_stat_statements, pg_stat_activity"

    async def look(self, session: Session) -> dict[str, Any]:
        """`rows` of statements that were counted, `running` ones, and why nothing was counted."""
        found: dict[str, Any] = {"rows": [], "running": await session.rows(queries.RUNNING)}
        extension = await session.rows(queries.EXTENSION)
        if not extension:
            return {**found, "not_counted": "the extension pg_stat_statements is not installed in this database"}
        version = tuple(int(part) for part in str(extension[0]["version"]).split(".") if part.isdigit())
        query = queries.counted(str(extension[0]["schema"]), newer=version >= TOTAL_TIME_FROM)
        try:
            async with session.aside():
                found["rows"] = await session.rows(query)
        except psycopg.Error as problem:
            found["not_counted"] = " ".join(str(problem).split())[:TEXT_CHARS_MAX]
        return found


class Replication(ServerTool):
    """How far the replicas are behind this server, or this replica behind its primary."""

    name = "postgresql.replication"
    view = "SELECT … FROM pg_stat_replication, pg_stat_wal_receiver, pg_replication_slots"

    async def look(self, session: Session) -> dict[str, Any]:
        """`rows` of replicas, `slots`, and for a replica its `receiver`."""
        return {
            "rows": await session.rows(queries.REPLICAS),
            "slots": await session.rows(queries.SLOTS),
            "receiver": await session.one(queries.RECEIVER),
        }


def fitting(found: dict[str, Any]) -> tuple[str, bool]:
    """The answer as JSON with texts that may be shown; the longest list loses its last rows until it fits."""
    kept: dict[str, Any] = {
        key: [_safe(row) for row in value] if isinstance(value, list) else value for key, value in found.items()
    }
    content, cut = json.dumps(kept, default=str), False
    while len(content.encode()) > EVIDENCE_BYTES_MAX:
        longest = max((key for key, value in kept.items() if isinstance(value, list)), key=lambda key: len(kept[key]))
        if not kept[longest]:
            return "{}", True
        kept[longest] = kept[longest][: len(kept[longest]) * 3 // 4]
        content, cut = json.dumps(kept, default=str), True
    return content, cut


def _safe(row: Row) -> Row:
    return {key: _safe_value(key, value) for key, value in row.items()}


def _safe_value(key: str, value: object) -> object:
    if isinstance(value, bytes):
        # A database without an encoding gives its texts as bytes.
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return value
    return shown_statement(value) if key == "statement" else value[:TEXT_CHARS_MAX]
