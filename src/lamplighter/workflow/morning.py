"""Sends the morning digest once a day, at the hour that the configuration names; a restart does not repeat it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog

from lamplighter.domain.digest import digest_of_night
from lamplighter.domain.hours import next_at
from lamplighter.domain.incident import WAITING, State
from lamplighter.domain.message import Detail
from lamplighter.ports import Clock, Store, StoreUnavailable, Wanted
from lamplighter.workflow.posting import Posting

TURN_SECONDS = 20.0
INCIDENTS_MAX = 500
BACK_MAX = timedelta(days=3)
LATE_MAX = timedelta(hours=6)
MARK = "digest"
ASKS = (*WAITING, State.AWAITING_APPROVAL)
log = structlog.get_logger()


@dataclass(slots=True)
class Morning:
    """`unseen` says which sources cannot be seen, and why."""

    store: Store
    clock: Clock
    posting: Posting
    at: time | None
    zone: str
    unseen: Callable[[], Mapping[str, str]]
    leads: Callable[[], bool] = lambda: True

    async def run(self) -> None:
        """Send until cancelled; a store that is away is waited for."""
        while self.at is not None:
            try:
                if self.leads():
                    await self.turn()
            except StoreUnavailable as problem:
                log.warning("the store is away; the digest waits", problem=str(problem))
            await self.clock.sleep(TURN_SECONDS)

    async def turn(self) -> bool:
        """Send it where its hour has come; True where it was sent. Raises `StoreUnavailable`."""
        if self.at is None:
            return False
        now = self.clock.now()
        noted = await asyncio.to_thread(self.store.outbox.mark, MARK)
        last = datetime.fromisoformat(noted) if noted else None
        if last is None:
            # The first digest tells of the time since this program first ran, not of an unknown past.
            await self._done(now)
            return False
        due = next_at(self.at, self.zone, last)
        if now < due:
            return False
        if now - due < LATE_MAX:
            await self._send(max(last, now - BACK_MAX), due)
        await self._done(now)
        return True

    async def _done(self, now: datetime) -> None:
        await asyncio.to_thread(self.store.outbox.note, MARK, now.isoformat())

    async def _send(self, since: datetime, due: datetime) -> None:
        listed = self.store.incidents.listed
        happened = await asyncio.to_thread(lambda: listed(Wanted(since=since), limit=INCIDENTS_MAX))
        waiting = await asyncio.to_thread(lambda: listed(Wanted(states=ASKS), limit=INCIDENTS_MAX))
        digest = digest_of_night(happened, waiting, self.unseen())
        briefing = self.posting.briefing
        message = briefing.plain(f"digest:{due:%Y%m%d}", "digest", digest.headline, Detail(items=digest.items))
        await self.posting.announce(message)
