"""What people are told while responses wait: a storm, grave incidents that are held, flapping, and late farewells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.admission import unsettled
from lamplighter.domain.flapping import QUICK_RETURN
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.telling import GRAVER, rose, told
from lamplighter.domain.timeline import Moment
from lamplighter.ports import Clock, Store, StoreUnavailable, Wanted
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.dispatch import Dispatch

GRAVE = "critical"
GRAVE_AFTER = timedelta(seconds=15)
SINGLY_MAX = 10
TITLES_MAX = 40
GRAVER_AT_ONCE_MAX = 20
DIGEST_SECONDS = 20.0
TOLD_MAX = 20_000
FAREWELL_AFTER = QUICK_RETURN
FAREWELLS_RECALLED_MAX = 200
FAREWELL_AGE_MAX = timedelta(minutes=15)
TURN_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(slots=True)
class Announcing:
    """Tells, beside the dispatch, so that a slow channel holds up no response."""

    store: Store
    chronicle: Chronicle
    clock: Clock
    dispatch: Dispatch
    _told: set[tuple[str, int]] = field(default_factory=set)
    _farewells: dict[str, datetime] = field(default_factory=dict)
    _storm: datetime | None = None
    _digest_at: float | None = None

    def closed(self, incident: Incident) -> None:
        """One that cleared by itself is told of once it has stayed away for a while."""
        if incident.state is State.SELF_CLEARED:
            self._farewells[incident.id] = incident.closed_at or self.clock.now()

    async def run(self) -> None:
        """Tell until cancelled; a store that is away is waited for."""
        recalled = False
        while True:
            try:
                if not recalled:
                    await self.recall()
                    recalled = True
                await self.turn()
            except StoreUnavailable as problem:
                log.warning("the store is away; messages wait", problem=str(problem))
            await self.clock.sleep(TURN_SECONDS)

    async def recall(self) -> None:
        """Those that cleared shortly before this process began."""
        wanted = Wanted(states=(State.SELF_CLEARED,))
        found = await asyncio.to_thread(self.store.incidents.listed, wanted, limit=FAREWELLS_RECALLED_MAX)
        since = self.clock.now() - FAREWELL_AGE_MAX
        for incident in found:
            if incident.closed_at is not None and incident.closed_at >= since:
                self.closed(incident)

    async def turn(self) -> None:
        """One round. Raises `StoreUnavailable`."""
        await self._tell_flapping()
        await self._tell_graver()
        await self._tell_farewells()
        if self.dispatch.line and self.dispatch.placing is not None and self.dispatch.placing.leads:
            await self._tell_held()

    async def _tell_flapping(self) -> None:
        for incident_id in tuple(self.dispatch.flapping):
            del self.dispatch.flapping[incident_id]
            incident = await asyncio.to_thread(self.store.incidents.load, incident_id)
            if incident is not None and incident.flapping:
                words = f"{incident.title} comes and goes; I look on, and say nothing more until it stands still"
                await self.chronicle.tell(incident, "flapping", (words,))

    async def _tell_graver(self) -> None:
        """Those that became critical after people were told of them as less, in whatever state they are."""
        for incident_id in tuple(self.dispatch.grave)[:GRAVER_AT_ONCE_MAX]:
            run = self.dispatch.grave.pop(incident_id)
            incident = await asyncio.to_thread(self.store.incidents.load, incident_id)
            if incident is None or not incident.is_open or (incident_id, incident.run) in self._told:
                continue
            history = told(await asyncio.to_thread(self.store.incidents.timeline, incident_id))
            words = (incident.title, f"it is {incident.severity} by now; it was told as less")
            if not rose(history, incident.severity):
                if any(one.severity for one in history):
                    continue
            elif not self.dispatch.muted(incident):
                await self.chronicle.tell(incident, GRAVER, words)
                continue
            # Not told of at all yet, or muted: looked at again, after the others.
            self.dispatch.grave[incident_id] = run

    async def _tell_farewells(self) -> None:
        now = self.clock.now()
        for incident_id, at in tuple(self._farewells.items()):
            if now - at < FAREWELL_AFTER:
                continue
            del self._farewells[incident_id]
            incident = await asyncio.to_thread(self.store.incidents.load, incident_id)
            if incident is not None and incident.state is State.SELF_CLEARED:
                await self.chronicle.tell(incident, str(State.SELF_CLEARED), (await self._last_words(incident),))

    async def _last_words(self, incident: Incident) -> str:
        if incident.resolution:
            return incident.resolution
        events = await asyncio.to_thread(self.store.incidents.timeline, incident.id)
        ends = [event.text for event in events if event.moment is Moment.CLOSED]
        return ends[-1] if ends else "it cleared by itself"

    async def _tell_held(self) -> None:
        """A storm once; grave incidents one by one where they are few, and else in digests."""
        now = self.clock.now()
        storm = self.dispatch.storm
        held = sorted(
            (one for one in self.dispatch.line.values() if one.held), key=lambda one: (one.severity != GRAVE, one.id)
        )
        if storm is not None and held and now >= storm.settles_at() and self._storm != storm.began_at:
            self._storm = storm.began_at
            first = f"a storm: {storm.most} troubles began within ten seconds"
            waiting = (
                f"{len(held)} incidents wait in line, {sum(one.severity == GRAVE for one in held)} of them {GRAVE}"
            )
            await self.chronicle.tell(held[0], "storm", (first, waiting, *_titles(held)))
        grave = [one for one in held if self._is_untold(one, now)]
        if len(grave) <= SINGLY_MAX:
            for incident in grave:
                await self._tell_one(incident)
        elif self._digest_at is None or self.clock.monotonic() - self._digest_at >= DIGEST_SECONDS:
            await self._tell_digest(grave)

    def _is_untold(self, incident: Incident, now: datetime) -> bool:
        if incident.severity != GRAVE or (incident.id, incident.run) in self._told:
            return False
        waited = now - incident.opened_at >= GRAVE_AFTER
        return waited and not unsettled(incident, now) and not self.dispatch.muted(incident)

    async def _tell_one(self, incident: Incident) -> None:
        await self.chronicle.tell(incident, "opened", (incident.title, f"I have not looked yet: {incident.held}"))
        self._remember(incident)

    async def _tell_digest(self, grave: list[Incident]) -> None:
        named = grave[:TITLES_MAX]
        words = f"{len(grave)} {GRAVE} incidents wait in line"
        # Told by its time: a number would begin anew with each life, and look as if people had been told.
        await self.chronicle.tell(named[0], f"held-{self.clock.now():%Y%m%dT%H%M%S}", (words, *_titles(named)))
        self._digest_at = self.clock.monotonic()
        for incident in named:
            self._remember(incident)

    def _remember(self, incident: Incident) -> None:
        if len(self._told) >= TOLD_MAX:
            self._told.clear()
        self._told.add((incident.id, incident.run))


def _titles(incidents: list[Incident]) -> tuple[str, ...]:
    named = tuple(f"{one.id} {one.title}" for one in incidents[:TITLES_MAX])
    return (*named, f"and {len(incidents) - TITLES_MAX} more") if len(incidents) > TITLES_MAX else named
