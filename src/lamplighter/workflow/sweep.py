"""Sees to it that no incident is lost or stuck: responses that broke, alerts that are over, mutes that have ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.flapping import STABLE
from lamplighter.domain.incident import UNDER_WAY, WAITING, BadMove, Incident, State
from lamplighter.domain.ledger import ENDED, AttemptState
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Clock, Store, StoreUnavailable, Wanted
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.dispatch import Dispatch, Response
from lamplighter.workflow.signals import Signals
from lamplighter.workflow.world import World

PAGE_INCIDENTS = 200
PAGES_MAX = 100
SIGNALS_AT_ONCE = 4
QUESTIONS_MAX = 1000
log = structlog.get_logger()


@dataclass(slots=True)
class Sweep:
    """One round after another, beside the placing; slow signals must not hold it up."""

    store: Store
    world: World
    response: Response
    clock: Clock
    chronicle: Chronicle
    dispatch: Dispatch
    correlator: Correlator
    sweep_seconds: float = 15.0
    stalled_seconds: float = 60.0
    _clear_since: dict[str, float] = field(default_factory=dict)
    _stalled: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Sweep at once and then at every pause until cancelled."""
        while True:
            try:
                if self.correlator.leads:
                    await self.sweep()
                    await self.correlator.compare()
            except StoreUnavailable as problem:
                log.warning("the store is away; sweeping waits", problem=str(problem))
            await self.clock.sleep(self.sweep_seconds if self.correlator.leads else 1.0)

    async def sweep(self) -> None:
        """Start what was never started, hand over what broke, and close what is over though nobody said so."""
        under_way = await asyncio.to_thread(self._all, tuple(UNDER_WAY))
        for incident in under_way:
            if not await self._over_in_line(incident):
                await self._keep_going(incident)
        await self._ring_again(under_way)
        waiting = await asyncio.to_thread(self._all, tuple(WAITING))
        for incident in (*under_way, *waiting):
            await self._unmute(incident)
        flapping = [one for one in under_way if one.flapping and one.state is State.RECEIVED]
        places = asyncio.Semaphore(SIGNALS_AT_ONCE)
        await asyncio.gather(*(self._close_if_over(incident, places) for incident in (*waiting, *flapping)))
        for incident in waiting:
            await self._once_more(incident)
        open_now = {incident.workflow_id for incident in (*under_way, *waiting)}
        for memory in (self._clear_since, self._stalled):
            for gone in memory.keys() - open_now:
                del memory[gone]

    def _all(self, states: tuple[State, ...]) -> list[Incident]:
        """Every incident in these states, newest first, page by page up to the bound."""
        found: list[Incident] = []
        for _ in range(PAGES_MAX):
            before = found[-1].id if found else ""
            page = self.store.incidents.listed(Wanted(states=states), limit=PAGE_INCIDENTS, before=before)
            found += page
            if len(page) < PAGE_INCIDENTS:
                break
        return found

    async def _keep_going(self, incident: Incident) -> None:
        if incident.state is State.RECEIVED and incident.id in self.dispatch.line:
            return
        standing = await self.response.standing(incident)
        if standing != "stalled":
            self._stalled.pop(incident.workflow_id, None)
        if standing == "absent":
            await self._begin(incident)
        elif standing == "stalled":
            await self._resume_if_long_stalled(incident)
        elif standing in {"broken", "ended"}:
            await self._hand_over(incident, standing)
        elif incident.state is State.AWAITING_APPROVAL and incident.signal_cleared_at is not None:
            await self.response.wake(incident)

    async def _ring_again(self, under_way: list[Incident]) -> None:
        """Wakes those whose question was answered or amended by a process that died before it could say so."""
        waits = (one for one in under_way if one.state is State.AWAITING_APPROVAL)
        asked = [one for one in waits if one.signal_cleared_at is None]
        if not asked:
            return
        listed = self.store.approvals.listed
        pending = await asyncio.to_thread(lambda: listed(pending_only=True, limit=QUESTIONS_MAX))
        # A question's id is that of its response, and a hash; an earlier run's says nothing of this one.
        still_open = {question.id.rpartition("-")[0] for question in pending}
        # Where there are more questions than were read, nobody knows whose is not among them.
        for incident in asked if len(pending) < QUESTIONS_MAX else ():
            if incident.workflow_id not in still_open:
                await self.response.wake(incident)

    async def _over_in_line(self, incident: Incident) -> bool:
        """Its alerts ended before its turn came; the placing closes only what was held by then."""
        if incident.state is not State.RECEIVED or not incident.held or incident.flapping:
            return False
        if incident.signal_cleared_at is None:
            return False
        if not await self._move(incident, State.SELF_CLEARED, "over", "over before its turn came"):
            return False
        self.dispatch.dropped(incident.id)
        return True

    async def _begin(self, incident: Incident) -> None:
        """In its turn where it waits for one; at once where it was begun already, and its record is gone."""
        if incident.state is State.RECEIVED:
            self.dispatch.saw(incident)
            self.dispatch.nudge()
        else:
            await self.response.start(incident)

    async def _hand_over(self, incident: Incident, standing: str) -> None:
        present = await asyncio.to_thread(self.store.incidents.load, incident.id)
        if present is None or present.state not in UNDER_WAY or present.run != incident.run:
            return
        reason = "the response broke off; a person must look" if standing == "broken" else "the response ended early"
        await asyncio.to_thread(self._give_up, present)
        if await self._move(present, State.NEEDS_HUMAN, "handed-over", reason):
            await self.chronicle.tell(present, str(State.NEEDS_HUMAN), (reason,))

    async def _resume_if_long_stalled(self, incident: Incident) -> None:
        """For a moment after a start, what is about to be recovered looks stalled too, and must not run twice."""
        since = self._stalled.setdefault(incident.workflow_id, self.clock.monotonic())
        if self.clock.monotonic() - since >= self.stalled_seconds:
            log.warning("a response had stalled and goes on", incident=incident.id)
            del self._stalled[incident.workflow_id]
            await self.response.resume(incident)

    def _give_up(self, incident: Incident) -> None:
        """What a broken response left open ended nobody knows how; a person is told, and nothing is tried again.

        Nor is its question open any more: nobody would act on a yes.
        """
        for question in self.store.approvals.of_incident(incident.id):
            if question.state is ApprovalState.PENDING:
                self.store.approvals.close(question.id, ApprovalState.CANCELLED, self.clock.now())
        for attempt in self.store.ledger.of_incident(incident.id):
            if attempt.state not in ENDED:
                self.store.ledger.end(attempt.key, AttemptState.UNKNOWN, "the response broke off", self.clock.now())

    async def _unmute(self, incident: Incident) -> None:
        """A silence or a window has ended, and the incident is still there: people hear of it once, as it stands."""
        if not incident.held or incident.state is State.RECEIVED or await self.chronicle.muting.now(incident):
            return
        await self.chronicle.hold(incident, "")
        asked = incident.state is State.AWAITING_APPROVAL
        if not asked and incident.state not in WAITING:
            return
        events = await asyncio.to_thread(self.store.incidents.timeline, incident.id)
        wanted = Moment.ASKED if asked else Moment.CLOSED
        last = next((event for event in reversed(events) if event.moment is wanted), None)
        lines = (last.text if last else incident.title,)
        edition = last.data.get("amendment") if last else None
        await self.chronicle.tell(
            incident,
            "asked" if asked else str(incident.state),
            lines,
            edition=edition if isinstance(edition, int) else 0,
        )

    async def _once_more(self, incident: Incident) -> None:
        """The lead moved while an action ran, and the response ended before it could look at that: it begins anew."""
        if not incident.again or incident.flapping or incident.signal_cleared_at is not None:
            return
        text = "what leads moved while an action ran, so I look once more"
        event = self.chronicle.event(incident, "again", Moment.REOPENED, Crew.MONITOR, text)
        try:
            after = await asyncio.to_thread(self.store.incidents.reopen, incident.id, event)
        except BadMove as problem:
            log.info("left as it is", incident=incident.id, reason=str(problem))
            return
        self.correlator.changed((after.id,))

    async def _close_if_over(self, incident: Incident, places: asyncio.Semaphore) -> None:
        """Two clear looks, one sweep apart, end an incident that waits for a person; longer where it flaps."""
        async with places:
            reading = await self._reading(incident)
        if reading is None or reading.state is not SignalState.CLEAR:
            self._clear_since.pop(incident.workflow_id, None)
            return
        now = self.clock.monotonic()
        since = self._clear_since.get(incident.workflow_id)
        if since is None:
            self._clear_since[incident.workflow_id] = now
        elif not incident.flapping or now - since >= STABLE.total_seconds():
            del self._clear_since[incident.workflow_id]
            await self._move(incident, State.SELF_CLEARED, "over", f"over without us: {reading.detail}")

    async def _reading(self, incident: Incident) -> Reading | None:
        """The lead's signal, or that of another member which still fires."""
        reading = await self.world.read_signal(incident.alert)
        if reading is None and incident.signal_cleared_at is not None:
            return Reading(SignalState.CLEAR, incident.signal_cleared_at, "", f"{incident.alert.source} says so")
        if reading is None or reading.state is not SignalState.CLEAR:
            return reading
        return await Signals(self.store, self.world).still_firing(incident) or reading

    async def _move(self, incident: Incident, to: State, key: str, reason: str) -> bool:
        event = Event(
            incident.id,
            f"{incident.run}:{key}",
            self.clock.now(),
            Moment.CLOSED,
            Crew.MONITOR,
            reason,
            {"state": str(to)},
        )
        try:
            after = await asyncio.to_thread(self.store.incidents.move, incident.id, to, event)
        except BadMove as problem:
            log.info("left as it is", incident=incident.id, reason=str(problem))
            return False
        if not after.is_open:
            self.correlator.changed((after.id,))
            self.dispatch.closed(after)
        return True
