"""A PostgreSQL server's configuration, and one read-only transaction in it, bounded in time. It knows no question."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any, LiteralString, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed, Literal
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from lamplighter.domain.redaction import redact
from lamplighter.domain.topology import Component
from lamplighter.integrations.fetching import why_not_reached
from lamplighter.ports import ToolError

ROWS_MAX = 50
ERROR_CHARS_MAX = 500
CONNECT_SECONDS_MIN = 2
NAME = "lamplighter"
CONTACT: LiteralString = (
    "SELECT current_setting('server_version') AS version,"
    " pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER') AS may_see"
)


class PostgresqlConfig(BaseModel):
    """`components` are the names or globs of what this server is; empty means the host in `url`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: SecretStr
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)
    components: tuple[str, ...] = Field(default=(), max_length=100)

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: SecretStr) -> SecretStr:
        # The parser's own words would show the password.
        if not _is_url(url.get_secret_value()):
            raise ValueError("must be a URL: postgresql://lamplighter@db:5432/postgres")
        return url

    @model_validator(mode="after")
    def _stands_for_something(self) -> Self:
        if not self.components and not self.host:
            raise ValueError("components must name what this server is, because url names no host")
        return self

    @property
    def host(self) -> str:
        """The first host's name in `url`; empty for a socket, this machine and a bare address."""
        host = str(conninfo_to_dict(self.url.get_secret_value()).get("host") or "").split(",")[0]
        if host.startswith(("/", "@")) or host == "localhost" or _is_address(host):
            return ""
        return host

    @property
    def places(self) -> tuple[str, ...]:
        """What is connected to: names and addresses, but no sockets."""
        given = conninfo_to_dict(self.url.get_secret_value())
        named = ",".join(str(given.get(key) or "") for key in ("host", "hostaddr")).split(",")
        return tuple(host for host in named if host and not host.startswith(("/", "@")))

    def stands_for(self, component: Component) -> bool:
        """Whether a component is this server."""
        patterns = self.components or (self.host, self.host.split(".")[0])
        return any(fnmatchcase(name, pattern) for name in component.names for pattern in patterns)


class Session:
    """One transaction that can change nothing."""

    def __init__(self, connection: psycopg.AsyncConnection[DictRow]) -> None:
        self._connection = connection

    async def rows(self, query: LiteralString | Composed, params: Sequence[Any] = ()) -> list[DictRow]:
        """At most ROWS_MAX rows."""
        text = SQL(query) if isinstance(query, str) else query
        cursor = await self._connection.execute(text, params or None)
        return await cursor.fetchmany(ROWS_MAX)

    async def one(self, query: LiteralString) -> DictRow:
        """The only row."""
        return (await self.rows(query))[0]

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """What fails in here leaves the rest of the transaction as it was."""
        async with self._connection.transaction():
            yield


class Database:
    """Opens a session on a connection of its own, and closes it."""

    def __init__(self, config: PostgresqlConfig) -> None:
        self._config = config

    def stands_for(self, component: Component) -> bool:
        """Whether a component is this server."""
        return self._config.stands_for(component)

    async def contact(self) -> str:
        """Its version, and whether it tells a stranger's statements. Raises `ToolError`."""
        async with self.session() as session:
            row = await session.one(CONTACT)
        if not row["may_see"]:
            raise ToolError("signed in, but this role may not see others' statements: it lacks pg_monitor")
        return f"PostgreSQL {row['version']}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A read-only transaction, within the configured seconds in all. Raises `ToolError` with the raw reason."""
        seconds = self._config.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                for place in self._config.places:
                    if why := await asyncio.to_thread(why_not_reached, place):
                        raise ToolError(why)
                # Nothing is set for the whole session: behind a pooler it would be another client's next.
                connection = await psycopg.AsyncConnection.connect(
                    self._config.url.get_secret_value(),
                    row_factory=dict_row,
                    prepare_threshold=None,
                    application_name=NAME,
                    connect_timeout=max(CONNECT_SECONDS_MIN, math.ceil(seconds)),
                )
                async with connection:
                    await connection.set_read_only(True)
                    limit = Literal(f"{math.ceil(seconds * 1000)}ms")
                    await connection.execute(SQL("SET LOCAL statement_timeout = {}").format(limit))
                    yield Session(connection)
                    await connection.rollback()
        except TimeoutError as problem:
            raise ToolError(f"no whole answer in {seconds:g} s") from problem
        except (psycopg.Error, OSError, UnicodeError) as problem:
            text = " ".join(str(problem).split())
            raise ToolError(f"{type(problem).__name__}: {redact(text)[:ERROR_CHARS_MAX]}") from problem


def _is_url(text: str) -> bool:
    if not text.startswith(("postgresql://", "postgres://")):
        return False
    try:
        conninfo_to_dict(text)
    except (psycopg.Error, ValueError):
        return False
    return True


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
