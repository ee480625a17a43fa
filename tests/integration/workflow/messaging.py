"""A whole app with a phone: Telegram and ntfy as simulators on loopback, an engine and a signal that heals with it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lamplighter.app import App, build_app
from lamplighter.domain.alert import Delivery
from lamplighter.domain.incident import Incident, State
from lamplighter.integrations.ntfy.simulator import SimulatedNtfy
from lamplighter.integrations.telegram.simulator import SimulatedBot
from lamplighter.ports import Investigator, Roles
from lamplighter.settings import load_settings
from lamplighter.testing import FakeEngine, firing
from lamplighter.web.api import make_api
from tests.integration.workflow.test_flow import BlamesTheLead, Signal

OWNER = 7
CHAT = 42
SECONDS_MAX = 60
CONFIGURATION = """
site: {{url: "http://lamplighter.test", timezone: UTC}}
store: {{url: "{store}"}}
autonomy:
  {{mode: {mode}, auto: [{auto}], approval_expires: {expires}, limits: {{between: 0s, total: 99/1h, per_target: 9/1h}}}}
verify: {{for: 200ms, every: 50ms, deadline: 3s}}
sources: {{}}
notify:
  telegram: {{token: "{token}", chat: 42, approvers: {approvers}, api_url: "{telegram}"}}
  ntfy: {{url: "{ntfy}", topic: ops, token: tk_ops, approver: alex, timeout_seconds: 1}}
"""


@dataclass
class House:
    """A folder that several lives share, and what is around it."""

    folder: Path
    bot: SimulatedBot
    ntfy: SimulatedNtfy
    mode: str = "ask"
    auto: str = ""
    expires: str = "15m"
    store: str = ""
    approvers: str = "[7]"
    engine: FakeEngine = field(default_factory=FakeEngine)
    finds: Investigator = field(default_factory=BlamesTheLead)

    def __post_init__(self) -> None:
        self.signal = Signal(self.engine)
        self.engine.add("jellyfin")

    @asynccontextmanager
    async def life(self) -> AsyncIterator[App]:
        file = self.folder / "lamplighter.yaml"
        words = CONFIGURATION.format(
            mode=self.mode,
            auto=self.auto,
            expires=self.expires,
            token=self.bot.token,
            telegram=self.bot.url,
            ntfy=self.ntfy.url,
            store=self.store,
            approvers=self.approvers,
        )
        file.write_text(words)
        settings = load_settings(file, {"HOME": str(self.folder), "LAMPLIGHTER_DATA": str(self.folder / "data")})
        roles = (self.engine.roles(), Roles(readers=(self.signal,)))
        app = build_app(settings, extra_roles=roles, investigator=self.finds)
        app.sweep.sweep_seconds = 0.3
        await app.start()
        try:
            yield app
        finally:
            await app.stop()

    async def trouble(self, app: App, name: str = "jellyfin") -> Incident:
        """Something fires; the incident it opened."""
        await app.store.journal.append(Delivery((firing("JellyfinDown", container=name),)), "fake", app.clock.now())
        app.correlator.nudge()
        await eventually(app.store.incidents.listed)
        return app.store.incidents.listed()[0]

    async def asked(self, app: App, name: str = "jellyfin") -> tuple[Incident, int]:
        """The same, until the phone shows the question; the incident and the message's number."""
        incident = await self.trouble(app, name)
        await eventually(lambda: self.shows("May I"))
        return incident, self.shows("May I")

    def shows(self, words: str) -> int:
        """The number of the message that says this on the phone; 0 where none does."""
        return next((number for number, one in self.bot.messages.items() if words in one["text"]), 0)

    async def noticed(self, press: str) -> str:
        """What the phone showed after a press."""
        await eventually(lambda: press in self.bot.notices)
        return self.bot.notices[press]


def state(app: App, incident: Incident) -> State:
    found = app.store.incidents.load(incident.id)
    assert found is not None
    return found.state


async def eventually(holds: Callable[[], object], seconds: float = SECONDS_MAX) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it never came to that")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """The app's own doors, without a socket."""
    transport: Any = httpx.ASGITransport(make_api(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://lamplighter.test") as client:
        yield client


async def lived(folder: Path, telegram: str, ntfy: str) -> None:
    """One life in a process of its own, until it is killed."""
    house = House(folder, SimulatedBot(url=telegram), SimulatedNtfy(url=ntfy), mode="watch")
    async with house.life() as app:
        await house.trouble(app)
        await asyncio.sleep(10 * SECONDS_MAX)


if __name__ == "__main__":
    asyncio.run(lived(Path(sys.argv[1]), *sys.argv[2:4]))
