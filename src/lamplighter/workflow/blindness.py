"""Says once that a source cannot be seen, and once that it can be again; what is blind may be down unnoticed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.message import Detail
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.posting import Posting

TURN_SECONDS = 10.0
# A source that is restarted is away for a moment, and nobody needs to hear of that.
PATIENCE = timedelta(seconds=120)
SOURCES_MAX = 200
MARK = "blind"
log = structlog.get_logger()


@dataclass(slots=True)
class Blindness:
    """`failing` gives the sources that fail now, each with its error, and `looked` all that were asked in this life.

    What was told survives a restart.
    """

    store: Store
    clock: Clock
    posting: Posting
    failing: Callable[[], Mapping[str, str]]
    looked: Callable[[], Container[str]]
    leads: Callable[[], bool] = lambda: True
    _since: dict[str, datetime] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)

    def unseen(self) -> Mapping[str, str]:
        """What has been failing for long enough to be told of."""
        now = self.clock.now()
        return {name: self._errors.get(name, "") for name, at in self._since.items() if now - at >= PATIENCE}

    async def run(self) -> None:
        """Watch until cancelled; a store that is away is waited for."""
        while True:
            try:
                if self.leads():
                    await self.turn()
            except StoreUnavailable as problem:
                log.warning("the store is away; word of blind sources waits", problem=str(problem))
            await self.clock.sleep(TURN_SECONDS)

    async def turn(self) -> None:
        """One look. Raises `StoreUnavailable`."""
        now = self.clock.now()
        failing = dict(list(self.failing().items())[:SOURCES_MAX])
        self._since = {name: self._since.get(name, now) for name in failing}
        self._errors = failing
        # Before the first look of this life nothing fails, and nothing is seen either.
        looked = self.looked()
        told = await self._told()
        for name, error in self.unseen().items():
            if name not in told:
                await self._say("blind", name, (error,), self._since[name])
                told[name] = self._since[name].isoformat()
                await self._keep(told)
        for name in [one for one in told if one not in failing and one in looked]:
            since = datetime.fromisoformat(told.pop(name))
            await self._say("sees_again", name, (f"It was away since {since:%d %b %H:%M} UTC.",), since)
            await self._keep(told)

    async def _say(self, moment: str, name: str, lines: tuple[str, ...], since: datetime) -> None:
        step = f"lamplighter status, and the log; then see whether {name} runs and lets me in"
        detail = Detail(since=since, next_steps=(step,))
        message = self.posting.briefing.plain(f"{moment}:{name}:{since:%Y%m%dT%H%M%S}", moment, name, detail, lines)
        await self.posting.announce(message)

    async def _told(self) -> dict[str, str]:
        raw = await asyncio.to_thread(self.store.outbox.mark, MARK)
        try:
            found = json.loads(raw) if raw else {}
        except ValueError:
            return {}
        return {str(name): str(at) for name, at in found.items()} if isinstance(found, dict) else {}

    async def _keep(self, told: Mapping[str, str]) -> None:
        await asyncio.to_thread(self.store.outbox.note, MARK, json.dumps(dict(told)))
