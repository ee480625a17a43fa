"""Brings to the audit log what has no transaction of its own: noted acts, the configuration, refused sign-ins.

What changes the store is written by the store itself, with the change.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from lamplighter import __version__
from lamplighter.domain.audit import ITSELF, UNKNOWN, Act, What, act
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.notebook import Notebook
from lamplighter.workflow.switch import FileSwitch

LATE = timedelta(seconds=15)
REFUSALS_EVERY_SECONDS = 60.0
NAMES_SHOWN_MAX = 5
NAMES_COUNTED_MAX = 200
log = structlog.get_logger()


@dataclass(slots=True)
class Refusals:
    """Refused sign-ins since the last row about them. Only names that somebody here has are kept."""

    since: datetime | None = None
    count: int = 0
    unknown: int = 0
    names: Counter[str] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)

    def add(self, now: datetime, name: str, address: str) -> None:
        """One more."""
        self.since = self.since or now
        self.count += 1
        self.unknown += not name
        for counter, value in ((self.names, name), (self.addresses, address)):
            if value and (value in counter or len(counter) < NAMES_COUNTED_MAX):
                counter[value] += 1


@dataclass(slots=True)
class Scribe:
    """Writes what waits every second; a store that is away is waited for."""

    store: Store
    clock: Clock
    notebook: Notebook
    switch: FileSwitch
    every_seconds: float = 1.0
    refusals: Refusals = field(default_factory=Refusals)
    _refused_at: float | None = None
    _away: bool = False

    async def begin(self, configuration: Path | None) -> None:
        """Note that the server began, with which configuration, and what the switch says of itself."""
        await asyncio.to_thread(self.switch.note)
        await self.configured(What.CONFIGURATION_LOADED, configuration, ITSELF)

    async def configured(self, what: What, configuration: Path | None, by: str, **detail: str) -> None:
        """Write that a configuration was read, and the digest of its file; never what stands in it."""
        digest = await asyncio.to_thread(_digest, configuration)
        done = act(
            self.clock.now(),
            by,
            what,
            "configuration",
            file=digest,
            path=str(configuration or ""),
            **detail,
            version=__version__,
        )
        try:
            await asyncio.to_thread(self.store.audit.write, done)
        except StoreUnavailable:
            if not await asyncio.to_thread(self.notebook.note, done):
                log.warning("an act could not be noted for the audit log", what=str(done.what))

    def refused(self, name: str, address: str) -> None:
        """Count a sign-in that was refused; `name` is empty where nobody here has it."""
        self.refusals.add(self.clock.now(), name, address)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self.clock.sleep(self.every_seconds)
            try:
                await self.once()
                self._away = False
            except StoreUnavailable as problem:
                if not self._away:
                    log.warning("the store is away; acts wait for the audit log", problem=str(problem))
                self._away = True

    async def finish(self) -> None:
        """Write what is counted in memory alone, which would be lost with it. Where the store is away, it is."""
        self._refused_at = None
        try:
            await self.once()
        except StoreUnavailable as problem:
            if lost := self.refusals.count:
                log.warning("refused sign-ins are not in the audit log", count=lost, problem=str(problem))

    async def once(self) -> None:
        """Write all that waits. Raises `StoreUnavailable`; then what was not written waits on."""
        await asyncio.to_thread(self._write_noted)
        counted, elapsed = self.refusals, self.clock.monotonic()
        due = self._refused_at is None or elapsed - self._refused_at >= REFUSALS_EVERY_SECONDS
        if not counted.count or not due:
            return
        # Whoever is refused meanwhile is counted for the next row.
        self.refusals = Refusals()
        try:
            await asyncio.to_thread(self.store.audit.write, _told(counted, self.clock.now()))
        except StoreUnavailable:
            self.refusals = _together(counted, self.refusals)
            raise
        self._refused_at = elapsed

    def _write_noted(self) -> None:
        for one in self.notebook.waiting():
            self.store.audit.write(self._dated(one.act), key=one.key)
            self.notebook.settled(one)

    def _dated(self, done: Act) -> Act:
        """The act, and where it is written long after it took place, when that is."""
        now = self.clock.now()
        if now - done.at < LATE:
            return done
        late = f"written {now:%Y-%m-%dT%H:%M:%SZ}"
        told = {name: said for name, said in done.detail.items() if name != "late"}
        return act(done.at, done.actor, done.what, done.on, late=late, **told)


def _told(counted: Refusals, now: datetime) -> Act:
    names = [name for name, _ in counted.names.most_common(NAMES_SHOWN_MAX)]
    addresses = [address for address, _ in counted.addresses.most_common(NAMES_SHOWN_MAX)]
    detail = {
        "count": str(counted.count),
        "unknown_names": str(counted.unknown) if counted.unknown else "",
        "addresses": " ".join(addresses),
        "since": (counted.since or now).isoformat(timespec="seconds"),
    }
    return act(now, UNKNOWN, What.SIGN_IN_REFUSED, " ".join(names) or "nobody", **detail)


def _together(earlier: Refusals, later: Refusals) -> Refusals:
    names, addresses = _most(earlier.names + later.names), _most(earlier.addresses + later.addresses)
    count, unknown = earlier.count + later.count, earlier.unknown + later.unknown
    return Refusals(earlier.since or later.since, count, unknown, names, addresses)


def _most(counted: Counter[str]) -> Counter[str]:
    """No more than one count holds: a store that is away for long must not fill the memory."""
    return Counter(dict(counted.most_common(NAMES_COUNTED_MAX)))


def _digest(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        with file.open("rb") as stream:
            return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except OSError as problem:
        return f"cannot be read: {problem.strerror}"
