"""Puts letters into the outbox: to which channels, how loud, and when. Delivering them is the postman's work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from lamplighter.domain.hours import QuietHours
from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.message import Kind, Message
from lamplighter.domain.pushing import Way, way_of
from lamplighter.domain.telling import Told, digest_of
from lamplighter.ports import Clock, NotificationChannel, Store, StoreUnavailable
from lamplighter.workflow.briefing import Briefing

log = structlog.get_logger()
REFRESHES_MAX = 3
STANDING = frozenset({LetterState.QUEUED, LetterState.SENDING})


class Post(Protocol):
    """What the chronicle needs to know of the post."""

    async def waiting(self, incident: Incident) -> tuple[Told, ...]:
        """What is on its way to people already."""
        ...

    async def tell(
        self,
        incident: Incident,
        moment: str,
        lines: tuple[str, ...],
        said: str,
        history: Iterable[Told],
        *,
        edition: int = 0,
    ) -> Way:
        """Tell people something that is news to them; returns how. A later edition comes in place of what was told."""
        ...

    async def update(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        """Change what stands in earlier messages about it; never raises for lack of a store."""
        ...


@dataclass(slots=True)
class Posting:
    """Writes letters. `rung` is called after something was put into the outbox."""

    store: Store
    clock: Clock
    briefing: Briefing
    channels: tuple[NotificationChannel, ...] = ()
    quiet: QuietHours | None = None
    rung: Callable[[], None] = field(default=lambda: None)

    async def waiting(self, incident: Incident) -> tuple[Told, ...]:
        """What waits in the outbox counts as told, because it will be."""
        if not self.channels:
            return ()
        letters = await asyncio.to_thread(self.store.outbox.of_incident, incident.id)
        counted = [one for one in letters if one.state in STANDING and not one.message.update]
        return tuple(
            Told(one.run, one.message.moment, one.channel, one.said, one.message.severity, one.lead)
            for one in reversed(counted)
        )

    async def tell(
        self,
        incident: Incident,
        moment: str,
        lines: tuple[str, ...],
        said: str,
        history: Iterable[Told],
        *,
        edition: int = 0,
    ) -> Way:
        """Tell people something that is news to them; without a sound where they were told an earlier edition."""
        message = await self.briefing.of(incident, moment, lines)
        known = tuple(history)
        way = way_of(message.kind, known)
        if edition:
            message = replace(message, key=f"{message.key}:{edition}")
            heard = any((one.run, one.moment) == (incident.run, moment) for one in known)
            way = Way.SEND if heard else way
        await self._post(message, way, run=incident.run, said=said, lead=incident.trouble)
        return way

    async def update(self, incident: Incident, moment: str, lines: tuple[str, ...], mark: str = "") -> None:
        """Change what stands in earlier messages about it."""
        if not any(channel.can.edits for channel in self.channels):
            return
        try:
            message = await self.briefing.of(incident, moment, lines)
            seen = digest_of((*lines, incident.acknowledged_by, str(message.detail.expires_at), mark))
            message = replace(message, key=f"{message.key}:{seen}", update=True)
            await self._post(message, Way.EDIT, run=incident.run)
        except StoreUnavailable as problem:
            log.warning("the store is away; messages stay as they are", problem=str(problem))

    async def refresh(self, incident: Incident, mark: str) -> None:
        """What stands in people's messages once more; what was told in between is told again, and is the last word."""
        after, ours = 0, set[tuple[str, tuple[str, ...]]]()
        try:
            for _ in range(REFRESHES_MAX):
                newest = await asyncio.to_thread(self._newest, incident, after, ours)
                if newest is None:
                    return
                after, words = newest.seq, (newest.message.moment, newest.message.lines)
                ours.add(words)
                await self.update(incident, *words, f"{mark}:{after}")
        except StoreUnavailable as problem:
            log.warning("the store is away; messages stay as they are", problem=str(problem))

    def _newest(self, incident: Incident, after: int, ours: Container[object]) -> Letter | None:
        """What was told last about this run on any channel; what waits for its hour, or is no news, was not told."""
        now = self.clock.now()
        for one in self.store.outbox.of_incident(incident.id):
            early = one.state is LetterState.QUEUED and one.attempts == 0 and one.due_at > now
            mine = one.run == incident.run and one.seq > after and one.state is not LetterState.SUPERSEDED
            if mine and not early and (one.message.moment, one.message.lines) not in ours:
                return one
        return None

    async def remind(self, incident: Incident, lines: tuple[str, ...], at: datetime) -> None:
        """Ask again at that time, where the question is still open then."""
        message = await self.briefing.of(incident, "asked", lines)
        message = replace(message, key=f"{message.key}:again:{at:%Y%m%dT%H%M%S}")
        await self._post(message, Way.PUSH, run=incident.run, not_before=at)

    async def announce(self, message: Message, channels: Iterable[str] = ()) -> int:
        """Something that is about no incident, to all channels or to those named; returns how many letters."""
        return await self._post(message, way_of(message.kind, ()), only=frozenset(channels))

    async def _post(
        self,
        message: Message,
        way: Way,
        *,
        run: int = 0,
        said: str = "",
        lead: str = "",
        not_before: datetime | None = None,
        only: frozenset[str] = frozenset(),
    ) -> int:
        now = self.clock.now()
        letters = []
        for channel in self.channels:
            if (way is Way.EDIT and not channel.can.edits) or (only and channel.name not in only):
                continue
            loud, due = self._loudness(message, way, channel, max(now, not_before or now))
            due_message = replace(message, loud=loud)
            letters.append(
                Letter(f"{channel.name}|{message.key}", channel.name, due_message, run, due, now, said=said, lead=lead)
            )
        written = await asyncio.to_thread(self.store.outbox.post, letters)
        if written:
            self.rung()
        return written

    def _loudness(
        self, message: Message, way: Way, channel: NotificationChannel, at: datetime
    ) -> tuple[bool, datetime]:
        """Whether it makes a sound, and when it goes: in quiet hours without one, or after them where it would."""
        if way is not Way.PUSH:
            return False, at
        quiet = self.quiet
        if quiet is None or message.kind is Kind.TEST or not quiet.hold(at) or quiet.passes(message.severity):
            return True, at
        silent = channel.can.edits and not channel.can.sounds
        return (False, at) if silent else (True, quiet.over_at(at))
