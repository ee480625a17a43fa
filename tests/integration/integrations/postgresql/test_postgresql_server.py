from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.postgresql.client import Database, PostgresqlConfig
from lamplighter.lab.shop.layout import free_ports
from lamplighter.ports import ToolError
from lamplighter.testing import NOON, firing, roles_of

pytestmark = pytest.mark.postgres
DB = Component("docker", "container", "db", "c1")
WAIT_SECONDS = 60.0


async def ask(url: str, tool: str, seconds: float = 5.0) -> Evidence:
    config = {"url": url, "components": ["db"], "timeout_seconds": seconds}
    roles = roles_of("postgresql", config)
    (chosen,) = [one for one in roles.tools if one.name == f"postgresql.{tool}"]
    assert chosen.serves(DB)
    (found,) = await chosen.gather(Question(DB, firing(), NOON, NOON))
    return found


async def answer(url: str, tool: str) -> dict[str, Any]:
    found = await ask(url, tool)
    assert found.error == ""
    content: dict[str, Any] = json.loads(found.content)
    return content


@asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await psycopg.AsyncConnection.connect(url, application_name=name)
    try:
        yield connection
    finally:
        await connection.close()


async def told(url: str, tool: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The first answer that is as it is awaited to be."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds(found := await answer(url, tool)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


async def waits(url: str) -> None:
    await told(url, "locks", lambda data: data["rows"])


async def test_who_sits_idle_in_a_transaction_is_counted_and_named(new_postgres_url: Callable[[], str]) -> None:
    url = new_postgres_url()
    async with connected(url, "forgetful") as connection:
        await connection.execute("SELECT 'hunter2'")
        found = await ask(url, "activity")
    data = json.loads(found.content)
    assert data["settings"]["max_connections"] == 100
    assert data["settings"]["in_recovery"] is False
    (row,) = [row for row in data["rows"] if row["application"] == "forgetful"]
    assert (row["state"], row["connections"]) == ("idle in transaction", 1)
    assert "hunter2" not in found.content
    (longest,) = [row for row in data["longest"] if row["application"] == "forgetful"]
    assert longest["statement"] == "SELECT ?"
    (fact,) = read(found)
    assert fact.kind == "database"
    assert (fact.number("idle_in_transaction") or 0) >= 1
    assert fact.number("connections_max") == 97


async def test_who_blocks_whom_is_told(new_postgres_url: Callable[[], str]) -> None:
    url = new_postgres_url()
    async with connected(url, "holder") as holder, connected(url, "waiter") as waiter:
        await holder.execute("CREATE TABLE carts (id int)")
        await holder.commit()
        await holder.execute("LOCK TABLE carts")
        blocked = asyncio.create_task(waiter.execute("SELECT * FROM carts"))
        await waits(url)
        found = await ask(url, "locks")
        await holder.rollback()
        await blocked
    (row,) = json.loads(found.content)["rows"]
    (blocker,) = json.loads(found.content)["blockers"]
    assert (row["application"], row["relation"], row["blocked_by"]) == ("waiter", "carts", [blocker["pid"]])
    (fact,) = read(found)
    assert fact.number("blocked_count") == 1
    assert fact.values["blocker_application"] == "holder"
    assert "idle in transaction" in fact.text
    assert fact.text.endswith("LOCK TABLE carts")


async def test_what_runs_now_is_told_where_nothing_is_counted(new_postgres_url: Callable[[], str]) -> None:
    url = new_postgres_url()
    async with connected(url, "slow") as slow:
        sleeping = asyncio.create_task(slow.execute("SELECT pg_sleep(600)"))
        data = await told(url, "statements", lambda data: any(one["application"] == "slow" for one in data["running"]))
        sleeping.cancel()
        await asyncio.gather(sleeping, return_exceptions=True)
    assert [row["statement"] for row in data["running"] if row["application"] == "slow"] == ["SELECT pg_sleep(600)"]
    assert data["rows"] == []
    assert "is not installed" in data["not_counted"]


async def test_an_extension_that_is_installed_but_not_loaded_costs_only_itself(
    new_postgres_url: Callable[[], str],
) -> None:
    url = new_postgres_url()
    await install(url)
    data = await answer(url, "statements")
    assert "shared_preload_libraries" in data["not_counted"]
    assert data["settings"]["in_recovery"] is False


async def test_the_costliest_statements_are_told_where_they_are_counted(
    new_postgres_url: Callable[[], str], postgres_restart: Callable[[], None]
) -> None:
    url = new_postgres_url()
    await alter_system(url, "SET shared_preload_libraries = 'pg_stat_statements'")
    await asyncio.to_thread(postgres_restart)
    try:
        await install(url)
        async with connected(url, "app") as app:
            await app.execute("SELECT pg_sleep(0.2), 'hunter2'")
        found = await ask(url, "statements")
    finally:
        await alter_system(url, "RESET shared_preload_libraries")
        await asyncio.to_thread(postgres_restart)
    assert "SELECT pg_sleep($1), $2" in [row["statement"] for row in json.loads(found.content)["rows"]]
    assert [fact.values["about"] for fact in read(found)] == ["statements", "counted_statements"]


async def test_a_server_without_replicas_says_so(new_postgres_url: Callable[[], str]) -> None:
    found = await ask(new_postgres_url(), "replication")
    (fact,) = read(found)
    assert (fact.number("in_recovery"), fact.number("replicas")) == (0.0, 0.0)
    assert "lag_seconds" not in fact.values


@pytest.fixture
def replica_url(postgres_server: Any) -> Iterator[str]:  # noqa: ANN401 - its class is the conftest's own
    """A replica of the server, which is stopped and gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="lamplighter-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    (port,) = free_ports(1)
    replica = replace(postgres_server, folder=folder, port=port)
    source = ("-h", "127.0.0.1", "-p", str(postgres_server.port), "-U", "postgres")
    replica.run("pg_basebackup", *source, "-D", str(folder / "data"), "-R", "--no-sync", "-c", "fast")
    replica.control("start")
    yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    replica.control("stop", "-m", "immediate")
    shutil.rmtree(folder)


async def fallen_behind(url: str, replica_url: str) -> tuple[Fact, Fact]:
    """What server and replica say once both know of more than ten kilobytes between them, or in the end."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        (behind,) = read(await ask(replica_url, "replication"))
        (ahead,) = read(await ask(url, "replication"))
        if all((one.number("lag_bytes") or 0) > 10_000 for one in (ahead, behind)) or time.monotonic() > deadline:
            return ahead, behind
        await asyncio.sleep(0.1)


async def test_a_replica_that_is_stopped_from_replaying_falls_behind(
    new_postgres_url: Callable[[], str], replica_url: str
) -> None:
    url = new_postgres_url()
    connection = await psycopg.AsyncConnection.connect(replica_url, autocommit=True)
    async with connection, connected(url, "app") as app:
        await connection.execute("SELECT pg_wal_replay_pause()")
        await app.execute("CREATE TABLE t AS SELECT generate_series(1, 1000)")
        await app.commit()
        (ahead, behind) = await fallen_behind(url, replica_url)
    assert (behind.number("in_recovery"), behind.number("replay_paused")) == (1.0, 1.0)
    assert behind.values["receiver"] == "streaming"
    assert (behind.number("lag_bytes") or 0) > 10_000
    assert ahead.number("replicas") == 1.0
    assert (ahead.number("lag_bytes") or 0) > 10_000


async def test_nothing_can_be_changed_and_nothing_takes_long(new_postgres_url: Callable[[], str]) -> None:
    config = PostgresqlConfig.model_validate({"url": new_postgres_url(), "components": ["db"], "timeout_seconds": 0.5})
    database = Database(config)
    with pytest.raises(ToolError, match="read-only transaction"):
        async with database.session() as session:
            await session.rows("CREATE TABLE x ()")
    with pytest.raises(ToolError, match=r"statement timeout|no whole answer in 0.5 s"):
        async with asyncio.timeout(WAIT_SECONDS), database.session() as session:
            await session.rows("SELECT pg_sleep(60)")


async def test_where_no_connection_is_left_the_refusal_is_the_evidence(new_postgres_url: Callable[[], str]) -> None:
    url = new_postgres_url()
    role = f"guest_{url.rsplit('/', maxsplit=1)[1]}"
    guest = make_conninfo(url, user=role)
    async with connected(url, "owner") as owner:
        await owner.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
        await owner.commit()
        held = [await psycopg.AsyncConnection.connect(guest) for _ in range(96)]
        try:
            found = await ask(f"postgresql://{role}@{url.partition('@')[2]}", "activity")
        finally:
            for one in held:
                await one.close()
            await owner.execute(SQL("DROP ROLE {}").format(Identifier(role)))
            await owner.commit()
    assert found.error.startswith("SELECT … FROM pg_stat_activity: OperationalError:")
    assert [(fact.kind, fact.values.get("sign")) for fact in read(found)] == [
        ("look_failed", None),
        ("log_sign", "connection_pool_exhausted"),
    ]


async def test_a_role_that_sees_little_is_told_from_one_that_sees_all(new_postgres_url: Callable[[], str]) -> None:
    url = new_postgres_url()
    role = f"guest_{url.rsplit('/', maxsplit=1)[1]}"
    async with connected(url, "owner") as owner:
        await owner.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
        await owner.commit()
        await owner.execute("SELECT 1")
        try:
            data = await answer(f"postgresql://{role}@{url.partition('@')[2]}", "activity")
        finally:
            await owner.execute(SQL("DROP ROLE {}").format(Identifier(role)))
            await owner.commit()
    assert data["settings"]["sees_all"] is False
    assert data["totals"]["connections"] >= 1
    assert {row["state"] for row in data["rows"]} == {"hidden"}


async def install(url: str) -> None:
    async with connected(url, "owner") as owner:
        await owner.execute("CREATE EXTENSION pg_stat_statements")
        await owner.commit()


async def alter_system(url: str, change: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        await connection.execute(f"ALTER SYSTEM {change}".encode())
