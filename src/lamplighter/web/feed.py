"""One reading of the timelines for everybody who listens: each new event is read, redacted and encoded once."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from lamplighter.domain.redaction import redact, redact_tree
from lamplighter.domain.timeline import Event
from lamplighter.ports import Clock, StoreUnavailable
from lamplighter.web.problems import Problem

LISTENERS_MAX = 200
WAITING_FRAMES_MAX = 1_000
RECENT_FRAMES_MAX = 2_000
READ_EVENTS_MAX = 500
# Other processes on the same store write events too, and nobody here hears of them.
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 0.1
GAP_SECONDS = 10.0
GAPS_MAX = 1_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes over the wire."""

    seq: int
    data: bytes
    incident_id: str = ""


@dataclass(slots=True, eq=False)
class Listener:
    """One client. What it does not take in time is dropped as a whole, so that it costs nobody else anything."""

    waiting: deque[Frame] = field(default_factory=deque)
    lost: bool = False
    left: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, frames: Sequence[Frame]) -> None:
        """Put new frames in its line."""
        if len(self.waiting) + len(frames) > WAITING_FRAMES_MAX:
            self.waiting.clear()
            self.lost = True
        elif not self.lost:
            self.waiting.extend(frames)
        self._news.set()

    def leave(self) -> None:
        """End it."""
        self.left = True
        self._news.set()

    async def take(self, seconds: float) -> list[Frame]:
        """What has come since the last time, after `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return []
        self._news.clear()
        taken = list(self.waiting)
        self.waiting.clear()
        return taken


class Gaps:
    """Sequence numbers that were passed over: with several writers, what is numbered first may be seen last."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def floor(self, head: int, now: float) -> int:
        """From where to read, so that what is late by less than GAP_SECONDS is still found."""
        self._since = {seq: since for seq, since in self._since.items() if now - since < GAP_SECONDS}
        return min(self._since, default=head + 1) - 1

    def fresh(self, events: Sequence[Event], head: int, now: float) -> tuple[list[Event], int]:
        """Those of `events` that were not seen before, and the new head."""
        found = []
        for event in events:
            if event.seq > head:
                passed = range(max(head + 1, event.seq - GAPS_MAX), event.seq)
                self._since.update(dict.fromkeys(passed, now))
                head = event.seq
                found.append(event)
            elif self._since.pop(event.seq, None) is not None:
                found.append(event)
        for seq in sorted(self._since)[: max(0, len(self._since) - GAPS_MAX)]:
            del self._since[seq]
        return found, head


class Feed:
    """Reads while somebody listens. `wait` returns when something may have happened, after so many seconds at most."""

    def __init__(
        self,
        *,
        read: Callable[[int, int], Sequence[Event]],
        last: Callable[[], int],
        wait: Callable[[float], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._read = read
        self._last = last
        self._wait = wait
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._wanted = asyncio.Event()
        self._begun = asyncio.Event()
        self._ended = False
        self._recent: deque[Frame] = deque(maxlen=RECENT_FRAMES_MAX)
        self._gaps = Gaps()
        self.head = 0

    def __len__(self) -> int:
        return len(self._listeners)

    def check_room(self) -> None:
        """Raises `Problem` 503 where nobody else can listen."""
        if len(self._listeners) >= LISTENERS_MAX or self._ended:
            detail = f"{len(self._listeners)} clients listen already, or the server is stopping"
            raise Problem(503, "too-many-listeners", detail, "close one, or ask again later", {"Retry-After": "5"})

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener that hears everything from now on. Raises `Problem` 503 where there are too many."""
        self.check_room()
        listener = Listener()
        self._listeners.add(listener)
        self._wanted.set()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._wanted.clear()

    async def run(self) -> None:
        """Read until cancelled; a store that is away is waited for."""
        while True:
            await self._wanted.wait()
            if not await self._begin():
                await self._clock.sleep(LOOK_SECONDS)
                continue
            while self._wanted.is_set():
                await self._wait(LOOK_SECONDS)
                while await self._look() >= READ_EVENTS_MAX:
                    await self._clock.sleep(PAUSE_SECONDS)
                # Many alerts in a moment are one reading.
                await self._clock.sleep(PAUSE_SECONDS)
            self._begun.clear()

    async def _begin(self) -> bool:
        """After a time without listeners, begin with what happens from now on."""
        try:
            self.head = await asyncio.to_thread(self._last)
        except StoreUnavailable as problem:
            log.warning("the store is away; listeners wait", problem=str(problem))
            return False
        self._recent.clear()
        self._gaps = Gaps()
        self._begun.set()
        return True

    async def begun(self) -> None:
        """Wait until everything from now on is heard; what is read from the store after that leaves no gap."""
        await self._begun.wait()

    async def _look(self) -> int:
        """Read once and tell everybody; returns how many events were read."""
        try:
            floor = self._gaps.floor(self.head, self._clock.monotonic())
            events = await asyncio.to_thread(self._read, floor, READ_EVENTS_MAX)
        except StoreUnavailable as problem:
            log.warning("the store is away; listeners wait", problem=str(problem))
            return 0
        found, self.head = self._gaps.fresh(events, self.head, self._clock.monotonic())
        if found:
            frames = await asyncio.to_thread(lambda: [frame_of(event) for event in found])
            self._recent.extend(frames)
            for listener in self._listeners:
                listener.offer(frames)
        return len(events)

    def recent_after(self, seq: int) -> list[Frame] | None:
        """What was told after the event `seq`, in that order; None where it is not remembered."""
        for place, frame in enumerate(self._recent):
            if frame.seq == seq:
                return list(self._recent)[place + 1 :]
        return None

    async def stored_after(self, seq: int) -> list[Frame]:
        """The next events past `seq` from the store, READ_EVENTS_MAX at most. Raises `StoreUnavailable`."""
        return await asyncio.to_thread(lambda: [frame_of(event) for event in self._read(seq, READ_EVENTS_MAX)])

    def end(self) -> None:
        """Let every listener go, so that the server can stop."""
        self._ended = True
        for listener in self._listeners:
            listener.leave()


def frame_of(event: Event) -> Frame:
    """An event as server-sent event: its sequence number as id, its moment as name, JSON without secrets as data."""
    shown = {
        "seq": event.seq,
        "incident_id": event.incident_id,
        "at": event.at.isoformat(),
        "moment": str(event.moment),
        "crew": str(event.crew),
        "text": redact(event.text),
        "data": redact_tree(event.data),
    }
    # ASCII alone: neither a line end nor half a character can break the frame.
    text = json.dumps(shown, default=str)
    wire = f"id: {event.seq}\nevent: {event.moment}\ndata: {text}\n\n".encode("ascii")
    return Frame(event.seq, wire, event.incident_id)
