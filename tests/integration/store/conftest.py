"""One store, over both databases, and what its tests build again and again."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from lamplighter.domain.alert import Alert, AlertStatus, Delivery, JournalEntry
from lamplighter.domain.board import CLEARED_MAX, Board
from lamplighter.domain.incident import Incident
from lamplighter.domain.placement import Placed, Suppresses
from lamplighter.domain.placing import place_all
from lamplighter.ports import Applied
from lamplighter.store import SqlStore, open_store

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class AlertMaker(Protocol):
    def __call__(
        self,
        fingerprint: str = "f1",
        *,
        firing: bool = True,
        minute: int = 0,
        summary: str = "web is down",
        name: str = "",
        component: str = "",
    ) -> Alert: ...


class Correlating:
    """What the correlator does with the store, without its loop."""

    def __init__(self, store: SqlStore, cleared_max: int = CLEARED_MAX) -> None:
        self.store = store
        self.board = Board(apart=store.incidents.apart(), cleared_max=cleared_max)
        for incident, members in store.incidents.board():
            self.board.put(incident, members)

    def decide(self, at: datetime = NOW, limit: int = 10_000) -> tuple[Placed, ...]:
        """Place what waits, in memory only."""
        entries = self.store.journal.unplaced(limit)
        unknown = [entry.alert.trouble for entry in entries if not self.board.knows(entry.alert.trouble)]
        return place_all(entries, self.board, self.store.incidents.recall(unknown), at)

    def record(self, placed: tuple[Placed, ...], at: datetime = NOW, *, token: int = 0) -> Applied:
        """Make it durable."""
        named = {one.placement.incident_id for one in placed if not isinstance(one.placement, Suppresses)}
        editions = self.board.editions(named)
        return self.store.incidents.apply(placed, self.board.touched(), editions, at, token=token)

    def run(self, *alerts: Alert, at: datetime = NOW) -> Applied:
        """Journal alerts, place them, and settle the board."""
        asyncio.run(self.store.journal.append(Delivery(alerts), "alertmanager", at))
        applied = self.record(self.decide(at), at)
        self.board.settled(applied.ids, applied.incidents)
        return applied


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def url(store_url: str) -> str:
    """A store that was opened once and holds nothing."""
    return store_url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which nothing was ever made."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    new_url: Callable[[], str] = request.getfixturevalue("new_postgres_url")
    return new_url()


@pytest.fixture
def opened() -> Iterator[Callable[..., SqlStore]]:
    """Call it with a URL for a store that is closed after the test."""
    stores: list[SqlStore] = []

    def open_one(at: str, *, append_timeout_seconds: float = 60.0) -> SqlStore:
        stores.append(open_store(at, clock=WallClock(), append_timeout_seconds=append_timeout_seconds))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(url: str, opened: Callable[..., SqlStore]) -> SqlStore:
    return opened(url)


@pytest.fixture
def alert() -> AlertMaker:
    """Each fingerprint is a component of its own, so that only the trouble itself joins, unless `component` says so."""

    def make(
        fingerprint: str = "f1",
        *,
        firing: bool = True,
        minute: int = 0,
        summary: str = "web is down",
        name: str = "",
        component: str = "",
    ) -> Alert:
        start = NOW + timedelta(minutes=minute)
        return Alert(
            "alertmanager",
            fingerprint,
            AlertStatus.FIRING if firing else AlertStatus.RESOLVED,
            {"alertname": name or "WebDown", "container": component or f"web-{fingerprint}", "severity": "critical"},
            {"summary": summary},
            start,
            None if firing else start + timedelta(seconds=30),
        )

    return make


@pytest.fixture
def journaled(store: SqlStore) -> Callable[[Alert], JournalEntry]:
    """Call it to append one alert; returns its entry."""

    def append(one: Alert) -> JournalEntry:
        seq = asyncio.run(store.journal.append(Delivery((one,)), one.source, NOW))
        return next(entry for entry in store.journal.unplaced(10_000) if entry.seq == seq)

    return append


@pytest.fixture
def correlating(store: SqlStore) -> Correlating:
    return Correlating(store)


@pytest.fixture
def forgetful(tmp_path: Path, opened: Callable[..., SqlStore]) -> Correlating:
    """One with a store of its own, at whose hand nothing stays that has cleared."""
    return Correlating(opened(f"sqlite:///{tmp_path}/forgetful.db"), cleared_max=0)


@pytest.fixture
def placed(store: SqlStore) -> Callable[..., Incident | None]:
    """Call it to append one alert and place it as a correlator does that starts anew; returns where it went."""

    def place_one(one: Alert, at: datetime = NOW) -> Incident | None:
        applied = Correlating(store).run(one, at=at)
        return next(iter(applied.incidents.values()), None)

    return place_one


@pytest.fixture
def writers_blocked(url: str) -> Callable[[], AbstractContextManager[None]]:
    """Call it for a block in which nobody else can write."""

    @contextmanager
    def block() -> Iterator[None]:
        if url.startswith("sqlite"):
            path = url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield
                connection.execute("ROLLBACK")
            return
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE deliveries, heartbeat IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    return block
