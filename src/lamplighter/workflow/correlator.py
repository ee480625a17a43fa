"""Reads the journal in order and places alerts in batches, on a board in memory that the store can rebuild."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from lamplighter.domain.alert import Alert, AlertStatus, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import State
from lamplighter.domain.learned import edges_from_alert
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Clears, Joins, Opens, Placed, Reopens
from lamplighter.domain.placing import place_all
from lamplighter.domain.redaction import redact
from lamplighter.domain.topology import Edge
from lamplighter.ports import Applied, Clock, Fenced, Store, StoreUnavailable
from lamplighter.workflow.dispatch import Dispatch
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.news import News
from lamplighter.workflow.tempo import Tempo

# Counts of repeats may lag behind by this; a crash loses no more than that of them, and no alert.
COUNTING_SECONDS = 15.0
CAUGHT_UP_SECONDS_MAX = 5.0
CAUGHT_UP_PAUSE_SECONDS = 0.05
LOOKS_MAX = 3
PLACINGS_MAX = 3
CHANGED_MAX = 10_000
LEARNED_MAX = 10_000
BEGINNINGS_MAX = 20_000
log = structlog.get_logger()


@dataclass(slots=True)
class Correlator:
    """The placing loop. Only the process that holds the lease places; the others only journal."""

    store: Store
    clock: Clock
    dispatch: Dispatch
    lease: PlacingLease
    news: News = field(default_factory=News)
    watchdogs: frozenset[str] = frozenset({"Watchdog"})
    heard: Callable[[Alert, datetime], None] = lambda _alert, _at: None
    idle_seconds: float = 1.0
    board: Board = field(default_factory=Board)
    learned: set[Edge] = field(default_factory=set)
    _graph: Graph = field(default_factory=lambda: Graph(()))
    _built_by: int = 0
    _changed: set[str] = field(default_factory=set)
    _beginnings: deque[datetime] = field(default_factory=lambda: deque(maxlen=BEGINNINGS_MAX))
    _failures: dict[int, int] = field(default_factory=dict)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _counted_at: float = 0.0
    _tempo: Tempo = field(default_factory=Tempo)

    @property
    def leads(self) -> bool:
        """Whether this process places, and its board holds."""
        return self.lease.held and self._built_by != 0

    def nudge(self) -> None:
        """Something was journaled: place it now rather than at the next idle look."""
        self._tempo.arrived()
        self._wanted.set()

    def changed(self, incident_ids: Iterable[str]) -> None:
        """Somebody else changed these incidents: read them again before the next batch."""
        self._changed.update(incident_ids)
        if len(self._changed) > CHANGED_MAX:
            self._changed.clear()
            self._built_by = 0
        self._wanted.set()
        self.news.announce()

    def begun_since(self, since: datetime) -> int:
        """How many troubles began since then, as far as they are kept."""
        count = 0
        for at in reversed(self._beginnings):
            if at < since:
                break
            count += 1
        return count

    def members(self, incident_id: str) -> Sequence[Member]:
        """What belongs to an open incident, by the board."""
        return self.board.members(incident_id)

    async def survey(self, graph: Graph) -> None:
        """Take a new topology."""
        async with self._turn:
            self._graph = graph
            self.board.survey(graph)

    async def run(self) -> None:
        """Place until cancelled; a store that is away is waited for."""
        while True:
            began = self.clock.monotonic()
            try:
                placed = await self.place_waiting()
            except StoreUnavailable as problem:
                log.warning("placing waits", problem=str(problem))
                placed = 0
                await self.clock.sleep(self.idle_seconds)
            rest_seconds = self._tempo.rest_seconds(placed, self.clock.monotonic() - began)
            if not placed:
                await self._idle()
            elif rest_seconds:
                await self.clock.sleep(rest_seconds)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(self.idle_seconds):
                await self._wanted.wait()
        except TimeoutError:
            return
        finally:
            self._wanted.clear()

    async def place_waiting(self) -> int:
        """Place what the journal holds, at most one batch; returns how many were looked at."""
        async with self._turn:
            if not await self._is_ready():
                return 0
            entries = await asyncio.to_thread(self.store.journal.unplaced, self._tempo.batch)
            if entries:
                self._tempo.lag_seconds = (self.clock.now() - entries[0].received_at).total_seconds()
                await self._placed_safely(entries)
            if self.clock.monotonic() - self._counted_at >= COUNTING_SECONDS:
                await self._count()
            return len(entries)

    async def caught_up(self) -> None:
        """Wait until what was journaled before now has been placed, by whichever process; not for ever."""
        asked_at, began = self.clock.now(), self.clock.monotonic()
        while self.clock.monotonic() - began < CAUGHT_UP_SECONDS_MAX:
            waiting = await asyncio.to_thread(self.store.journal.unplaced, 1)
            if not waiting or waiting[0].received_at > asked_at:
                return
            self._wanted.set()
            await self.clock.sleep(CAUGHT_UP_PAUSE_SECONDS)

    async def finish(self) -> None:
        """Make the last counts durable, where this process places and the store takes them."""
        async with self._turn:
            if self._built_by:
                await self._count()

    async def _count(self) -> None:
        heard = self.board.heard()
        await asyncio.to_thread(self.store.incidents.count, heard, self.clock.now())
        self.board.counted(heard)
        self._counted_at = self.clock.monotonic()

    async def _is_ready(self) -> bool:
        """Whether this process places, on a board that holds."""
        token = await self.lease.hold()
        if not token:
            self._built_by = 0
            return False
        if token != self._built_by:
            await self._rebuild()
            self._built_by = token
        elif self._changed:
            await self._read_again()
        return True

    async def _rebuild(self) -> None:
        """Every open incident from the store, and those in line for a response."""
        if heard := self.board.heard_before():
            await asyncio.to_thread(self.store.incidents.count, heard, self.clock.now())
            self.board.counted(heard)
        self._changed.clear()
        rows, apart = await asyncio.to_thread(lambda: (self.store.incidents.board(), self.store.incidents.apart()))
        board = Board(self._graph, apart)
        board.watchdogs = self.watchdogs
        for incident, members in rows:
            board.put(incident, members)
            self.dispatch.saw(incident)
        self.board = board

    async def _read_again(self) -> None:
        """The incidents that others changed."""
        ids = sorted(self._changed)
        self._changed.clear()
        try:
            rows, apart = await asyncio.to_thread(
                lambda: (self.store.incidents.board(ids), self.store.incidents.apart())
            )
        except StoreUnavailable:
            self._changed.update(ids)
            raise
        for one, other in apart:
            self.board.keep_apart(one, other)
        for incident_id in ids:
            self.board.drop(incident_id)
            self.dispatch.dropped(incident_id)
        for incident, members in rows:
            self.board.put(incident, members)
            self.dispatch.saw(incident)
        self.dispatch.nudge()

    async def compare(self) -> None:
        """Find the incidents that others changed and nobody spoke of."""
        if not self.leads:
            return
        stored = await asyncio.to_thread(self.store.incidents.editions)
        ours = self.board.editions(tuple(self.board.ids()))
        # What was opened after the look at the store is on the board alone; reading it again costs little.
        differ = {name for name in {*stored, *ours} if stored.get(name) != ours.get(name)}
        if differ:
            self.changed(differ)

    async def _placed_safely(self, entries: Sequence[JournalEntry]) -> None:
        """Place a batch; where it fails, one entry after another, to find the one that nobody can place."""
        try:
            await self._place(entries)
        except Fenced:
            self.lease.lose()
            self._built_by = 0
            raise
        except StoreUnavailable:
            self._built_by = 0
            raise
        except Exception as problem:  # noqa: BLE001 - one alert that cannot be placed must not stop all others
            self._built_by = 0
            if len(entries) == 1:
                await self._set_aside(entries[0], problem)
                return
            for entry in entries:
                if not await self._is_ready():
                    return
                await self._placed_safely((entry,))

    async def _set_aside(self, entry: JournalEntry, problem: Exception) -> None:
        """Try an alert a few times, then put it among the dead letters with the reason."""
        self._failures[entry.seq] = self._failures.get(entry.seq, 0) + 1
        log.error("an alert could not be placed", seq=entry.seq, times=self._failures[entry.seq], exc_info=problem)
        if self._failures[entry.seq] >= PLACINGS_MAX:
            reason = redact(f"could not be placed: {problem!r}")
            try:
                await asyncio.to_thread(self.store.journal.set_aside, entry.seq, reason, self.clock.now())
            except LookupError as gone:
                log.warning("an alert that could not be placed does not wait any more", seq=entry.seq, why=str(gone))
            del self._failures[entry.seq]

    async def _place(self, entries: Sequence[JournalEntry]) -> None:
        for _ in range(LOOKS_MAX):
            unknown = {entry.alert.trouble for entry in entries if not self.board.knows(entry.alert.trouble)}
            pasts = await asyncio.to_thread(self.store.incidents.recall, tuple(unknown))
            now = self.clock.now()
            placed = place_all(entries, self.board, pasts, now)
            # What the batch closed or absorbed is off the board, and known to the store by being open or not.
            editions = self.board.editions(_named(placed))
            members = self.board.touched()
            apply = partial(self.store.incidents.apply, placed, members, editions, now, token=self._built_by)
            applied = await asyncio.to_thread(apply)
            if not applied.stale:
                self._take_note(placed, applied, now)
                return
            log.info("others changed incidents; the batch is placed again", incidents=sorted(applied.stale)[:10])
            await self._rebuild()
        self._built_by = 0
        raise StoreUnavailable("incidents change faster than alerts can be placed; placing tries again")

    def _take_note(self, placed: Sequence[Placed], applied: Applied, now: datetime) -> None:
        """The batch is durable: the board has it, and what follows from it is the dispatch's work."""
        self.board.settled(applied.ids, applied.incidents)
        for one in placed:
            alert, placement = one.entry.alert, one.placement
            self.heard(alert, now)
            if one.repeats:
                continue
            if _begins(one):
                self._beginnings.append(now)
            if alert.status is AlertStatus.FIRING and len(self.learned) < LEARNED_MAX:
                self.learned.update(edges_from_alert(alert))
            if isinstance(placement, Joins | Reopens) and placement.flapping:
                self.dispatch.flaps(applied.ids.get(placement.incident_id, placement.incident_id))
            if isinstance(placement, Clears):
                self._wake(applied, placement.incident_id)
        for incident in applied.incidents.values():
            self.dispatch.saw(incident)
        self.dispatch.nudge()
        self.news.announce()

    def _wake(self, applied: Applied, incident_id: str) -> None:
        incident = applied.incidents.get(applied.ids.get(incident_id, incident_id))
        if incident is not None and incident.state is State.AWAITING_APPROVAL and incident.signal_cleared_at:
            self.dispatch.wakes(incident)


def _begins(placed: Placed) -> bool:
    placement = placed.placement
    return isinstance(placement, Opens) or (isinstance(placement, Joins) and placement.link is not Link.SAME_TROUBLE)


def _named(placed: Iterable[Placed]) -> Collection[str]:
    """Every incident that a batch names."""
    names: set[str] = set()
    for one in placed:
        placement = one.placement
        if one.repeats:
            continue
        if isinstance(placement, Opens | Joins | Reopens | Clears):
            names.add(placement.incident_id)
        if isinstance(placement, Joins):
            names.update(placement.absorbs)
    return names
