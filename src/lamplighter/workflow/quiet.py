"""What silences and maintenance windows mute now, from memory. They mute messages and fixes, never recording."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.maintenance import Window, covers, open_until
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.quiet import COMPONENT, checked, clock_words, matcher_words, mutes, words_of
from lamplighter.domain.silence import Silence
from lamplighter.domain.timeline import Event
from lamplighter.ports import Clock, SilenceExchange, Store, StoreUnavailable
from lamplighter.workflow.silence_sync import SILENCES_MAX, SilenceSync

LEASE = "silences"
LEASE_SECONDS = 60.0
ENDED_MAX = 200
ID_BYTES = 4
WINDOWS_FRESH = timedelta(seconds=1)
log = structlog.get_logger()


@dataclass(slots=True)
class Quiet:
    """Silences of the store and windows of the configuration. `timezone` is that of the words people read."""

    store: Store
    clock: Clock
    windows: tuple[Window, ...] = ()
    exchanges: tuple[SilenceExchange, ...] = ()
    timezone: str = "UTC"
    refresh_seconds: float = 3.0
    sync_seconds: float = 15.0
    called: Nicknames = field(default_factory=Nicknames)
    sync: SilenceSync = field(init=False)
    silences: tuple[Silence, ...] = ()
    _open: dict[Window, datetime] = field(default_factory=dict)
    _looked_at: datetime | None = None
    _begun: frozenset[str] = frozenset()
    _ended: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=ENDED_MAX))
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _synced: float | None = None
    _holder: str = field(default_factory=lambda: f"quiet-{secrets.token_hex(8)}")

    def __post_init__(self) -> None:
        self.sync = SilenceSync(self.store, self.clock, self.exchanges)

    def muted(self, labels: Mapping[str, str], component: str) -> str:
        """Why messages and fixes for an alert with these labels are muted now, until when and by whom; empty if not.

        Of several reasons the one that lasts longest is said.
        """
        if not self.silences and not self.windows:
            return ""
        now = self.clock.now()
        known = {**labels, COMPONENT: component} if component else labels
        holding = [one for one in self.silences if self._holds(one, known, now)]
        named = [replace(one, author=self.called.of(one.author)) for one in holding]
        reasons = [(one.ends_at, words_of(one, now, self.timezone)) for one in named]
        for window, until in self._open_windows(now).items():
            if covers(window, component):
                reasons.append((until, f"maintenance until {clock_words(until, now, self.timezone)}: {window.name}"))
        return max(reasons, default=(now, ""))[1]

    def _holds(self, silence: Silence, labels: Mapping[str, str], now: datetime) -> bool:
        """Whether it mutes these now. One that has begun lasts until its end, also where the clock was set back."""
        begun = replace(silence, starts_at=min(silence.starts_at, now)) if silence.id in self._begun else silence
        return mutes(begun, labels, now)

    def ended_since(self, at: datetime) -> tuple[str, ...]:
        """Words for each silence and window that ended at `at` or later, oldest first, as far as was seen."""
        return tuple(words for ended_at, words in self._ended if ended_at >= at)

    @property
    def cannot_see(self) -> Mapping[str, str]:
        """The systems whose silences are not seen now, and why; what was known of them holds until its end."""
        return self.sync.cannot_see

    async def add(self, silence: Silence, event: Event | None = None, *, nonce: str = "") -> Silence:
        """Make a silence, or change the one of its id, with what the store does of one piece with it.

        Raises `BadSilence`, `CannotAnswer`, `StoreUnavailable`.
        """
        # Its copy in another system is known by this id, also to another Lamplighter or after a new start with no data.
        named = silence if silence.id else replace(silence, id=f"SIL-{secrets.token_hex(ID_BYTES)}")
        put, good = self.store.silences.put, checked(named, self.clock.now())
        async with self.sync.changing:
            kept = await asyncio.to_thread(lambda: put(good, event, nonce=nonce))
            self.sync.note(kept)
        await self.refresh()
        self._news.set()
        return kept

    async def end(self, silence_id: str, *, by: str = "") -> Silence:
        """End a silence now, also one that came from elsewhere. Raises `LookupError`, `StoreUnavailable`."""
        async with self.sync.changing:
            end, now = self.store.silences.end, self.clock.now()
            ended = await asyncio.to_thread(lambda: end(silence_id, now, by=by))
            self.sync.note(ended)
        await self.refresh()
        self._news.set()
        return ended

    async def refresh(self) -> None:
        """Read the silences again, and note what ended. Raises `StoreUnavailable`."""
        now = self.clock.now()
        found = await asyncio.to_thread(lambda: self.store.silences.listed(now=now, limit=SILENCES_MAX))
        still = {one.id for one in found if one.ends_at > now}
        for one in self.silences:
            if one.id not in still and one.starts_at <= now:
                what = matcher_words(one.matchers)
                words = f"the silence of {what} by {self.called.of(one.author)} is over"
                self._ended.append((min(one.ends_at, now), words))
        self.silences = tuple(found)
        self._begun = frozenset(one.id for one in found if one.starts_at <= now or one.id in self._begun)
        self._open_windows(now)

    async def run(self) -> None:
        """Refresh and exchange until cancelled; a store that is away is waited for."""
        try:
            while True:
                await self._round()
                await self._pause()
        finally:
            await self._let_go()

    async def exchange(self) -> None:
        """One round with every other system, by one process at a time. Raises `StoreUnavailable`."""
        if not self.exchanges:
            return
        token = await asyncio.to_thread(self.store.leases.take, LEASE, self._holder, LEASE_SECONDS)
        if token:
            await self.sync.once()
            await self.refresh()

    async def _round(self) -> None:
        changed = self._news.is_set()
        self._news.clear()
        try:
            await self.refresh()
            now = self.clock.monotonic()
            if changed or self._synced is None or now - self._synced >= self.sync_seconds:
                self._synced = now
                await self.exchange()
        except StoreUnavailable as problem:
            log.warning("the store is away; silences stay as they were known", problem=str(problem))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self.refresh_seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def _let_go(self) -> None:
        if not self.exchanges:
            return
        try:
            await asyncio.to_thread(self.store.leases.release, LEASE, self._holder)
        except StoreUnavailable as problem:
            log.info("the lease of the silences runs out by itself", problem=str(problem))

    def _open_windows(self, now: datetime) -> Mapping[Window, datetime]:
        """The windows that are open, and until when; looked at again after a second."""
        looked_at = self._looked_at
        if looked_at is not None and timedelta(0) <= now - looked_at < WINDOWS_FRESH:
            return self._open
        found = {window: until for window in self.windows if (until := open_until(window, now)) is not None}
        for window, until in self._open.items():
            if window not in found:
                self._ended.append((until, f"the maintenance {window.name} is over"))
        self._open, self._looked_at = found, now
        return found
