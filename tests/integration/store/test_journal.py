"""The journal under load, under locks and under kill -9: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, event, func, select, update

from lamplighter.domain.alert import Alert, BadAlert, Delivery
from lamplighter.ports import Sought, StoreUnavailable
from lamplighter.store import SqlStore
from lamplighter.store.tables import bodies, deliveries, journal

Maker = Callable[..., Alert]

APPENDER = """
import asyncio, sys
from datetime import UTC, datetime
from lamplighter.domain.alert import Alert, AlertStatus, Delivery
from lamplighter.store import open_store

class Clock:
    def now(self): return datetime.now(UTC)

async def one(store, lane):
    for number in range(100_000):
        name = f"{lane}-{number}"
        alert = Alert("s", name, AlertStatus.FIRING, {"n": name}, {}, datetime.now(UTC))
        await store.journal.append(Delivery((alert,)), "s", datetime.now(UTC))
        print(name, flush=True)

async def main():
    store = open_store(sys.argv[1], clock=Clock())
    await asyncio.gather(*(one(store, lane) for lane in range(16)))

asyncio.run(main())
"""


def _count(store: SqlStore, table: object) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]  # any table


async def test_a_delivery_is_kept_whole_and_in_order(store: SqlStore, alert: Maker, now: datetime) -> None:
    bad = BadAlert("labels: not an object", '{"labels": "\x00"}')
    delivery = Delivery((alert("a"), alert("b"), alert("c")), (bad,), truncated_count=995)
    assert await store.journal.append(delivery, "alertmanager", now) == 3
    entries = store.journal.unplaced(10)
    assert [(entry.seq, entry.alert.fingerprint) for entry in entries] == [(1, "a"), (2, "b"), (3, "c")]
    assert entries[0].alert == alert("a")
    assert entries[0].received_at == now
    assert entries[0].extra == {"truncated": "995"}
    (letter,) = store.journal.dead_letters(10)
    assert letter == {
        "id": "1",
        "received_at": now.isoformat(),
        "source": "alertmanager",
        "reason": "labels: not an object",
        "payload": '{"labels": "\ufffd"}',
    }


async def test_a_truncated_count_of_any_size_is_taken(store: SqlStore, alert: Maker, now: datetime) -> None:
    for claimed in (10**30, -5):
        await store.journal.append(Delivery((alert(),), truncated_count=claimed), "s", now)
    assert [entry.extra for entry in store.journal.unplaced(2)] == [{"truncated": str(2**31 - 1)}, {}]


async def test_a_delivery_of_bad_alerts_only_has_no_seq(store: SqlStore, now: datetime) -> None:
    assert await store.journal.append(Delivery(bad=(BadAlert("r", "p"),)), "s", now) == 0
    assert await store.journal.append(Delivery(), "s", now) == 0
    assert len(store.journal.dead_letters(10)) == 1
    assert store.journal.unplaced(10) == []


async def test_repeated_alerts_share_one_body(store: SqlStore, alert: Maker, now: datetime) -> None:
    for _ in range(3):
        await store.journal.append(Delivery((alert(), alert())), "s", now)
    assert len(store.journal.unplaced(100)) == 6
    assert _count(store, bodies) == 1


async def test_text_that_no_database_takes_is_cleaned(store: SqlStore, alert: Maker, now: datetime) -> None:
    dirty = replace(alert("nul\x00"), labels={"a\x00": "x\ud800"}, annotations={"summary": "\u202ertl \x1b[31m"})
    await store.journal.append(Delivery((dirty,)), "s\udfff", now)
    (entry,) = store.journal.unplaced(1)
    assert entry.alert.labels == {"a\ufffd": "x\ufffd"}
    assert entry.alert.fingerprint == "nul\ufffd"
    assert entry.alert.annotations == dirty.annotations


async def test_concurrent_appends_share_commits(
    store: SqlStore, alert: Maker, now: datetime, writers_blocked: Callable[[], AbstractContextManager[None]]
) -> None:
    commits: list[object] = []
    event.listen(store._database.writer, "commit", commits.append)
    batches = [Delivery(tuple(alert(f"{lane}.{n}") for n in range(10))) for lane in range(32)]
    with writers_blocked():
        waiting = [asyncio.create_task(store.journal.append(batch, "s", now)) for batch in batches]
        await asyncio.sleep(0)
    seqs = await asyncio.gather(*waiting)
    # The first delivery may have been taken alone; all that queued behind it go in one transaction.
    assert len(commits) <= 2
    assert sorted(seqs) == [10 * (lane + 1) for lane in range(32)]
    entries = store.journal.unplaced(1000)
    for lane, seq in enumerate(seqs):
        mine = [entry.alert.fingerprint for entry in entries if seq - 10 < entry.seq <= seq]
        assert mine == [f"{lane}.{n}" for n in range(10)]


async def test_5000_alerts_in_one_delivery(store: SqlStore, alert: Maker, now: datetime) -> None:
    assert await store.journal.append(Delivery(tuple(alert(f"n{n}") for n in range(5000))), "s", now) == 5000
    assert len(store.journal.unplaced(10_000)) == 5000


async def test_a_locked_database_is_said_in_time_and_recovers(
    url: str,
    opened: Callable[..., SqlStore],
    alert: Maker,
    now: datetime,
    writers_blocked: Callable[[], AbstractContextManager[None]],
) -> None:
    store = opened(url, append_timeout_seconds=0.3)
    with writers_blocked():
        with pytest.raises(StoreUnavailable, match=r"no commit within 0\.3 s"):
            await store.journal.append(Delivery((alert("locked"),)), "s", now)
        assert "lock" in await asyncio.to_thread(store.ready)
    for _ in range(100):
        try:
            await store.journal.append(Delivery((alert("after"),)), "s", now)
            break
        except StoreUnavailable:
            continue
    names = {entry.alert.fingerprint for entry in store.journal.unplaced(1000)}
    # A delivery that was refused in time may be written late; it was never said to be there.
    assert names in ({"after"}, {"locked", "after"})
    assert store.ready() == ""


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_long_lock_fails_the_write_and_the_writer_goes_on(
    store: SqlStore, alert: Maker, now: datetime, writers_blocked: Callable[[], AbstractContextManager[None]]
) -> None:
    with writers_blocked(), pytest.raises(StoreUnavailable):
        await store.journal.append(Delivery((alert("a"),)), "s", now)
    await store.journal.append(Delivery((alert("b"),)), "s", now)
    assert "b" in {entry.alert.fingerprint for entry in store.journal.unplaced(10)}


async def test_a_closed_journal_refuses(url: str, opened: Callable[..., SqlStore], alert: Maker, now: datetime) -> None:
    store = opened(url)
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.journal.append(Delivery((alert(),)), "s", now)


def test_what_was_acknowledged_survives_kill_9(url: str, opened: Callable[..., SqlStore]) -> None:
    with subprocess.Popen([sys.executable, "-c", APPENDER, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(400)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.read().splitlines()[:-1]
        process.wait(timeout=60)
    store = opened(url)
    assert len(acknowledged) >= 400
    assert all(acknowledged)
    stored = [entry.alert.fingerprint for entry in store.journal.unplaced(10_000)]
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert _count(store, deliveries) == len(stored)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_20000_duplicates_grow_the_file_little(store: SqlStore, alert: Maker, now: datetime, tmp_path: Path) -> None:
    async def flood() -> None:
        for _ in range(10):
            await asyncio.gather(*(store.journal.append(Delivery((alert(),)), "s", now) for _ in range(2000)))

    asyncio.run(flood())
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 10_000_000


async def test_what_cannot_be_placed_is_set_aside_with_the_reason(
    store: SqlStore, now: datetime, alert: Callable[..., Alert]
) -> None:
    await store.journal.append(Delivery((alert(),)), "fake", now)
    (entry,) = store.journal.unplaced(10)
    store.journal.set_aside(entry.seq, "could not be placed", now)
    assert store.journal.unplaced(10) == []
    (letter,) = store.journal.dead_letters(10)
    assert letter["reason"] == "could not be placed"
    with pytest.raises(LookupError):
        store.journal.set_aside(entry.seq, "again", now)


async def test_the_journal_can_be_asked_for_a_part_of_it(store: SqlStore, alert: Maker, now: datetime) -> None:
    await store.journal.append(Delivery((alert("a"), alert("b"))), "s", now)
    first, second = store.journal.unplaced(10)
    store.journal.set_aside(first.seq, "could not be placed", now)

    def seqs(**sought: str) -> list[str]:
        return [row["seq"] for row in store.journal.alerts(sought=Sought(**sought))]

    assert seqs(placement="waits") == [str(second.seq)]
    assert seqs(placement="set_aside") == [str(first.seq)]
    assert seqs(source=first.alert.source) == [str(second.seq), str(first.seq)]
    assert seqs(source="nobody") == seqs(incident="INC-1") == seqs(incident="what' OR 1=1") == []


async def test_what_cannot_be_decoded_is_set_aside_and_the_others_go_on(
    url: str, opened: Callable[..., SqlStore], alert: Maker, now: datetime
) -> None:
    store = opened(url)
    await store.journal.append(Delivery((alert("gone"), alert("broken"), alert("good"))), "s", now)
    with store._database.writing() as connection:
        names = {row[0]: row[1] for row in connection.execute(select(journal.c.fingerprint, journal.c.digest))}
        connection.execute(delete(bodies).where(bodies.c.digest == names["gone"]))
        connection.execute(update(bodies).where(bodies.c.digest == names["broken"]).values(payload='{"source": 1}'))
        connection.execute(delete(deliveries))
    assert [entry.alert.fingerprint for entry in store.journal.unplaced(10)] == ["good"]
    broken, gone = store.journal.dead_letters(10)
    assert gone["reason"] == "its body is missing from the store"
    assert broken["reason"].startswith("its body cannot be decoded: ")
    assert broken["payload"] == '{"source": 1}'
    assert [row["alert"] for row in store.journal.alerts()] == ["WebDown", "", ""]
    assert [entry.alert.fingerprint for entry in store.journal.unplaced(10)] == ["good"]


async def test_dead_letters_are_read_in_pages(store: SqlStore, now: datetime) -> None:
    await store.journal.append(Delivery(bad=tuple(BadAlert(f"r{n}", "p") for n in range(5))), "s", now)
    first = store.journal.dead_letters(3)
    assert [letter["reason"] for letter in first] == ["r4", "r3", "r2"]
    assert [one["reason"] for one in store.journal.dead_letters(3, before=int(first[-1]["id"]))] == ["r1", "r0"]
