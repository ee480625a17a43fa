"""The dead man's switch: an alert that always fires, and whose silence means that the monitoring itself is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from lamplighter.domain.alert import Alert, AlertStatus, Delivery, fingerprint_of
from lamplighter.domain.check import SOURCE, Sample, SampleState
from lamplighter.ports import Clock, Store, StoreUnavailable

CHECK = "watchdog"
MISSING = "WatchdogMissing"
CLUSTER_LABELS = ("cluster", "prometheus", "environment", "env", "region", "tenant")
REMEMBERED = timedelta(days=30)
WATCHED_MAX = 100
KEPT_SHARE = 4.0
TURN_SECONDS = 5.0
log = structlog.get_logger()
Key = tuple[tuple[str, str], ...]


class Placing(Protocol):
    """Who places what is journaled."""

    @property
    def leads(self) -> bool:
        """Whether this process places, and so hears every alert."""
        ...

    def nudge(self) -> None:
        """Something new is there."""
        ...


@dataclass(slots=True)
class _Watched:
    """One watchdog: when it was last seen, when that was last kept, and what was last said of its silence.

    `seen` is the same moment in seconds that never go back: a clock that jumps makes nobody silent.
    """

    seen_at: datetime
    seen: float = 0.0
    kept_at: datetime | None = None
    ended: bool = False
    missing_since: datetime | None = None
    told: AlertStatus | None = None


@dataclass(slots=True)
class Watchdogs:
    """Watches every (source, name, cluster) that was once seen. `within` is how long one may be silent."""

    store: Store
    clock: Clock
    correlator: Placing
    names: frozenset[str]
    within: timedelta = timedelta(minutes=15)
    watched: dict[Key, _Watched] = field(default_factory=dict)
    _began_at: datetime | None = None
    _began: float = 0.0

    def heard(self, alert: Alert, at: datetime) -> None:
        """An alert was placed; those that are no watchdogs are let by."""
        if alert.labels.get("alertname", "") not in self.names:
            return
        key = key_of(alert)
        one = self.watched.get(key)
        if one is None:
            if len(self.watched) >= WATCHED_MAX:
                log.warning("too many watchdogs; this one is not watched", source=alert.source)
                return
            one = self.watched[key] = _Watched(at)
        one.ended = alert.status is AlertStatus.RESOLVED
        if not one.ended:
            one.seen_at = max(one.seen_at, at)
            waited = max(0.0, (self.clock.now() - at).total_seconds())
            one.seen = max(one.seen, self.clock.monotonic() - waited)

    async def run(self) -> None:
        """Watch until cancelled; a store that is away is waited for."""
        while True:
            try:
                await self.once()
            except StoreUnavailable as problem:
                log.warning("the store is away; watchdogs wait", problem=str(problem))
            await self.clock.sleep(TURN_SECONDS)

    async def once(self) -> None:
        """Remember what was seen, and journal what went missing or came back. Raises `StoreUnavailable`."""
        if not self.correlator.leads:
            self._began_at = None
            return
        now = self.clock.now()
        if self._began_at is None:
            self._recall(await asyncio.to_thread(self.store.samples.window, CHECK, now - REMEMBERED, now))
            # Nothing could be heard before, so each gets its whole time from here.
            self._began_at, self._began = now, self.clock.monotonic()
        for key, one in tuple(self.watched.items()):
            await self._keep(key, one)
            silent_seconds = self.clock.monotonic() - max(one.seen, self._began)
            gone = one.ended or silent_seconds > self.within.total_seconds()
            # Heard in this life, it ends what an earlier life may have said; unheard, it has only not been long yet.
            heard = one.told is not None or one.seen_at >= self._began_at
            wanted = AlertStatus.FIRING if gone else AlertStatus.RESOLVED
            if wanted is not one.told and (gone or heard):
                await self._journal(key, one, wanted, now)

    def _recall(self, kept: Sequence[Sample]) -> None:
        for sample in kept:
            key = _read(sample.detail)
            if key and (key in self.watched or len(self.watched) < WATCHED_MAX):
                one = self.watched.setdefault(key, _Watched(sample.at, kept_at=sample.at))
                one.seen_at = max(one.seen_at, sample.at)

    async def _keep(self, key: Key, one: _Watched) -> None:
        due = one.kept_at is None or one.seen_at - one.kept_at >= self.within / KEPT_SHARE
        if due:
            sample = Sample(CHECK, one.seen_at, SampleState.OK, json.dumps(dict(key)))
            await asyncio.to_thread(self.store.samples.keep, (sample,))
            one.kept_at = one.seen_at

    async def _journal(self, key: Key, one: _Watched, status: AlertStatus, now: datetime) -> None:
        """Its silence begins or ends. The first word after a start repeats what an earlier life may have said."""
        if status is AlertStatus.FIRING:
            one.missing_since = one.missing_since or now
        alert = missing_alert(key, status, one.missing_since or now, now, one.seen_at)
        await self.store.journal.append(Delivery((alert,)), SOURCE, now)
        one.told = status
        if status is AlertStatus.RESOLVED:
            one.missing_since = None
        self.correlator.nudge()


def key_of(alert: Alert) -> Key:
    """What makes one watchdog: who sent it, its name, and the labels that tell clusters apart."""
    labels = {"source": alert.source, "watchdog": alert.labels.get("alertname", "")}
    labels |= {name: alert.labels[name] for name in CLUSTER_LABELS if alert.labels.get(name)}
    return tuple(sorted(labels.items()))


def missing_alert(key: Key, status: AlertStatus, since: datetime, now: datetime, seen_at: datetime) -> Alert:
    """The alert that says that a watchdog is silent, or is heard again."""
    labels = {**dict(key), "alertname": MISSING, "severity": "critical"}
    words = f"{labels['watchdog']} of {labels['source']} was last heard at {seen_at:%H:%M:%S}; I may be blind there"
    ends_at = now if status is AlertStatus.RESOLVED else None
    return Alert(SOURCE, fingerprint_of(labels), status, labels, {"summary": words}, since, ends_at)


def _read(detail: str) -> Key:
    try:
        labels = json.loads(detail)
    except ValueError:
        return ()
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return ()
    return tuple(sorted(labels.items()))
