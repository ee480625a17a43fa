from __future__ import annotations

from datetime import timedelta

from lamplighter.domain.check import CheckKind, CheckSpec, Expected, SampleState
from lamplighter.domain.heartbeat import ping
from lamplighter.integrations.probe.pings import look_heartbeat
from lamplighter.ports import StoreUnavailable
from lamplighter.testing import NOON, FakeClock, FakeSamples

SPEC = CheckSpec("backups", CheckKind.HEARTBEAT, "", expects=Expected(beat_seconds=60, grace_seconds=10))


class Away(FakeSamples):
    def window(self, check: str, start: object, end: object) -> list[object]:
        raise StoreUnavailable("locked")


def test_the_kept_pings_are_what_counts() -> None:
    samples, clock = FakeSamples([ping("backups", NOON), ping("other", NOON + timedelta(seconds=60))]), FakeClock()
    clock.advance(30)
    assert look_heartbeat(SPEC, samples, clock).value == 30
    clock.advance(60)
    assert look_heartbeat(SPEC, samples, clock).state is SampleState.FAILING


def test_a_ping_from_before_the_clock_was_set_back_still_counts() -> None:
    samples = FakeSamples([ping("backups", NOON + timedelta(hours=2))])
    assert look_heartbeat(SPEC, samples, FakeClock()).state is SampleState.OK


def test_without_a_store_nothing_is_seen() -> None:
    assert look_heartbeat(SPEC, Away(), FakeClock()).state is SampleState.CANNOT_SEE
