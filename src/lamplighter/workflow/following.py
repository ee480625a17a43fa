"""Keeps what stands in people's messages true: what was closed or taken on elsewhere shows in them, without a sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Letter
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.posting import Posting

TURN_SECONDS = 5.0
THREADS_MAX = 200
SHOWN_MAX = 5_000
log = structlog.get_logger()


@dataclass(slots=True)
class Following:
    """Looks at the incidents that people last heard of as open. The response tells of its own steps by itself."""

    store: Store
    clock: Clock
    posting: Posting
    leads: Callable[[], bool] = lambda: True
    _shown: set[tuple[str, str, str]] = field(default_factory=set)

    async def run(self) -> None:
        """Follow until cancelled; a store that is away is waited for."""
        while self.posting.channels:
            try:
                # Some channels learn only from their service whether they can.
                if self.leads() and any(channel.can.edits for channel in self.posting.channels):
                    await self.turn()
            except StoreUnavailable as problem:
                log.warning("the store is away; messages stay as they are", problem=str(problem))
            await self.clock.sleep(TURN_SECONDS)

    async def turn(self) -> None:
        """One look. Raises `StoreUnavailable`."""
        for letter in await asyncio.to_thread(self.store.outbox.threads, THREADS_MAX):
            incident = await asyncio.to_thread(self.store.incidents.load, letter.message.incident_id)
            if incident is None:
                continue
            mark = (incident.workflow_id, str(incident.state), incident.acknowledged_by)
            if mark not in self._shown and self._differs(letter, incident):
                await self._show(incident)
                if len(self._shown) >= SHOWN_MAX:
                    self._shown.clear()
                self._shown.add(mark)

    async def _show(self, incident: Incident) -> None:
        if incident.is_open:
            await self.posting.refresh(incident, "followed")
            return
        by = f" by {self.posting.briefing.called.of(incident.resolved_by)}" if incident.resolved_by else ""
        into = f" into {incident.merged_into}" if incident.merged_into else ""
        words = incident.resolution or f"{incident.state}{by}{into}"
        await self.posting.update(incident, str(incident.state), (words,))

    def _differs(self, letter: Letter, incident: Incident) -> bool:
        """Whether the message still says open of what is closed, or does not say who has it."""
        has_it = self.posting.briefing.called.of(incident.acknowledged_by)
        return not incident.is_open or has_it != letter.message.detail.acknowledged_by
