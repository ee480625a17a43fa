"""Runs one check now that looks from this machine, whatever its kind, within its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.integrations.probe.look import Look
from lamplighter.integrations.probe.machine import look_disk, look_process
from lamplighter.integrations.probe.names import look_dns
from lamplighter.integrations.probe.network import look_http, look_tcp
from lamplighter.integrations.probe.pings import look_heartbeat
from lamplighter.ports import Clock, Samples

LOOKS_AT_ONCE = 32
QUERY_WORDS = {
    CheckKind.HTTP: "http GET",
    CheckKind.TCP: "tcp connect",
    CheckKind.DNS: "dns lookup",
    CheckKind.PROCESS: "process",
    CheckKind.DISK: "df",
    CheckKind.HEARTBEAT: "pings of",
}


def query_of(spec: CheckSpec) -> str:
    """The check in words that a person could repeat, such as `http GET http://127.0.0.1:8080/`."""
    words = f"{QUERY_WORDS[spec.kind]} {spec.target or spec.name}"
    return f"{words} @{spec.expects.server}" if spec.expects.server else words


class Runner:
    """Looks from this machine. It never raises for a look that fails: the sample says so."""

    def __init__(self, clock: Clock, samples: Samples) -> None:
        self._clock = clock
        self._samples = samples
        self._slots = asyncio.Semaphore(LOOKS_AT_ONCE)

    def runs(self, spec: CheckSpec) -> bool:
        """Every kind that needs no other system."""
        return spec.kind in QUERY_WORDS

    async def sample(self, spec: CheckSpec) -> Sample:
        """One sample; never raises."""
        return self.sampled(spec, await self.look(spec))

    def sampled(self, spec: CheckSpec, look: Look) -> Sample:
        """A look as the sample that is kept."""
        return Sample(spec.name, self._clock.now(), look.state, look.detail, look.value)

    async def look(self, spec: CheckSpec) -> Look:
        """One look with all that it saw; never raises."""
        async with self._slots:
            match spec.kind:
                case CheckKind.HTTP:
                    return await look_http(spec)
                case CheckKind.TCP:
                    return await look_tcp(spec)
                case CheckKind.DNS:
                    return await look_dns(spec)
                case CheckKind.PROCESS:
                    return await self._in_thread(look_process, spec)
                case CheckKind.DISK:
                    return await self._in_thread(look_disk, spec)
                case CheckKind.HEARTBEAT:
                    return await self._in_thread(self._look_heartbeat, spec)
        return Look(SampleState.CANNOT_SEE, f"checks of kind {spec.kind} are run elsewhere")

    def _look_heartbeat(self, spec: CheckSpec) -> Look:
        return look_heartbeat(spec, self._samples, self._clock)

    async def _in_thread(self, look: Callable[[CheckSpec], Look], spec: CheckSpec) -> Look:
        # A dead network disk blocks the thread for as long as it likes; the sample does not wait for it.
        try:
            async with asyncio.timeout(spec.timeout_seconds):
                return await asyncio.to_thread(look, spec)
        except TimeoutError:
            detail = f"{query_of(spec)} did not answer within {spec.timeout_seconds:g} s"
            return Look(SampleState.CANNOT_SEE, detail, error="timeout")
