"""One request to an address that expects us every minute. How often is not decided here."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Clock


@dataclass(slots=True)
class HttpHeartbeat:
    """GET or POST, as the service wants it."""

    publisher: Publisher
    url: str
    method: str
    clock: Clock
    name: str = "heartbeat_out"

    async def beat(self) -> None:
        """Give one sign of life. Raises `ChannelError`."""
        answer = await self.publisher.ask(self.method, self.url)
        self.publisher.accepted(answer, self.clock.now())
