"""Samples are kept, a failing check is journaled once, and what cannot be seen or kept changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.check import CheckKind, CheckSpec, Expected, Part, Sample, SampleState, joined
from lamplighter.testing import NOON, FakeClock, FakeSamples
from lamplighter.workflow.patrol import Patrol, _offset, _pause
from tests.unit.workflow.conftest import MemoryStore

SPEC = CheckSpec("shop", CheckKind.HTTP, "http://127.0.0.1/", every_seconds=10, timeout_seconds=1)
ENGINE = CheckSpec("engine", CheckKind.DOCKER, "all", every_seconds=10, timeout_seconds=1)
BEAT = CheckSpec("backups", CheckKind.HEARTBEAT, "", expects=Expected(beat_seconds=60, grace_seconds=10))
OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


@dataclass
class Runner:
    clock: FakeClock
    states: list[SampleState] = field(default_factory=list)
    hangs: bool = False

    def runs(self, spec: CheckSpec) -> bool:
        return spec.kind in {CheckKind.HTTP, CheckKind.DOCKER, CheckKind.HEARTBEAT}

    async def sample(self, spec: CheckSpec) -> Sample:
        if self.hangs:
            raise TimeoutError
        self.clock.advance(1)
        state = self.states.pop(0)
        if spec.kind is CheckKind.DOCKER and state is not CANNOT_SEE:
            parts = (Part("web", state, f"web is {state}", {"container": "web"}), Part("db", OK, "db runs"))
            return joined(spec.name, self.clock.now(), parts)
        return Sample(spec.name, self.clock.now(), state, "")


@dataclass
class Nudged:
    count: int = 0

    def nudge(self) -> None:
        self.count += 1


@pytest.fixture
def runner(clock: FakeClock) -> Runner:
    return Runner(clock)


@pytest.fixture
def kept(store: MemoryStore) -> FakeSamples:
    samples = FakeSamples()
    store.samples = samples
    return samples


@pytest.fixture
def patrol(store: MemoryStore, clock: FakeClock, runner: Runner, kept: FakeSamples) -> Patrol:
    return Patrol(store, (runner,), (SPEC, ENGINE, BEAT), clock, Nudged())


def reborn(patrol: Patrol) -> Patrol:
    return Patrol(patrol.store, patrol.runners, patrol.specs, patrol.clock, Nudged())


async def test_one_alert_for_a_run_of_failures_and_one_end(
    patrol: Patrol, runner: Runner, store: MemoryStore, kept: FakeSamples
) -> None:
    runner.states = [OK, FAILING, FAILING, CANNOT_SEE, OK]
    for _ in range(5):
        await patrol.once(SPEC)
    said = [entry.alert.status for entry in store.journal.entries]
    assert said == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert len(kept.kept) == 5
    assert patrol.correlator.count == 2


async def test_an_alert_that_was_not_kept_is_raised_again(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.states = [FAILING, FAILING]
    store.journal.away = True
    await patrol.once(SPEC)
    store.journal.away = False
    await patrol.once(SPEC)
    assert [entry.alert.status for entry in store.journal.entries] == [AlertStatus.FIRING]


async def test_a_check_that_hangs_says_nothing_of_health(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.hangs = True
    sample = await patrol.once(SPEC)
    assert sample.state is CANNOT_SEE
    assert store.journal.entries == []


async def test_a_kind_that_nothing_runs_cannot_be_seen(patrol: Patrol) -> None:
    sample = await patrol.once(CheckSpec("disk", CheckKind.DISK, "/"))
    assert sample.state is CANNOT_SEE
    assert "nothing runs checks of kind disk" in sample.detail


async def test_a_restart_neither_repeats_nor_forgets_an_alert(
    patrol: Patrol, runner: Runner, store: MemoryStore
) -> None:
    runner.states = [OK, FAILING, FAILING, OK]
    await patrol.once(SPEC)
    await patrol.once(SPEC)
    after = reborn(patrol)
    await after.once(SPEC)
    await after.once(SPEC)
    fired, ended = [entry.alert for entry in store.journal.entries]
    assert (fired.status, ended.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert fired.starts_at == ended.starts_at


async def test_a_restart_remembers_each_of_many_things(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.states = [FAILING, CANNOT_SEE, FAILING, OK]
    await patrol.once(ENGINE)
    after = reborn(patrol)
    for _ in range(3):
        await after.once(ENGINE)
    fired, ended = [entry.alert for entry in store.journal.entries]
    assert (fired.status, ended.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert fired.labels["container"] == ended.labels["container"] == "web"
    assert fired.starts_at == ended.starts_at


async def test_only_what_was_ever_wrong_is_kept_of_many_things(
    patrol: Patrol, runner: Runner, kept: FakeSamples
) -> None:
    runner.states = [OK, FAILING, OK, OK]
    for _ in range(4):
        await patrol.once(ENGINE)
    assert [sample.state for sample in kept.kept if sample.check == "engine · web"] == [FAILING, OK]
    assert len(kept.kept) == 6


async def test_long_blindness_is_logged_once_and_its_end_too(patrol: Patrol, runner: Runner) -> None:
    runner.states = [CANNOT_SEE] * 6 + [OK, OK]
    with capture_logs() as logs:
        for _ in range(8):
            await patrol.once(SPEC)
    assert [entry["event"] for entry in logs] == ["a check cannot see", "a check sees again"]


async def test_a_ping_is_durable_when_it_returns(patrol: Patrol, kept: FakeSamples) -> None:
    await patrol.ping("backups")
    assert [(sample.check, sample.state, sample.at) for sample in kept.kept] == [("backups · pings", OK, NOON)]


async def test_pings_within_one_second_are_one(patrol: Patrol, clock: FakeClock, kept: FakeSamples) -> None:
    for _ in range(100):
        await patrol.ping("backups")
    clock.advance(1)
    await patrol.ping("backups")
    assert len(kept.kept) == 2


async def test_a_late_ping_ends_the_alert_at_once(patrol: Patrol, runner: Runner, store: MemoryStore) -> None:
    runner.states = [FAILING, OK]
    await patrol.once(BEAT)
    await patrol.ping("backups")
    assert [entry.alert.status for entry in store.journal.entries] == [AlertStatus.FIRING, AlertStatus.RESOLVED]


@pytest.mark.parametrize("name", ["shop", "nothing"])
async def test_only_a_heartbeat_can_be_pinged(patrol: Patrol, name: str) -> None:
    with pytest.raises(LookupError):
        await patrol.ping(name)


async def test_the_first_start_of_a_heartbeat_is_marked_once(patrol: Patrol, runner: Runner, kept: FakeSamples) -> None:
    runner.states = [CANNOT_SEE, CANNOT_SEE]
    await patrol.once(BEAT)
    await reborn(patrol).once(BEAT)
    assert len([sample for sample in kept.kept if sample.check == "backups · pings"]) == 1


async def test_how_long_a_look_took_is_known(patrol: Patrol, runner: Runner) -> None:
    runner.states = [OK]
    await patrol.once(SPEC)
    assert patrol.took_seconds == {"shop": 1.0}


def test_checks_start_spread_out_and_at_the_same_place_each_time() -> None:
    starts = [_offset(CheckSpec(f"c{n}", CheckKind.HTTP, "", every_seconds=3600)) for n in range(50)]
    assert all(0 <= start <= 30 for start in starts)
    assert len({round(start) for start in starts}) > 10
    assert starts[7] == _offset(CheckSpec("c7", CheckKind.HTTP, "", every_seconds=3600))


def test_rounds_vary_by_a_twentieth_and_the_same_way_each_time() -> None:
    pauses = [_pause(SPEC, number) for number in range(200)]
    assert all(9.5 <= pause <= 10.5 for pause in pauses)
    assert len({round(pause, 1) for pause in pauses}) > 8
    assert 9.9 < sum(pauses) / len(pauses) < 10.1
    assert pauses == [_pause(SPEC, number) for number in range(200)]
