"""What a route may use: the app, the meters, what is remembered between requests, bounded work in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import Request, Response

from lamplighter.app import App
from lamplighter.domain.nickname import Nicknames
from lamplighter.reports.axis import Span
from lamplighter.web.chain import ChainWatch
from lamplighter.web.cursors import Cursors
from lamplighter.web.feed import Feed
from lamplighter.web.metrics import Meters
from lamplighter.web.pairing import Pairings
from lamplighter.web.repeats import Repeats

BACKGROUND_MAX = 16


class Opener(Protocol):
    """Opens the pages of the live console; None in the context where it is switched off."""

    async def overview(self, request: Request) -> Response:
        """The command centre."""
        ...

    async def incidents(self, request: Request) -> Response:
        """The list."""
        ...

    async def incident(self, request: Request, incident_id: str, span: Span) -> Response:
        """One incident."""
        ...

    async def approvals(self, request: Request) -> Response:
        """What waits for people."""
        ...

    async def components(self, request: Request) -> Response:
        """What is watched."""
        ...

    async def settings(self, request: Request) -> Response:
        """The configuration in force."""
        ...

    async def people(self, request: Request) -> Response:
        """Who may come in."""
        ...

    async def audit(self, request: Request) -> Response:
        """Who did what."""
        ...

    async def account(self, request: Request) -> Response:
        """Who asks."""
        ...

    async def welcome(self, request: Request) -> Response:
        """The first steps."""
        ...


@dataclass(slots=True)
class Rounds:
    """The doctor's last look, so that however many ask, the systems outside are asked once in a while."""

    found: dict[str, Any] = field(default_factory=dict)
    at: float | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Context:
    """One for each running server."""

    app: App
    metrics: Meters
    cursors: Cursors
    repeats: Repeats
    feed: Feed
    called: Nicknames = field(default_factory=Nicknames)
    console: Opener | None = None
    chain: ChainWatch = field(default_factory=ChainWatch)
    rounds: Rounds = field(default_factory=Rounds)
    pairings: Pairings = field(default_factory=Pairings)
    pulling: asyncio.Lock = field(default_factory=asyncio.Lock)
    pulls_waiting: set[str] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)
    in_hand: set[tuple[str, bytes]] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something after the answer; past the bound it is dropped, because the same work is under way."""
        if len(self._tasks) >= BACKGROUND_MAX:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def make_context(app: App) -> Context:
    """The context of one running app."""
    stored = app.store.incidents
    feed = Feed(read=stored.events_after, last=stored.last_event_seq, wait=app.news.wait, clock=app.clock)
    meters = Meters(app, lambda: len(feed))
    chain = ChainWatch(app.clock.monotonic)
    cursors, repeats, called = Cursors(app.token), Repeats(app.clock), app.chronicle.called
    return Context(app, meters, cursors, repeats, feed, called, chain=chain)


def context(request: Request) -> Context:
    """The context of the server that took this request."""
    found = request.app.state.context
    if not isinstance(found, Context):
        raise TypeError("the server was not put together by make_api")
    return found
