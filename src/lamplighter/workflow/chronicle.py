"""Writes the timeline and tells people, where there is something new for them.

Each event has a key, so that a repeated step writes it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import stamina
import structlog

from lamplighter.domain.incident import ACTING, BadMove, Incident, State
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.pushing import Way
from lamplighter.domain.redaction import redact, redact_tree
from lamplighter.domain.telling import ENDS, Told, digest_of, told, why_silent
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import ChannelError, Clock, Message, NotificationChannel, Store
from lamplighter.workflow.muting import Mutes, Muting, NothingMuted
from lamplighter.workflow.news import News
from lamplighter.workflow.posting import Post
from lamplighter.workflow.story import Superseded

SENDS_MAX = 3
SEND_SECONDS_MAX = 10.0
log = structlog.get_logger()


@dataclass(slots=True)
class Chronicle:
    """The pen of the response. `moved` hears of each incident whose state it changed.

    `channels` are told at once, as the program's own log is; what may be slow or away goes by the `post`.
    """

    store: Store
    clock: Clock
    channels: tuple[NotificationChannel, ...] = ()
    site_url: str = ""
    news: News = field(default_factory=News)
    mutes: Mutes = field(default_factory=NothingMuted)
    moved: Callable[[Incident], None] = lambda _incident: None
    post: Post | None = None
    called: Nicknames = field(default_factory=Nicknames)

    @property
    def muting(self) -> Muting:
        """Whether whole incidents are muted."""
        return Muting(self.store, self.mutes)

    def event(
        self, incident: Incident, key: str, moment: Moment, crew: Crew, text: str, data: dict[str, object] | None = None
    ) -> Event:
        """An event of this run of this incident, now."""
        kept = {name: redact_tree(value) for name, value in (data or {}).items()}
        return Event(incident.id, f"{incident.run}:{key}", self.clock.now(), moment, crew, redact(text), kept)

    async def note(
        self, incident: Incident, key: str, moment: Moment, crew: Crew, text: str, data: dict[str, object] | None = None
    ) -> None:
        """Write one event."""
        await asyncio.to_thread(self.store.incidents.record, self.event(incident, key, moment, crew, text, data))
        self.news.announce()

    async def hold(self, incident: Incident, reason: str) -> None:
        """Show why nothing begins or is said now; an empty reason says that it goes on."""
        event = self._held(incident, reason)
        await asyncio.to_thread(self.store.incidents.hold, incident.id, event.text if reason else "", event)
        self.news.announce()

    async def hold_all(self, held: Sequence[tuple[Incident, str]]) -> None:
        """The same for many at once, as a storm holds them."""
        holds = []
        for incident, reason in held:
            event = self._held(incident, reason)
            holds.append((incident.id, event.text if reason else "", event))
        await asyncio.to_thread(self.store.incidents.hold_all, holds)
        self.news.announce()

    def _held(self, incident: Incident, reason: str) -> Event:
        moment = Moment.HELD if reason else Moment.RELEASED
        key = f"{moment}:{self.clock.now():%Y%m%dT%H%M%S.%f}"
        return self.event(incident, key, moment, Crew.MONITOR, reason or f"no longer held: {incident.held}")

    async def move(
        self,
        incident: Incident,
        to: State,
        key: str,
        crew: Crew,
        text: str,
        *,
        moment: Moment = Moment.STATE,
        person: str = "",
    ) -> Incident:
        """Change the state, `person` being who wanted it where somebody did.

        `Superseded` where the incident was closed meanwhile, or is another run's by now.
        """
        before = await asyncio.to_thread(self.store.incidents.load, incident.id)
        if before is not None and before.run != incident.run:
            raise Superseded(f"{incident.id} was reopened; another response has it")
        data: dict[str, object] = {"state": str(to), **({"by": person} if person else {})}
        event = self.event(incident, key, moment, crew, text, data)
        by = "lamplighter" if to is State.RESOLVED else ""
        try:
            after = await asyncio.to_thread(
                self.store.incidents.move,
                incident.id,
                to,
                event,
                resolution=text if to is State.RESOLVED else "",
                by=by,
            )
        except BadMove as problem:
            present = await asyncio.to_thread(self.store.incidents.load, incident.id)
            if present is not None and (not present.is_open or present.run != incident.run):
                raise Superseded(str(problem)) from problem
            raise
        self.news.announce()
        self.moved(after)
        if self.post is not None and to in ACTING:
            await self.post.update(after, str(to), (text,))
        return after

    async def tell(self, incident: Incident, moment: str, lines: tuple[str, ...], *, edition: int = 0) -> bool:
        """Send to every channel where it is news to people; False where they are not told, and why is in the log.

        A later edition of a moment, such as the question after an amendment, is told beside the first.

        What cannot be delivered is written down and never stops the response. Under a silence or in a maintenance
        window nothing is sent: the incident shows as held, and what is still so at its end is told then.
        """
        history = told(await asyncio.to_thread(self.store.incidents.timeline, incident.id))
        if self.post is not None:
            history = (*history, *await self.post.waiting(incident))
        said = digest_of(lines)
        why = why_silent(
            history,
            incident.run,
            moment,
            said,
            flapping=incident.flapping,
            severity=incident.severity,
            lead=incident.trouble,
        )
        if why:
            log.info("people are not told", incident=incident.id, moment=moment, reason=why)
            if self.post is not None and moment in ENDS:
                await self.post.update(incident, moment, lines)
            return False
        muted = await self.muting.now(incident)
        if muted:
            if incident.is_open and incident.held != muted:
                await self.hold(incident, muted)
            return False
        done = {one.channel for one in history if (one.run, one.moment, edition) == (incident.run, moment, 0)}
        if self.post is not None:
            await self._by_post(incident, moment, lines, said, history, edition)
        channels = [one for one in self.channels if one.name not in done]
        await self._send_all(incident, moment, lines, said, channels, edition)
        return True

    async def _by_post(
        self,
        incident: Incident,
        moment: str,
        lines: tuple[str, ...],
        said: str,
        history: tuple[Told, ...],
        edition: int,
    ) -> None:
        if self.post is None:
            return
        before = [one for one in history if edition or (one.run, one.moment) != (incident.run, moment)]
        way = await self.post.tell(incident, moment, lines, said, before, edition=edition)
        if way is Way.EDIT:
            # Known without a message: what comes after it is news again.
            data: dict[str, object] = {"said": said, "severity": incident.severity, "lead": incident.trouble}
            text = f"kept for the digest: {moment}"
            await self.note(incident, f"told:{moment}:", Moment.NOTIFIED, Crew.COMMUNICATOR, text, data)

    async def _send_all(
        self,
        incident: Incident,
        moment: str,
        lines: tuple[str, ...],
        said: str,
        channels: Sequence[NotificationChannel],
        edition: int,
    ) -> None:
        if self.site_url:
            lines = (*lines, f"{self.site_url}/incidents/{incident.id}")
        once = f"{incident.workflow_id}:{moment}{f':{edition}' if edition else ''}"
        message = Message(once, incident.id, moment, incident.state, incident.severity, incident.title, lines)
        for channel in channels:
            try:
                async with asyncio.timeout(SEND_SECONDS_MAX * SENDS_MAX):
                    reference = await _send(channel, message)
                key, text = f"told:{moment}:{channel.name}", f"told {channel.name}: {moment}"
                as_told = {"severity": incident.severity, "lead": incident.trouble}
                data: dict[str, object] = {"channel": channel.name, "reference": reference, "said": said, **as_told}
            except (ChannelError, TimeoutError) as problem:
                log.warning("not delivered", channel=channel.name, incident=incident.id, problem=redact(str(problem)))
                key, text = f"untold:{moment}:{channel.name}", f"{channel.name} did not take the message: {problem}"
                data = {"channel": channel.name, "failed": "true"}
            await self.note(incident, key, Moment.NOTIFIED, Crew.COMMUNICATOR, text, data)


def _may_retry(problem: Exception) -> bool:
    return isinstance(problem, ChannelError) and not problem.permanent


@stamina.retry(on=_may_retry, attempts=SENDS_MAX, timeout=SEND_SECONDS_MAX * SENDS_MAX, wait_initial=0.2)
async def _send(channel: NotificationChannel, message: Message) -> str:
    return await channel.send(message)
