"""Verification on the signal that fired: reads until it was clear for the dwell, or the deadline has passed.

Other alerts of the incident count too: it has not recovered while one of them is read as firing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from lamplighter.domain.incident import Incident, State
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.verification import Outcome, Reading, SignalState, Verification, assess, clear_since
from lamplighter.ports import Clock, Store, ToolError
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.signals import Signals
from lamplighter.workflow.world import World, looked_at

READINGS_MAX = 5000


@dataclass(slots=True)
class Verifying:
    """The verification step of the story."""

    store: Store
    world: World
    remedy: Remedy
    chronicle: Chronicle
    clock: Clock
    care: Care

    async def verify(self, incident: Incident, plan: Plan) -> Verification:
        """Ask the signal until it has been clear for the dwell, or the deadline has passed."""
        incident = await self.chronicle.move(
            incident, State.VERIFYING, "verifying", Crew.HEALER, f"asking again: {plan.verify}"
        )
        began, acted_at = self.clock.monotonic(), self.clock.now()
        deadline = acted_at + timedelta(seconds=self.care.deadline_seconds)
        dwell = timedelta(seconds=self.care.dwell_seconds)
        readings: list[Reading] = []
        for _ in range(READINGS_MAX):
            reading = await self._reading(incident)
            # A clock that jumps forward must not make a moment of health look like a long one.
            passed = timedelta(seconds=self.clock.monotonic() - began)
            readings.append(replace(reading, at=min(reading.at, acted_at + passed)))
            late = self.clock.monotonic() - began >= self.care.deadline_seconds
            if late or _held(readings, dwell):
                readings[-1] = await Signals(self.store, self.world).still_firing(incident) or readings[-1]
            now = deadline if late else min(self.clock.now(), deadline - timedelta(microseconds=1))
            ends = late or _held(readings, dwell)
            worse = await self._worse(plan) if ends else ""
            check = assess(tuple(readings), dwell, deadline, now, worse)
            if check is not None:
                break
            await self.clock.sleep(self.care.every_seconds)
        else:
            check = Verification(Outcome.UNKNOWN, f"no end after {READINGS_MAX} looks")
        data: dict[str, object] = {"outcome": str(check.outcome), "verified_by": check.verified_by}
        text = f"{check.outcome}: {check.reason}"
        await self.chronicle.note(incident, "verified", Moment.VERIFIED, Crew.HEALER, text, data)
        return check

    async def _reading(self, incident: Incident) -> Reading:
        """The signal now. Without a reader, only a resolved message of the monitoring system counts as clear."""
        reading = await self.remedy.read_now(incident)
        if reading is not None:
            return reading
        now = self.clock.now()
        present = await asyncio.to_thread(self.store.incidents.load, incident.id)
        if present is not None and present.signal_cleared_at is not None:
            return Reading(SignalState.CLEAR, now, f"{incident.alert.source} webhook", "it says that the alert is over")
        return Reading(SignalState.NO_DATA, now, incident.alert.name, "nobody knows how to ask for this signal")

    async def _worse(self, plan: Plan) -> str:
        """A sign of harm that was not there before the action."""
        for action in plan.actions:
            role = self.world.action(action.target.system, action.verb)
            attempts = await asyncio.to_thread(self.store.ledger.of_incident, plan.incident_id)
            before: Mapping[str, str] = next(
                (a.before for a in attempts if (a.plan_hash, a.target_id) == (plan.hash, action.target.id)), {}
            )
            if role is None or before.get("running") != "True":
                continue
            try:
                now = await looked_at(role, action.target)
            except ToolError:
                continue
            if not now.running:
                return f"{action.target.name} ran before and does not run now: {now.detail}"
        return ""


def _held(readings: list[Reading], dwell: timedelta) -> bool:
    since = clear_since(tuple(readings))
    return since is not None and readings[-1].at - since >= dwell
