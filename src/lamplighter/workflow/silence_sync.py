"""Keeps our silences and those of other systems the same, both ways. Which of two holds is decided in the domain."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.quiet import Dated
from lamplighter.domain.silence import Silence
from lamplighter.domain.twins import OURS, Agreed, Holds, Pairs, forgotten, may_go_out, of_system, pairs, settled, shape
from lamplighter.ports import Clock, SilenceExchange, Store, ToolError

SILENCES_MAX = 2_000
# Alertmanager remembers for five days what has ended; whoever looks back as far recognizes it.
LOOK_BACK = timedelta(days=5)
REFUSALS_MAX = 3
log = structlog.get_logger()


@dataclass(slots=True)
class SilenceSync:
    """One round at a time. `cannot_see` holds, by system, why it is not seen now; `refused` by id what it refuses."""

    store: Store
    clock: Clock
    exchanges: tuple[SilenceExchange, ...] = ()
    cannot_see: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _agreed: dict[tuple[str, str], Agreed] = field(default_factory=dict)
    _changed_at: dict[str, datetime] = field(default_factory=dict)

    def note(self, silence: Silence) -> None:
        """A person changed this one here just now."""
        self._changed_at[silence.id] = self.clock.now()

    async def rows(self) -> list[Silence]:
        """Our silences, those that ended lately included."""
        since = self.clock.now() - LOOK_BACK
        return list(await asyncio.to_thread(lambda: self.store.silences.listed(now=since, limit=SILENCES_MAX)))

    async def once(self) -> None:
        """One round with every system. A system that is away is left for the next one. Raises `StoreUnavailable`."""
        for exchange in self.exchanges:
            try:
                found = tuple(of_system(await exchange.pull()))
            except ToolError as problem:
                self._away(exchange.system, str(problem))
                continue
            if self.cannot_see.pop(exchange.system, ""):
                log.info("the silences can be seen again", system=exchange.system)
            rows = await self.rows()
            for key in forgotten(self._agreed, rows):
                del self._agreed[key]
                self._changed_at.pop(key[1], None)
            await self._with(exchange, pairs(rows, found, exchange.system, self.clock.now()), len(rows))

    def _away(self, system: str, problem: str) -> None:
        if system not in self.cannot_see:
            log.warning("the silences cannot be seen; what was known holds until its end", system=system, why=problem)
        self.cannot_see[system] = problem

    async def _with(self, exchange: SilenceExchange, found: Pairs, kept_count: int) -> None:
        refusals = 0
        for ours, theirs in found.both:
            refusals += not await self._tried(exchange, ours, theirs)
            if refusals >= REFUSALS_MAX:
                return
        for theirs in found.unknown[: max(0, SILENCES_MAX - kept_count)]:
            await self._take_in(exchange, theirs)
        for ours in found.missing:
            if ours.origin != OURS:
                await self._end(ours)
            elif may_go_out(ours):
                refusals += not await self._tried(exchange, ours, None)
            if refusals >= REFUSALS_MAX:
                return

    async def _tried(self, exchange: SilenceExchange, ours: Silence, theirs: Dated | None) -> bool:
        """Settle one; False where the other system would not, which is tried again in the next round."""
        try:
            if theirs is None:
                await self._send(exchange, ours, "")
            else:
                await self._settle(exchange, ours, theirs)
        except ToolError as problem:
            if self.refused.get(ours.id) != str(problem):
                log.warning(
                    "a silence could not be changed there", system=exchange.system, id=ours.id, why=str(problem)
                )
            self.refused[ours.id] = str(problem)
            return False
        self.refused.pop(ours.id, None)
        return True

    async def _settle(self, exchange: SilenceExchange, ours: Silence, theirs: Dated) -> None:
        key, now = (exchange.system, ours.id), self.clock.now()
        holds = settled(ours, theirs, self._agreed.get(key), self._changed_at.get(ours.id), now)
        if holds is Holds.BOTH:
            self._agreed[key] = Agreed(shape(ours), shape(theirs))
            await self._remember(exchange, ours, theirs.outside_id)
        elif holds is Holds.THEIRS:
            await self._follow(key, ours, theirs)
        elif ours.ends_at <= now:
            await exchange.expire(theirs.outside_id)
            self._agreed[key] = Agreed(shape(ours), None)
        else:
            await self._send(exchange, ours, theirs.outside_id)

    async def _send(self, exchange: SilenceExchange, ours: Silence, outside_id: str) -> None:
        made = await exchange.push(replace(ours, outside_id=outside_id))
        self._agreed[exchange.system, ours.id] = Agreed(shape(ours), None)
        await self._remember(exchange, ours, made)

    async def _remember(self, exchange: SilenceExchange, ours: Silence, outside_id: str) -> None:
        """Keep the id there; of our own silences that of the first system, as the others are known by our id."""
        first = self.exchanges[0].system == exchange.system
        wanted = first if ours.origin == OURS else True
        if outside_id == ours.outside_id or not wanted or ours.ends_at <= self.clock.now():
            return
        async with self.changing:
            fresh = await self._fresh(ours.id)
            if fresh is not None:
                await self._put(replace(fresh, outside_id=outside_id))

    async def _follow(self, key: tuple[str, str], ours: Silence, theirs: Dated) -> None:
        now = self.clock.now()
        async with self.changing:
            fresh = await self._fresh(ours.id)
            if fresh is None or shape(fresh) != shape(ours):
                return
            if theirs.ends_at <= now:
                kept = await asyncio.to_thread(self._ended, ours.id, now, key[0])
            else:
                outside_id = ours.outside_id if ours.origin == OURS else theirs.outside_id
                # Whoever changed it did so there, and is not who made it here.
                kept = await self._put(_like(theirs, ours.id, ours.origin, ours.author, outside_id), by=key[0])
            self._agreed[key] = Agreed(shape(kept), shape(theirs))
        log.info("a silence was changed there", system=key[0], id=ours.id, ended=theirs.ends_at <= now)

    async def _take_in(self, exchange: SilenceExchange, theirs: Dated) -> None:
        kept = await self._put(_like(theirs, "", exchange.system, theirs.author, theirs.outside_id))
        self._agreed[exchange.system, kept.id] = Agreed(shape(kept), shape(theirs))

    async def _end(self, ours: Silence) -> None:
        async with self.changing:
            if await self._fresh(ours.id) is not None:
                await asyncio.to_thread(self._ended, ours.id, self.clock.now(), ours.origin)

    def _ended(self, silence_id: str, now: datetime, system: str) -> Silence:
        return self.store.silences.end(silence_id, now, by=system)

    async def _fresh(self, silence_id: str) -> Silence | None:
        """The row as it is now: a person may have changed it while the other system was asked."""
        return next((row for row in await self.rows() if row.id == silence_id), None)

    async def _put(self, silence: Silence, *, by: str = "") -> Silence:
        return await asyncio.to_thread(lambda: self.store.silences.put(silence, by=by))


def _like(theirs: Dated, silence_id: str, origin: str, author: str, outside_id: str) -> Silence:
    return Silence(
        silence_id,
        theirs.matchers,
        theirs.starts_at,
        theirs.ends_at,
        author,
        theirs.reason,
        origin,
        outside_id,
    )
