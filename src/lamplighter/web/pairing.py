"""The one pairing of a phone that a server holds: begun by an admin, in memory alone, and over within minutes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from lamplighter.integrations.telegram import API, TelegramConfig
from lamplighter.integrations.telegram.client import BotApi
from lamplighter.integrations.telegram.pairing import PAIRING_SECONDS_MAX, Pairing, Stage, Standing
from lamplighter.ports import ChannelError
from lamplighter.workflow.clock import SystemClock

# Longer than it takes to press a link on the same phone, whose browser sleeps meanwhile.
UNSEEN_SECONDS_MAX = 120.0
# What was found stays to be copied for so long.
KEPT_SECONDS_MAX = 1_800.0
LOOK_SECONDS = 1.0
LEFT = "the page was left, so I stopped waiting; begin again"
log = structlog.get_logger()


async def _nobody() -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Pairings:
    """At most one at a time. `changed` is called whenever a page that shows it should be made anew."""

    changed: Callable[[], Awaitable[None]] = _nobody
    unseen_seconds_max: float = UNSEEN_SECONDS_MAX
    _standing: Standing | None = None
    _owner: str = ""
    _api_url: str = API
    _seen: float = 0.0
    _ended: float = 0.0
    _task: asyncio.Task[None] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def look(self, owner: str) -> Standing | None:
        """How the pairing of this admin stands; that somebody looks is noted. None where there is none of theirs."""
        if not owner or owner != self._owner or self._standing is None:
            return None
        if self._task is None and time.monotonic() - self._ended > KEPT_SECONDS_MAX:
            self._standing = None
            return None
        self._seen = time.monotonic()
        return self._standing

    def draft(self, owner: str, token_file: str) -> dict[str, object]:
        """What the configuration gets below `notify.telegram`; nothing until a phone answered this admin."""
        standing = self.look(owner)
        if standing is None or standing.stage is not Stage.ANSWERED or standing.bearer is None:
            return {}
        bearer, own = standing.bearer, {} if self._api_url == API else {"api_url": self._api_url}
        return {"token_file": token_file, "chat": bearer.chat, "approvers": [bearer.user], **own}

    async def begin(self, owner: str, config: TelegramConfig, site: str) -> None:
        """End what was, and wait for a phone. What is wrong with the bot stands on the page."""
        async with self._turn:
            await self._stop()
            api = BotApi(config.api_url, config.token.get_secret_value(), config.timeout_seconds, SystemClock())
            made = Pairing(api, site, self._told)
            # What somebody else found must not stand there under another's name while the bot is asked.
            self._standing = None
            self._owner, self._api_url, self._seen = owner, config.api_url, time.monotonic()
            try:
                await made.introduce()
            except ChannelError as problem:
                self._standing, self._ended = Standing(Stage.ENDED, problem=str(problem)), time.monotonic()
                return
            self._standing = made.standing
            self._task = asyncio.create_task(self._run(made), name="pairing")

    async def end(self, owner: str = "") -> None:
        """Stop waiting and forget, at the wish of the admin who began, or of a server that stops."""
        async with self._turn:
            if owner and owner != self._owner:
                return
            await self._stop()
            self._standing, self._owner = None, ""

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, pairing: Pairing) -> None:
        waiting = asyncio.create_task(pairing.run(PAIRING_SECONDS_MAX), name="pairing poll")
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=LOOK_SECONDS)
                if pairing.standing.stage is Stage.ANSWERED:
                    # Nothing is waited for any more, but the thanks may be under way.
                    continue
                if time.monotonic() - self._seen > self.unseen_seconds_max and not waiting.done():
                    waiting.cancel()
                    self._standing = Standing(Stage.ENDED, problem=LEFT)
                    await self.changed()
                    return
            if (broken := waiting.exception()) is not None:
                log.error("a pairing broke off", exc_info=broken)
                self._standing = Standing(Stage.ENDED, problem="it broke off; begin again, the log has more")
        finally:
            waiting.cancel()
            self._ended = time.monotonic()
            if self._task is asyncio.current_task():
                self._task = None

    async def _told(self, standing: Standing) -> None:
        self._standing = standing
        await self.changed()
