"""The signals of a whole incident: whether anything in it but the lead still fires. Reads, and decides nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lamplighter.domain.incident import Incident
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Store
from lamplighter.workflow.world import World

MEMBERS_MAX = 8
READS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Signals:
    """Asks for the other members."""

    store: Store
    world: World

    async def still_firing(self, incident: Incident) -> Reading | None:
        """A reading that fires of one of up to MEMBERS_MAX other members that fire; None where none does."""
        members = await asyncio.to_thread(self.store.incidents.members, incident.id)
        others = [one for one in members if one.firing and one.trouble != incident.trouble][:MEMBERS_MAX]
        places = asyncio.Semaphore(READS_AT_ONCE)

        async def read(index: int) -> Reading | None:
            async with places:
                return await self.world.read_signal(others[index].alert)

        readings = await asyncio.gather(*(read(index) for index in range(len(others))))
        return next((one for one in readings if one is not None and one.state is SignalState.FIRING), None)
