"""Keeps all open pages fresh: one listener for everybody, each view made once for all who see the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from nicegui import Client

from lamplighter.domain.access import Person
from lamplighter.ports import StoreUnavailable
from lamplighter.web.console.pane import Pane
from lamplighter.web.context import Context
from lamplighter.web.feed import Frame
from lamplighter.web.problems import Problem

CLIENTS_MAX = 100
# Nobody may take all places: one person has so many, and what was asked for but never connected gives way.
PERSON_CLIENTS_MAX = 30
# Nothing is made more often than this, however many alerts come in.
PAUSE_SECONDS = 0.7
PAUSE_SECONDS_MAX = 5.0
# Of the time of one processor, making pages may take a tenth.
SHARE_MAX = 0.1
# What time alone changes, such as the twelve hours that a chart shows, is made anew after this.
STALE_SECONDS = 15.0
LOOK_SECONDS = 2.0
# So long a page that was open stays open after its session ended or its role changed; acts ask each time.
CHECK_SECONDS = 15.0
Sheet = Mapping[str, str]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Key:
    """Which view, of what, and for whom as far as it differs. Who has the same key sees the same."""

    view: str
    asked: tuple[tuple[str, str], ...] = ()
    person: Person | None = None
    incident: str = ""

    @property
    def wanted(self) -> dict[str, str]:
        """What is asked for, by name."""
        return dict(self.asked)


@dataclass(frozen=True, slots=True)
class Said:
    """What came of an act, for the person who did it."""

    words: str
    fine: bool = True


@dataclass(slots=True, eq=False)
class Watcher:
    """One open page."""

    client: Client
    keys: tuple[Key, ...]
    panes: Mapping[str, Pane]
    who: Callable[[], Awaitable[Person | None]]
    person: Person | None
    connected: bool = False

    def connect(self) -> None:
        """A browser is there, not just a request."""
        self.connected = True


@dataclass(slots=True)
class Hub:
    """Makes sheets and hands them out. `views` maps the name of a view to what makes its sheet; that blocks."""

    here: Context
    views: Mapping[str, Callable[[Context, Key], Sheet]]
    notice: Callable[[Said], str]
    _watchers: dict[str, Watcher] = field(default_factory=dict)
    _made: dict[Key, float] = field(default_factory=dict)
    _paused: str = ""
    _checked: float = 0.0
    _changed: float = 0.0
    _turns: int = 0
    _shown: dict[Key, int] = field(default_factory=dict)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self._watchers)

    def shows(self, key: Key) -> bool:
        """Whether somebody looks at it."""
        return key in self._made

    async def sheet(self, keys: Iterable[Key]) -> dict[str, str]:
        """The panes of these views as they are now. Raises `Problem`, `StoreUnavailable`."""
        asked = tuple(keys)
        self._make_room(asked[0].person)
        return await asyncio.to_thread(self._sheet, asked)

    def _make_room(self, person: Person | None) -> None:
        """Let go of the oldest page that no browser ever connected to, where all places are taken. Raises `Problem`."""
        mine = [watcher for watcher in self._watchers.values() if watcher.person == person]
        for watchers, most in ((mine, PERSON_CLIENTS_MAX), (list(self._watchers.values()), CLIENTS_MAX)):
            if len(watchers) < most:
                continue
            oldest = next((watcher for watcher in watchers if not watcher.connected), None)
            if oldest is None:
                detail = f"{len(watchers)} consoles are open already"
                raise Problem(503, "too-many-consoles", detail, "close one, or ask again later", {"Retry-After": "10"})
            self._left(oldest.client.id)
            if not oldest.client.is_deleted:
                oldest.client.delete()
            return

    def _sheet(self, keys: Sequence[Key]) -> dict[str, str]:
        return {name: html for key in keys for name, html in self.views[key.view](self.here, key).items()}

    def watch(
        self,
        client: Client,
        keys: tuple[Key, ...],
        panes: Mapping[str, Pane],
        who: Callable[[], Awaitable[Person | None]],
        since: float | None = None,
    ) -> None:
        """Keep this page fresh until its browser is gone, or `who` tells of somebody else than the first of `keys`.

        `since` is when its sheet began to be made, monotonic seconds: what changed after that is not in it yet. Raises
        `Problem` where its place was taken meanwhile.
        """
        self._make_room(keys[0].person)
        watcher = Watcher(client, keys, panes, who, keys[0].person)
        self._watchers[client.id] = watcher
        now = time.monotonic()
        # Where nobody was looking nobody heard of a change either.
        missed = not self._wanted.is_set() or (since is not None and self._changed >= since)
        for key in keys:
            self._made[key] = 0.0 if missed else self._made.get(key, now)
        client.on_connect(watcher.connect)
        client.on_delete(lambda: self._left(client.id))
        self._wanted.set()

    def _left(self, client_id: str) -> None:
        self._watchers.pop(client_id, None)
        seen = {key for watcher in self._watchers.values() for key in watcher.keys}
        self._made = {key: at for key, at in self._made.items() if key in seen}
        self._shown = {key: turn for key, turn in self._shown.items() if key in seen}
        if not self._watchers:
            self._wanted.clear()

    async def run(self) -> None:
        """Keep pages fresh until cancelled; a store that is away is waited for."""
        while True:
            await self._wanted.wait()
            try:
                with self.here.feed.listening() as listener:
                    # A listener that fell behind lost what it was told: everything is looked at, by one that begins.
                    while self._wanted.is_set() and not listener.left and not listener.lost:
                        spent = await self._round(await listener.take(LOOK_SECONDS))
                        await self._check()
                        await asyncio.sleep(min(PAUSE_SECONDS_MAX, max(PAUSE_SECONDS, spent / SHARE_MAX)))
                    if listener.lost:
                        self._made = dict.fromkeys(self._made, 0.0)
            except Problem as problem:
                log.warning("the console cannot listen", problem=problem.detail)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _check(self) -> None:
        """Send away who is signed out, or has another role than the page was made for."""
        now = time.monotonic()
        if now - self._checked < CHECK_SECONDS:
            return
        self._checked = now
        for client_id, watcher in tuple(self._watchers.items()):
            try:
                person = await watcher.who()
            except StoreUnavailable:
                return
            if person != watcher.person:
                self._left(client_id)
                if not watcher.client.is_deleted:
                    # The gate leads whoever may not see the page any more to where one signs in.
                    watcher.client.open(watcher.client.sub_pages_router.current_path)

    async def _round(self, frames: Sequence[Frame]) -> float:
        """Make anew what changed, and show it; returns the seconds that it took."""
        began = time.monotonic()
        paused = await asyncio.to_thread(self.here.app.switch.paused)
        changed = bool(frames) or paused != self._paused
        self._paused = paused
        self._changed = time.monotonic() if changed else self._changed
        told = {frame.incident_id for frame in frames}
        for key in [key for key in tuple(self._made) if self._is_due(key, told, began, changed=changed)]:
            await self.refresh(key)
        return time.monotonic() - began

    def _is_due(self, key: Key, told: set[str], now: float, *, changed: bool) -> bool:
        if now - self._made.get(key, 0.0) >= STALE_SECONDS:
            return True
        return changed and (not key.incident or key.incident in told or not told)

    async def again(self, view: str) -> None:
        """Make this view anew for everybody who sees it."""
        for key in [key for key in tuple(self._made) if key.view == view]:
            await self.refresh(key)

    async def refresh(self, key: Key) -> None:
        """Make one view, and show it to everybody who sees it; of two at once the one that began later stays."""
        self._changed = time.monotonic()
        if key not in self._made:
            return
        self._made[key] = self._changed
        self._turns += 1
        turn = self._turns
        try:
            sheet = await asyncio.to_thread(self.views[key.view], self.here, key)
        except (StoreUnavailable, Problem) as problem:
            log.warning("a view of the console cannot be made", view=key.view, problem=str(problem))
            return
        except Exception:  # a view that breaks must end neither the others nor the server; the log has all of it
            log.exception("a view of the console broke", view=key.view)
            return
        if self._shown.get(key, 0) > turn or key not in self._made:
            return
        self._shown[key] = turn
        for watcher in tuple(self._watchers.values()):
            if key in watcher.keys:
                self._show(watcher, sheet)

    @staticmethod
    def _show(watcher: Watcher, sheet: Sheet) -> None:
        for name, html in sheet.items():
            pane = watcher.panes.get(name)
            if pane is not None and not pane.is_deleted:
                pane.show(html)


def keyed(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is asked for, in an order of its own, so that the same question is the same key."""
    return tuple(sorted((name, str(value)) for name, value in values.items()))
