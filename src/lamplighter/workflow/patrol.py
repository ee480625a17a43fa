"""Lamplighter's own checks on their rounds: samples are kept as evidence; what fails long enough is journaled."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace

import structlog

from lamplighter.domain.alert import Delivery
from lamplighter.domain.check import SOURCE, CheckSpec, Sample, SampleState, Watch, observe
from lamplighter.domain.redaction import redact_values
from lamplighter.ports import CheckRunner, Clock, Store, StoreUnavailable
from lamplighter.workflow.correlator import Correlator

CHECKS_AT_ONCE = 8
OVERTIME_SECONDS = 5.0
log = structlog.get_logger()


@dataclass(slots=True)
class Patrol:
    """Runs every check at its own pace, spread out, a bounded number at once."""

    store: Store
    runners: tuple[CheckRunner, ...]
    specs: tuple[CheckSpec, ...]
    clock: Clock
    correlator: Correlator
    watches: dict[str, Watch] = field(default_factory=dict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))

    async def run(self) -> None:
        """Walk until cancelled."""
        async with asyncio.TaskGroup() as rounds:
            for spec in self.specs:
                rounds.create_task(self._round(spec), name=f"check {spec.name}")

    async def _round(self, spec: CheckSpec) -> None:
        await self.clock.sleep(_offset(spec))
        while True:
            began = self.clock.monotonic()
            await self.once(spec)
            await self.clock.sleep(max(0.05, spec.every_seconds - (self.clock.monotonic() - began)))

    async def once(self, spec: CheckSpec) -> Sample:
        """One sample: kept, and journaled where it starts or ends an alert."""
        runner = next((runner for runner in self.runners if runner.runs(spec)), None)
        if runner is None:
            sample = Sample(
                spec.name, self.clock.now(), SampleState.CANNOT_SEE, f"nothing runs checks of kind {spec.kind}"
            )
        else:
            sample = await self._sample(runner, spec)
        watch, alert = observe(spec, self.watches.get(spec.name, Watch()), sample)
        if alert is not None:
            alert = replace(alert, annotations=redact_values(alert.annotations))
        try:
            await asyncio.to_thread(self.store.samples.keep, (sample,))
            if alert is not None:
                await self.store.journal.append(Delivery((alert,)), SOURCE, sample.at)
                self.correlator.nudge()
        except StoreUnavailable as problem:
            # The memory is not advanced, so the next sample raises the same alert again.
            log.warning("a sample was not kept", check=spec.name, problem=str(problem))
            return sample
        self.watches[spec.name] = watch
        return sample

    async def _sample(self, runner: CheckRunner, spec: CheckSpec) -> Sample:
        """One sample in time; a runner that keeps neither its own deadline nor ours must not hold a place for ever."""
        async with self._places:
            try:
                async with asyncio.timeout(spec.timeout_seconds + OVERTIME_SECONDS):
                    return await runner.sample(spec)
            except TimeoutError:
                detail = f"the check did not end in {spec.timeout_seconds + OVERTIME_SECONDS:.0f} s"
                return Sample(spec.name, self.clock.now(), SampleState.CANNOT_SEE, detail)


def _offset(spec: CheckSpec) -> float:
    """A start within the first pause, the same for the same name, so that checks do not all begin at once."""
    share = int(hashlib.sha256(spec.name.encode()).hexdigest()[:4], 16) / 0xFFFF
    return share * min(spec.every_seconds, 30.0)
