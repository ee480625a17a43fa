"""Reads the journal in order, places each alert, starts the responses, and sees to it that none is lost or stuck."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.incident import UNDER_WAY, WAITING, BadMove, Incident, State
from lamplighter.domain.ledger import ENDED, AttemptState
from lamplighter.domain.placement import Clears, Opens, Reopens, place
from lamplighter.domain.redaction import redact
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.world import World

BATCH_MAX = 200
PAGE_INCIDENTS = 200
PAGES_MAX = 100
PLACINGS_MAX = 3
SIGNALS_AT_ONCE = 4
log = structlog.get_logger()


class Response(Protocol):
    """What the correlator asks of the durable response."""

    async def start(self, incident: Incident) -> None:
        """Start; a second start is a no-op."""
        ...

    async def wake(self, incident: Incident) -> None:
        """End a wait early."""
        ...

    async def standing(self, incident: Incident) -> str:
        """running, stalled, ended, broken or absent."""
        ...

    async def resume(self, incident: Incident) -> None:
        """Let a stalled one go on."""
        ...


@dataclass(slots=True)
class Correlator:
    """One placing loop for the process."""

    store: Store
    world: World
    response: Response
    clock: Clock
    chronicle: Chronicle
    idle_seconds: float = 1.0
    sweep_seconds: float = 15.0
    stalled_seconds: float = 60.0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """Something was journaled: place it now rather than at the next idle look."""
        self._news.set()

    async def run(self) -> None:
        """Place until cancelled; a store that is away is waited for."""
        while True:
            try:
                placed = await self.place_waiting()
            except StoreUnavailable as problem:
                log.warning("the store is away; placing waits", problem=str(problem))
                placed = 0
                await self.clock.sleep(self.idle_seconds)
            if not placed:
                await self._idle()

    async def sweep_always(self) -> None:
        """Sweep at once and then at every pause until cancelled; slow signals must not hold up the placing."""
        while True:
            try:
                await self.sweep()
            except StoreUnavailable as problem:
                log.warning("the store is away; sweeping waits", problem=str(problem))
            await self.clock.sleep(self.sweep_seconds)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(self.idle_seconds):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    async def place_waiting(self) -> int:
        """Place what the journal holds, at most one batch; returns how many were placed."""
        entries = await asyncio.to_thread(self.store.journal.unplaced, BATCH_MAX)
        for entry in entries:
            try:
                await self._place(entry)
            except StoreUnavailable:
                raise
            except Exception as problem:  # noqa: BLE001 - one alert that cannot be placed must not stop all others
                await self._set_aside(entry, problem)
                break
        return len(entries)

    async def _set_aside(self, entry: JournalEntry, problem: Exception) -> None:
        """Try an alert a few times, then put it among the dead letters with the reason."""
        self._failures[entry.seq] = self._failures.get(entry.seq, 0) + 1
        log.error("an alert could not be placed", seq=entry.seq, times=self._failures[entry.seq], exc_info=problem)
        if self._failures[entry.seq] >= PLACINGS_MAX:
            reason = redact(f"could not be placed: {problem!r}")
            await asyncio.to_thread(self.store.journal.set_aside, entry.seq, reason, self.clock.now())
            del self._failures[entry.seq]
        else:
            await self.clock.sleep(self.idle_seconds)

    async def _place(self, entry: JournalEntry) -> None:
        now = self.clock.now()
        known = await asyncio.to_thread(self.store.incidents.known, entry.alert.trouble)
        placement = place(entry.alert, *known, now)
        incident = await asyncio.to_thread(self.store.incidents.apply, entry, placement, now)
        if incident is None:
            log.info("alert put aside", alert=entry.alert.name, reason=placement.reason)
        elif isinstance(placement, Opens | Reopens):
            await self.response.start(incident)
        elif isinstance(placement, Clears) and incident.state in UNDER_WAY:
            await self.response.wake(incident)

    async def sweep(self) -> None:
        """Start what was never started, hand over what broke, and close what is over though nobody said so."""
        for incident in await asyncio.to_thread(self._all, tuple(UNDER_WAY)):
            await self._keep_going(incident)
        waiting = await asyncio.to_thread(self._all, tuple(WAITING))
        places = asyncio.Semaphore(SIGNALS_AT_ONCE)
        await asyncio.gather(*(self._close_if_over(incident, places) for incident in waiting))

    def _all(self, states: tuple[State, ...]) -> list[Incident]:
        """Every incident in these states, newest first, page by page up to the bound."""
        found: list[Incident] = []
        for _ in range(PAGES_MAX):
            page = self.store.incidents.listed(
                states=states, limit=PAGE_INCIDENTS, before=found[-1].id if found else ""
            )
            found += page
            if len(page) < PAGE_INCIDENTS:
                break
        return found

    async def _keep_going(self, incident: Incident) -> None:
        standing = await self.response.standing(incident)
        if standing != "stalled":
            self._stalled.pop(incident.workflow_id, None)
        if standing == "absent":
            await self.response.start(incident)
        elif standing == "stalled":
            await self._resume_if_long_stalled(incident)
        elif standing in {"broken", "ended"}:
            present = await asyncio.to_thread(self.store.incidents.load, incident.id)
            if present is None or present.state not in UNDER_WAY or present.run != incident.run:
                return
            reason = (
                "the response broke off; a person must look" if standing == "broken" else "the response ended early"
            )
            await asyncio.to_thread(self._give_up_attempts, present)
            if await self._move(present, State.NEEDS_HUMAN, "handed-over", reason):
                await self.chronicle.tell(present, str(State.NEEDS_HUMAN), (reason,))

    async def _resume_if_long_stalled(self, incident: Incident) -> None:
        """For a moment after a start, what is about to be recovered looks stalled too, and must not run twice."""
        since = self._stalled.setdefault(incident.workflow_id, self.clock.monotonic())
        if self.clock.monotonic() - since >= self.stalled_seconds:
            log.warning("a response had stalled and goes on", incident=incident.id)
            del self._stalled[incident.workflow_id]
            await self.response.resume(incident)

    def _give_up_attempts(self, incident: Incident) -> None:
        """What a broken response left open ended nobody knows how; a person is told, and nothing is tried again."""
        for attempt in self.store.ledger.of_incident(incident.id):
            if attempt.state not in ENDED:
                self.store.ledger.end(attempt.key, AttemptState.UNKNOWN, "the response broke off", self.clock.now())

    async def _close_if_over(self, incident: Incident, places: asyncio.Semaphore) -> None:
        """Two clear looks, one sweep apart, end an incident that waits for a person."""
        async with places:
            reading = await self.world.read_signal(incident.alert)
        if reading is None and incident.signal_cleared_at is not None:
            reading = Reading(SignalState.CLEAR, incident.signal_cleared_at, "", f"{incident.alert.source} says so")
        if reading is None or reading.state is not SignalState.CLEAR:
            self._clear_before.discard(incident.workflow_id)
        elif incident.workflow_id not in self._clear_before:
            self._clear_before.add(incident.workflow_id)
        else:
            self._clear_before.discard(incident.workflow_id)
            await self._move(incident, State.SELF_CLEARED, "over", f"over without us: {reading.detail}")

    async def _move(self, incident: Incident, to: State, key: str, reason: str) -> bool:
        now = self.clock.now()
        event = Event(
            incident.id, f"{incident.run}:{key}", now, Moment.CLOSED, Crew.MONITOR, reason, {"state": str(to)}
        )
        try:
            await asyncio.to_thread(self.store.incidents.move, incident.id, to, event)
        except BadMove as problem:
            log.info("left as it is", incident=incident.id, reason=str(problem))
            return False
        return True

    _clear_before: set[str] = field(default_factory=set)
    _stalled: dict[str, float] = field(default_factory=dict)
    _failures: dict[int, int] = field(default_factory=dict)
