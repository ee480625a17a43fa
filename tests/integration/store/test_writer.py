"""The writer thread: one bad delivery harms no other, and nothing ends it silently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from lamplighter.ports import StoreUnavailable
from lamplighter.store import SqlStore
from lamplighter.store.intake import AlertRow, Intake, Parcel
from lamplighter.store.writer import JournalWriter

Maker = Callable[..., Parcel]


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def writer(store: SqlStore, intake: Intake) -> Iterator[JournalWriter]:
    writer = JournalWriter(store._database, intake)
    yield writer
    writer.close()


@pytest.fixture
async def parcel(now: datetime) -> Maker:
    loop = asyncio.get_running_loop()

    def make(*, truncated_count: int = 0, zone: bool = True) -> Parcel:
        at = now if zone else now.replace(tzinfo=None)
        row = AlertRow("s", "f", "s:f", "d", "{}")
        return Parcel("s", at, (row,), (), truncated_count, 1, loop, loop.create_future())

    return make


async def test_a_delivery_that_the_database_refuses_harms_no_other(
    writer: JournalWriter, intake: Intake, parcel: Maker
) -> None:
    good, bad, last = parcel(), parcel(zone=False), parcel()
    intake.put(good)
    intake.put(bad)
    writer.put(last)
    results = await asyncio.wait_for(
        asyncio.gather(good.waiting, bad.waiting, last.waiting, return_exceptions=True), 10
    )
    assert isinstance(results[1], StoreUnavailable)
    assert results[0] != results[2]
    assert all(isinstance(seq, int) for seq in (results[0], results[2]))


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_dies_is_noticed_and_started_again(writer: JournalWriter, parcel: Maker) -> None:
    # sqlite3 answers a number of this size with an error of its own kind, which stands for the unforeseen.
    fatal = parcel(truncated_count=2**80)
    writer.put(fatal)
    with pytest.raises(StoreUnavailable, match="writer died"):
        await asyncio.wait_for(fatal.waiting, 60)
    assert writer._thread is not None
    await asyncio.to_thread(writer._thread.join, 10)
    after = parcel()
    writer.put(after)
    assert await asyncio.wait_for(after.waiting, 60) == 1
