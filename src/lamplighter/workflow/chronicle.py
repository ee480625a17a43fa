"""Writes the timeline and tells people. Each event has a key, so that a repeated step writes it once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import stamina
import structlog

from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.redaction import redact, redact_tree
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import ChannelError, Clock, Message, NotificationChannel, Store
from lamplighter.workflow.story import Superseded

SENDS_MAX = 3
SEND_SECONDS_MAX = 10.0
log = structlog.get_logger()


@dataclass(slots=True)
class Chronicle:
    """The pen of the response."""

    store: Store
    clock: Clock
    channels: tuple[NotificationChannel, ...] = ()
    site_url: str = ""

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

    async def move(
        self, incident: Incident, to: State, key: str, crew: Crew, text: str, *, moment: Moment = Moment.STATE
    ) -> Incident:
        """Change the state; `Superseded` where the incident was closed meanwhile, or is another run's by now."""
        before = await asyncio.to_thread(self.store.incidents.load, incident.id)
        if before is not None and before.run != incident.run:
            raise Superseded(f"{incident.id} was reopened; another response has it")
        event = self.event(incident, key, moment, crew, text, {"state": str(to)})
        by = "lamplighter" if to is State.RESOLVED else ""
        try:
            return await asyncio.to_thread(
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

    async def tell(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        """Send to every channel; what cannot be delivered is written down and never stops the response."""
        key = f"{incident.workflow_id}:{moment}"
        if self.site_url:
            lines = (*lines, f"{self.site_url}/incidents/{incident.id}")
        message = Message(key, incident.id, moment, incident.state, incident.severity, incident.title, lines)
        for channel in self.channels:
            try:
                async with asyncio.timeout(SEND_SECONDS_MAX * SENDS_MAX):
                    reference = await _send(channel, message)
                text, data = f"told {channel.name}: {moment}", {"channel": channel.name, "reference": reference}
            except (ChannelError, TimeoutError) as problem:
                log.warning("not delivered", channel=channel.name, incident=incident.id, problem=redact(str(problem)))
                text = f"{channel.name} did not take the message: {problem}"
                data = {"channel": channel.name, "failed": "true"}
            await self.note(
                incident, f"told:{moment}:{channel.name}", Moment.NOTIFIED, Crew.COMMUNICATOR, text, {**data}
            )


def _may_retry(problem: Exception) -> bool:
    return isinstance(problem, ChannelError) and not problem.permanent


@stamina.retry(on=_may_retry, attempts=SENDS_MAX, timeout=SEND_SECONDS_MAX * SENDS_MAX, wait_initial=0.2)
async def _send(channel: NotificationChannel, message: Message) -> str:
    return await channel.send(message)
