"""Reads off a time series server how full the fullest of everything is, by a few cheap queries. Decides nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.domain.evidence import Fact
from lamplighter.domain.texts import kept_text
from lamplighter.ports import CheckRunner, Clock
from lamplighter.workflow.world import World

EVERY_SECONDS = 15.0
QUERY_SECONDS_MAX = 5.0
ALL_SECONDS_MAX = 12.0
NAME_BYTES_MAX = 100
# Which machine or container it is; the first that the series has.
NAMES = ("name", "container", "instance", "node")
# A file system that is full by its nature, such as an image, tells nothing.
_DISKS = '{fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|erofs"}'
# Against all modes and not against the clock: a target that has just appeared would seem to be at work all the time.
_IDLE = 'sum by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'
_ALL = "sum by (instance) (rate(node_cpu_seconds_total[5m]))"
_LIMIT = 'container_spec_memory_limit_bytes{name!=""}'
# Of the processors that a container may use; one without a bound has no share of its own.
_USED = 'sum by (name) (rate(container_cpu_usage_seconds_total{name!=""}[5m]))'
_BOUND = 'max by (name) (container_spec_cpu_quota{name!=""} / container_spec_cpu_period{name!=""})'
# What node_exporter and cAdvisor tell, as a share from 0 to 1, of the fullest only; by the key that facts have for it.
QUERIES: tuple[tuple[str, str], ...] = (
    ("cpu_share", f"topk(1, 1 - {_IDLE} / {_ALL})"),
    ("memory_share", "topk(1, 1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
    ("disk_share", f"topk(1, 1 - node_filesystem_avail_bytes{_DISKS} / node_filesystem_size_bytes{_DISKS})"),
    ("memory_share", f'topk(1, container_memory_working_set_bytes{{name!=""}} / ({_LIMIT} > 0))'),
    ("cpu_share", f"topk(1, {_USED} / ({_BOUND} > 0))"),
)


@dataclass(slots=True)
class Gauging:
    """What was last read; a query that has no fresh answer tells nothing, and never zero."""

    world: World
    clock: Clock
    facts: tuple[Fact, ...] = ()
    query_seconds_max: float = QUERY_SECONDS_MAX
    _read_at: float | None = None

    async def refresh(self) -> bool:
        """Read anew unless that was done within EVERY_SECONDS; whether it was done now."""
        now = self.clock.monotonic()
        if self._read_at is not None and now - self._read_at < EVERY_SECONDS:
            return False
        self._read_at = now
        found: list[Fact] = []
        try:
            # One after another, so that whoever diagnoses has the server's other turns.
            async with asyncio.timeout(ALL_SECONDS_MAX):
                for number, (key, query) in enumerate(QUERIES):
                    found += await self._read(key, query, number)
        except TimeoutError:
            pass
        self.facts = tuple(found)
        return True

    async def _read(self, key: str, query: str, number: int) -> list[Fact]:
        spec = CheckSpec(f"vitals {number}", CheckKind.PROMQL, query, alerts=False)
        runner = self._runner(spec)
        if runner is None:
            return []
        try:
            async with asyncio.timeout(self.query_seconds_max):
                sample = await runner.sample(spec)
        except TimeoutError:
            return []
        share, labels = _told(sample)
        if share is None or not math.isfinite(share) or share < 0:
            return []
        name = kept_text(next((labels[one] for one in NAMES if labels.get(one)), "all"), NAME_BYTES_MAX)
        return [Fact(f"g{number}", "vitals", name, "usage", f"{key} {share:.2f}", sample.at, query, {key: share})]

    def _runner(self, spec: CheckSpec) -> CheckRunner | None:
        runners = (runner for roles in self.world.roles for runner in roles.runners)
        return next((runner for runner in runners if runner.runs(spec)), None)


def _told(sample: Sample) -> tuple[float | None, Mapping[str, str]]:
    """The value and whose it is; None where it cannot be seen."""
    if sample.state is SampleState.CANNOT_SEE:
        return None, {}
    if not sample.parts:
        return sample.value, {}
    return sample.parts[0].value, sample.parts[0].labels
