"""Once heard, a watchdog must go on; its silence is one alert that ends when it is heard again, also over restarts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.testing import NOON, FakeClock, firing, resolved
from lamplighter.workflow.watchdogs import MISSING, Watchdogs
from tests.unit.workflow.conftest import MemoryStore

WITHIN = timedelta(minutes=15)
DOG = firing("Watchdog", severity="none", cluster="home")


@dataclass
class Placing:
    leads: bool = True
    nudges: int = 0

    def nudge(self) -> None:
        self.nudges += 1


@dataclass
class Kennel:
    store: MemoryStore
    clock: FakeClock
    placing: Placing = field(default_factory=Placing)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.dogs = Watchdogs(self.store, self.clock, self.placing, frozenset({"Watchdog"}), WITHIN)

    async def hears(self, alert: Alert = DOG) -> None:
        self.dogs.heard(alert, self.clock.now())
        await self.dogs.once()

    async def passes(self, minutes: float) -> None:
        self.clock.advance(60 * minutes)
        await self.dogs.once()

    @property
    def said(self) -> list[AlertStatus]:
        """What was journaled of the silence, but for ends of what nobody had spoken of."""
        statuses = [entry.alert.status for entry in self.store.journal.entries]
        while statuses[:1] == [AlertStatus.RESOLVED]:
            statuses.pop(0)
        return statuses


@pytest.fixture
def kennel(store: MemoryStore, clock: FakeClock) -> Kennel:
    return Kennel(store, clock)


async def test_what_was_never_heard_is_not_missed(kennel: Kennel) -> None:
    await kennel.hears(firing())
    await kennel.passes(600)
    assert kennel.store.journal.entries == []


async def test_heard_in_time_it_is_well(kennel: Kennel) -> None:
    for _ in range(10):
        await kennel.hears()
        await kennel.passes(14)
    assert kennel.said == []


async def test_its_silence_is_one_grave_alert_that_names_the_source(kennel: Kennel) -> None:
    await kennel.hears()
    for _ in range(3):
        await kennel.passes(16)
    assert kennel.said == [AlertStatus.FIRING]
    alert = kennel.store.journal.entries[-1].alert
    assert (alert.name, alert.severity, alert.source) == (MISSING, "critical", "checks")
    assert (alert.labels["source"], alert.labels["cluster"]) == ("fake", "home")
    assert kennel.placing.nudges > 0


async def test_heard_again_the_alert_ends(kennel: Kennel) -> None:
    await kennel.hears()
    await kennel.passes(16)
    await kennel.hears()
    first, last = kennel.store.journal.entries[-2:]
    assert kennel.said == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert (last.alert.fingerprint, last.alert.starts_at) == (first.alert.fingerprint, first.alert.starts_at)


async def test_one_that_comes_as_resolved_is_missing_at_once(kennel: Kennel) -> None:
    await kennel.hears()
    await kennel.hears(resolved(DOG, NOON))
    assert kennel.said == [AlertStatus.FIRING]


async def test_after_a_restart_it_is_still_missed_but_gets_its_time_first(kennel: Kennel) -> None:
    await kennel.hears()
    kennel.clock.advance(3600)
    kennel.restart()
    await kennel.passes(0)
    await kennel.passes(14)
    assert kennel.said == []
    await kennel.passes(2)
    assert kennel.said == [AlertStatus.FIRING]


async def test_a_restart_does_not_end_the_alert_but_the_next_sign_of_life_does(kennel: Kennel) -> None:
    await kennel.hears()
    await kennel.passes(16)
    kennel.restart()
    await kennel.passes(1)
    assert kennel.said == [AlertStatus.FIRING]
    kennel.clock.advance(60)
    await kennel.hears()
    assert kennel.said == [AlertStatus.FIRING, AlertStatus.RESOLVED]


async def test_who_does_not_place_hears_nothing_and_misses_nothing(kennel: Kennel) -> None:
    await kennel.hears()
    kennel.placing.leads = False
    await kennel.passes(600)
    kennel.placing.leads = True
    await kennel.passes(1)
    assert kennel.said == []


async def test_two_clusters_are_two_watchdogs(kennel: Kennel) -> None:
    await kennel.hears()
    await kennel.hears(firing("Watchdog", severity="none", cluster="away"))
    kennel.clock.advance(60 * 14)
    await kennel.hears()
    await kennel.passes(2)
    assert kennel.said[-1] is AlertStatus.FIRING
    assert kennel.store.journal.entries[-1].alert.labels["cluster"] == "away"


async def test_a_chatty_watchdog_is_kept_now_and_then(kennel: Kennel) -> None:
    for _ in range(60):
        await kennel.hears()
        await kennel.passes(1)
    assert len(kennel.store.samples.held) < 25
