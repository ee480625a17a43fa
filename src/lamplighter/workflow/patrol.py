"""Lamplighter's own checks on their rounds: samples are kept as evidence; what fails long enough is journaled."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

import structlog

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.domain.check import (
    PARTS_MAX,
    SOURCE,
    CheckKind,
    CheckSpec,
    Sample,
    SampleState,
    Watch,
    observe,
    part_name,
    recalled,
    to_keep,
)
from lamplighter.domain.heartbeat import first_start, ping, pings_name
from lamplighter.domain.redaction import redact, redact_values
from lamplighter.ports import CheckRunner, Clock, Store, StoreUnavailable

CHECKS_AT_ONCE = 8
OVERTIME_SECONDS = 5.0
START_SPREAD_SECONDS = 30.0
JITTER_SHARE = 0.05
PAUSE_SECONDS_MIN = 0.05
MEMORY = timedelta(days=800)
PING_SECONDS_MIN = 1.0
log = structlog.get_logger()


class Placing(Protocol):
    """Who places what is journaled."""

    def nudge(self) -> None:
        """Something new is there."""
        ...


@dataclass(slots=True)
class Patrol:
    """Runs every check at its own pace, spread out, a bounded number at once.

    `watches` holds what each check, by name, said last and how long it has; `took_seconds` how long the last look took,
    and `looked` the checks that were asked in this life.
    """

    store: Store
    runners: tuple[CheckRunner, ...]
    specs: tuple[CheckSpec, ...]
    clock: Clock
    correlator: Placing
    watches: dict[str, Watch] = field(default_factory=dict)
    took_seconds: dict[str, float] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _recalled: set[str] = field(default_factory=set)
    _pinged_at: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Walk until cancelled."""
        async with asyncio.TaskGroup() as rounds:
            for spec in self.specs:
                rounds.create_task(self._round(spec), name=f"check {spec.name}")

    async def _round(self, spec: CheckSpec) -> None:
        await self.clock.sleep(_offset(spec))
        number = 0
        while True:
            began = self.clock.monotonic()
            await self.once(spec)
            number += 1
            await self.clock.sleep(max(PAUSE_SECONDS_MIN, _pause(spec, number) - (self.clock.monotonic() - began)))

    async def once(self, spec: CheckSpec) -> Sample:
        """One sample: kept, and journaled where it starts or ends an alert."""
        async with self._turns[spec.name]:
            began = self.clock.monotonic()
            sample = await self._looked(spec)
            self.took_seconds[spec.name] = self.clock.monotonic() - began
            try:
                before = await asyncio.to_thread(self._before, spec, sample)
                self.watches[spec.name] = before
                watch, alerts = observe(spec, before, sample)
                await self._journal(alerts, sample)
                await asyncio.to_thread(self.store.samples.keep, to_keep(before, watch, sample))
            except StoreUnavailable as problem:
                # The memory is not advanced, so the next sample raises the same alerts again.
                log.warning("a sample was not kept", check=spec.name, problem=str(problem))
                return sample
            self._tell_sight(spec, before, watch)
            self.watches[spec.name] = watch
            self.looked.add(spec.name)
            return sample

    async def ping(self, name: str) -> None:
        """A heartbeat was heard: durable when this returns. Raises `LookupError`, `StoreUnavailable`."""
        spec = next((one for one in self.specs if one.name == name and one.kind is CheckKind.HEARTBEAT), None)
        if spec is None:
            raise LookupError(f"there is no heartbeat called {name}")
        heard, now = self._pinged_at.get(name), self.clock.monotonic()
        # A job gone wild must not fill the disk; within a second a further ping says nothing new.
        if heard is not None and now - heard < PING_SECONDS_MIN:
            return
        await asyncio.to_thread(self.store.samples.keep, (ping(name, self.clock.now()),))
        self._pinged_at[name] = now
        if self.watches.get(name, Watch()).failing_since is not None:
            await self.once(spec)

    async def _looked(self, spec: CheckSpec) -> Sample:
        runner = next((runner for runner in self.runners if runner.runs(spec)), None)
        if runner is None:
            detail = f"nothing runs checks of kind {spec.kind}"
            return Sample(spec.name, self.clock.now(), SampleState.CANNOT_SEE, detail)
        sample = await self._sample(runner, spec)
        parts = tuple(replace(part, detail=redact(part.detail)) for part in sample.parts)
        return replace(sample, detail=redact(sample.detail), parts=parts)

    async def _sample(self, runner: CheckRunner, spec: CheckSpec) -> Sample:
        """One sample in time; a runner that keeps neither its own deadline nor ours must not hold a place for ever."""
        async with self._places:
            try:
                async with asyncio.timeout(spec.timeout_seconds + OVERTIME_SECONDS):
                    return await runner.sample(spec)
            except TimeoutError:
                detail = f"the check did not end in {spec.timeout_seconds + OVERTIME_SECONDS:.0f} s"
                return Sample(spec.name, self.clock.now(), SampleState.CANNOT_SEE, detail)

    def _before(self, spec: CheckSpec, sample: Sample) -> Watch:
        """The memory before this sample; after a restart, what the samples kept earlier tell. Blocks."""
        known = self.watches.get(spec.name)
        if known is None and spec.kind is CheckKind.HEARTBEAT and not self._kept(pings_name(spec.name), sample):
            self.store.samples.keep((first_start(spec.name, sample.at),))
        blind = sample.state is SampleState.CANNOT_SEE and not sample.parts
        if blind or spec.name in self._recalled:
            return known or Watch()
        if sample.parts:
            kept = ((part, self._kept(part_name(spec.name, part.subject), sample)) for part in sample.parts[:PARTS_MAX])
            parts = {part.subject: recalled(spec, samples, part.labels) for part, samples in kept if samples}
            memory = replace(known or Watch(), parts=parts)
        else:
            memory = recalled(spec, self._kept(spec.name, sample))
        self._recalled.add(spec.name)
        return memory

    def _kept(self, name: str, sample: Sample) -> tuple[Sample, ...]:
        return tuple(self.store.samples.window(name, sample.at - MEMORY, sample.at))

    async def _journal(self, alerts: tuple[Alert, ...], sample: Sample) -> None:
        if alerts:
            safe = tuple(replace(alert, annotations=redact_values(alert.annotations)) for alert in alerts)
            await self.store.journal.append(Delivery(safe), SOURCE, sample.at)
            self.correlator.nudge()

    def _tell_sight(self, spec: CheckSpec, before: Watch, after: Watch) -> None:
        """Say once that a check sees nothing for long, and once that it sees again."""
        if after.is_blind and not before.is_blind:
            detail = after.last.detail if after.last is not None else ""
            log.warning("a check cannot see", check=spec.name, rounds=after.blind_rounds, detail=detail)
        elif before.is_blind and not after.is_blind:
            log.info("a check sees again", check=spec.name, rounds=before.blind_rounds)


def _offset(spec: CheckSpec) -> float:
    """A start within the first pause, the same for the same name, so that checks do not all begin at once."""
    return _share(spec.name) * min(spec.every_seconds, START_SPREAD_SECONDS)


def _pause(spec: CheckSpec, number: int) -> float:
    """The time of one round, up to a twentieth more or less, so that checks of one pace drift apart."""
    return spec.every_seconds * (1 + JITTER_SHARE * (2 * _share(f"{spec.name} {number}") - 1))


def _share(words: str) -> float:
    return int(hashlib.sha256(words.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
