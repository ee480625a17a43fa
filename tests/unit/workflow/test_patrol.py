"""Samples are kept, a failing check is journaled once, and what cannot be seen or kept changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.testing import FakeClock
from lamplighter.workflow.patrol import Patrol, _offset
from tests.unit.workflow.conftest import MemoryStore

SPEC = CheckSpec("shop", CheckKind.HTTP, "http://127.0.0.1/", every_seconds=10, timeout_seconds=1)


@dataclass
class Runner:
    clock: FakeClock
    states: list[SampleState] = field(default_factory=list)
    hangs: bool = False

    def runs(self, spec: CheckSpec) -> bool:
        return spec.kind is CheckKind.HTTP

    async def sample(self, spec: CheckSpec) -> Sample:
        if self.hangs:
            raise TimeoutError
        return Sample(spec.name, self.clock.now(), self.states.pop(0), "")


@dataclass
class Nudged:
    count: int = 0

    def nudge(self) -> None:
        self.count += 1


@pytest.fixture
def runner(clock: FakeClock) -> Runner:
    return Runner(clock)


@pytest.fixture
def patrol(store: MemoryStore, clock: FakeClock, runner: Runner) -> Patrol:
    return Patrol(store, (runner,), (SPEC,), clock, Nudged())


async def test_one_alert_for_a_run_of_failures_and_one_end(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.states = [SampleState.OK, SampleState.FAILING, SampleState.FAILING, SampleState.CANNOT_SEE, SampleState.OK]
    for _ in range(5):
        await patrol.once(SPEC)
    said = [entry.alert.status for entry in store.journal.entries]
    assert said == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert len(store.samples.held) == 5
    assert patrol.correlator.count == 2


async def test_an_alert_that_was_not_kept_is_raised_again(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.states = [SampleState.FAILING, SampleState.FAILING]
    store.journal.away = True
    await patrol.once(SPEC)
    store.journal.away = False
    await patrol.once(SPEC)
    assert [entry.alert.status for entry in store.journal.entries] == [AlertStatus.FIRING]


async def test_a_check_that_hangs_says_nothing_of_health(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.hangs = True
    sample = await patrol.once(SPEC)
    assert sample.state is SampleState.CANNOT_SEE
    assert store.journal.entries == []


async def test_a_kind_that_nothing_runs_cannot_be_seen(patrol: Patrol) -> None:
    sample = await patrol.once(CheckSpec("disk", CheckKind.DISK, "/"))
    assert sample.state is SampleState.CANNOT_SEE
    assert "nothing runs checks of kind disk" in sample.detail


def test_checks_start_spread_out_and_at_the_same_place_each_time() -> None:
    starts = [_offset(CheckSpec(f"c{n}", CheckKind.HTTP, "", every_seconds=3600)) for n in range(50)]
    assert all(0 <= start <= 30 for start in starts)
    assert len({round(start) for start in starts}) > 10
    assert starts[7] == _offset(CheckSpec("c7", CheckKind.HTTP, "", every_seconds=3600))
