"""Looks at the pings that a heartbeat's jobs have sent; receiving them is the doors' work."""

from __future__ import annotations

from datetime import timedelta

from lamplighter.domain.check import CheckSpec, SampleState
from lamplighter.domain.heartbeat import listen, pings_name
from lamplighter.integrations.probe.look import Look
from lamplighter.ports import Clock, Samples, StoreUnavailable

MEMORY = timedelta(days=800)


def look_heartbeat(spec: CheckSpec, samples: Samples, clock: Clock) -> Look:
    """What the kept pings say now; where the store is away, we cannot see. Blocks."""
    now = clock.now()
    try:
        # A clock that was set back must not hide the pings that came before.
        pings = samples.window(pings_name(spec.name), now - MEMORY, now + MEMORY)
    except StoreUnavailable as problem:
        return Look(SampleState.CANNOT_SEE, f"the pings cannot be read: {problem}")
    beat = listen(spec, pings, now)
    return Look(beat.state, beat.detail, beat.seconds)
