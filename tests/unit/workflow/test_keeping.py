"""Pruning goes in bounded rounds, by the process that places, and takes the checkpoints of ended responses along."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.ports import Keeping
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.keeping import CHECKPOINTS_AT_ONCE, CHECKPOINTS_KEPT, ROUNDS_MAX, Retention
from tests.unit.workflow.conftest import MemoryStore


@dataclass
class Old:
    rows: int
    checkpoints: int = 0
    rounds: int = 0
    before: list[datetime] = field(default_factory=list)

    def prune(self, keeping: Keeping, now: datetime, rows_max: int = 5_000) -> int:
        self.rounds += 1
        gone = min(rows_max, self.rows)
        self.rows -= gone
        return gone


@dataclass
class Ended:
    old: Old

    async def prune(self, before: datetime, limit: int) -> int:
        self.old.before.append(before)
        gone = min(limit, self.old.checkpoints)
        self.old.checkpoints -= gone
        return gone


def retention(store: MemoryStore, clock: FakeClock, old: Old) -> Retention:
    store.retention = old
    return Retention(store, clock, Ended(old), lambda: True)


async def test_it_goes_on_until_nothing_is_left(store: MemoryStore, clock: FakeClock) -> None:
    old = Old(12_000, checkpoints=CHECKPOINTS_AT_ONCE + 5)
    assert await retention(store, clock, old).once() == 12_000
    assert (old.rows, old.checkpoints, old.rounds) == (0, 0, 4)
    assert old.before[0] <= clock.now() - CHECKPOINTS_KEPT


async def test_one_round_is_bounded(store: MemoryStore, clock: FakeClock) -> None:
    old = Old(10**9)
    await retention(store, clock, old).once()
    assert old.rounds == ROUNDS_MAX
    assert clock.now() > NOON
