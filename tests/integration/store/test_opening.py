"""Opening, readiness, and what happens when the disk or the server lets us down."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.domain.placement import Opens, Placed
from lamplighter.ports import StoreUnavailable
from lamplighter.store import SqlStore, schema, tables
from lamplighter.store.sqlite_file import prepare_file

Maker = Callable[..., Alert]
Opened = Callable[..., SqlStore]
LOGS_MAX = 10

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a small tmpfs is mounted as root only")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def filled(tmp_path: Path, opened: Opened, alert: Maker, now: datetime) -> Path:
    """A closed SQLite file of about a megabyte."""
    path = tmp_path / "filled.db"
    store = opened(f"sqlite:///{path}")
    delivery = Delivery(tuple(alert(f"n{n}", summary=f"{n} " * 20) for n in range(2000)))
    asyncio.run(store.journal.append(delivery, "s", now))
    store.close()
    return path


def test_a_store_that_works_is_ready(store: SqlStore) -> None:
    assert store.ready() == ""
    assert store.ready() == ""


def test_the_schema_is_what_the_tables_say(store: SqlStore) -> None:
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == schema.HEAD
        assert compare_metadata(context, tables.metadata) == []


def test_many_start_at_once(empty_url: str, opened: Opened) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(opened, [empty_url] * 4))
    assert [store.ready() for store in stores] == [""] * 4


def test_a_file_that_many_make_at_once_is_made_for_all_of_them(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        for number in range(30):
            # SQLite refuses the change to write-ahead logging at once where another makes it, once in some dozen times.
            list(pool.map(prepare_file, [tmp_path / f"{number}.db"] * 6))


def test_a_newer_schema_is_refused(url: str, opened: Opened) -> None:
    store = opened(url)
    with store._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="newer Lamplighter"):
        opened(url)


def test_the_file_is_for_its_owner_only(tmp_path: Path, opened: Opened) -> None:
    opened(f"sqlite:///{tmp_path}/x.db")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}


def test_what_is_no_database_url_is_refused(opened: Opened) -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "nonsense"):
        with pytest.raises(ValueError, match="write sqlite:") as caught:
            opened(url)
        assert "secret" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(StoreUnavailable, match=f"folder {tmp_path}/none does not exist"):
        opened(f"sqlite:///{tmp_path}/none/x.db")


def test_a_server_that_is_not_there_is_named_without_its_password(opened: Opened) -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/x") as caught:
        opened("postgresql://u:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75])
def test_a_damaged_file_is_refused_and_left_as_it_is(filled: Path, opened: Opened, share: float) -> None:
    pages = filled.stat().st_size // 4096
    with filled.open("r+b") as file:
        file.seek(int(pages * share) * 4096)
        file.write(hashlib.shake_256(b"rubbish").digest(4096))
    before = filled.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"filled\.db is damaged .* Restore it from a backup"):
        opened(f"sqlite:///{filled}")
    assert filled.read_bytes() == before


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "notes.txt").write_text("my notes\n")
    with pytest.raises(StoreUnavailable, match="damaged"):
        opened(f"sqlite:///{tmp_path}/notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "my notes\n"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@needs_root
def test_a_read_only_file_is_refused(small_disk: Path, opened: Opened) -> None:
    opened(f"sqlite:///{small_disk}/x.db").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreUnavailable, match=r"x\.db cannot be opened for writing"):
        opened(f"sqlite:///{small_disk}/x.db")


@needs_root
def test_a_full_disk_is_said_and_recovers(small_disk: Path, opened: Opened, alert: Maker, now: datetime) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 2_000_000)
    store = opened(f"sqlite:///{small_disk}/x.db", append_timeout_seconds=5.0)
    acknowledged: list[str] = []

    async def fill() -> None:
        for n in range(2000):
            await store.journal.append(Delivery((alert(f"n{n}", summary=f"{n} " * 2000),)), "s", now)
            acknowledged.append(f"n{n}")

    # Where the log begins again from its start, it has room once more: then this is filled too.
    for _ in range(LOGS_MAX):
        with pytest.raises(StoreUnavailable, match="full"):
            asyncio.run(fill())
        if store.ready():
            break
    assert "full" in store.ready()
    entry = store.journal.unplaced(1)[0]
    opens = Placed(entry, Opens("new:1", "x" * 1_000_000, "critical"))
    with pytest.raises(StoreUnavailable, match="full"):
        store.incidents.apply((opens,), (), {}, now)
    ballast.unlink()
    assert store.ready() == ""
    asyncio.run(store.journal.append(Delivery((alert("after"),)), "s", now))
    with store._database.reading() as connection:
        stored = set(connection.execute(text("SELECT fingerprint FROM journal")).scalars())
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert {*acknowledged, "after"} <= stored


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_readiness_does_not_wait_for_a_lock(
    store: SqlStore, writers_blocked: Callable[[], AbstractContextManager[None]]
) -> None:
    with writers_blocked():
        reason = store.ready()
    assert "store.db: database is locked" in reason


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_a_server_restart_loses_nothing_and_is_got_over(
    store: SqlStore, postgres_restart: Callable[[], None], alert: Maker, now: datetime
) -> None:
    acknowledged: list[str] = []
    refused: list[str] = []

    async def append(lane: int, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            name = f"{lane}.{number}"
            try:
                await store.journal.append(Delivery((alert(name),)), "s", now)
                acknowledged.append(name)
            except StoreUnavailable:
                refused.append(name)
                await asyncio.sleep(0.01)

    async def run() -> None:
        stop = asyncio.Event()
        lanes = [asyncio.create_task(append(lane, stop)) for lane in range(8)]
        for _ in range(3):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(postgres_restart)
        await asyncio.sleep(0.2)
        stop.set()
        await asyncio.gather(*lanes)

    asyncio.run(run())
    stored = {entry.alert.fingerprint for entry in store.journal.unplaced(10_000)}
    assert len(acknowledged) > 8
    assert set(acknowledged) <= stored
    assert store.ready() == ""
    assert store.incidents.counts() == {}


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_an_idle_writer_gets_over_a_restart_without_an_error(
    store: SqlStore, postgres_restart: Callable[[], None], alert: Maker, now: datetime
) -> None:
    asyncio.run(store.journal.append(Delivery((alert("before"),)), "s", now))
    postgres_restart()
    asyncio.run(store.journal.append(Delivery((alert("after"),)), "s", now))
    assert [entry.alert.fingerprint for entry in store.journal.unplaced(10)] == ["before", "after"]


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_a_database_set_to_read_only_is_said(store: SqlStore, opened: Opened, url: str) -> None:
    name = url.rsplit("/", maxsplit=1)[1]
    with store._database.writing() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    late = opened(url)
    assert "read-only" in late.ready()
    with pytest.raises(StoreUnavailable, match="read-only"):
        late.ledger.freeze("t", "r", late._clock.now())
