"""Finds out which chat and which person a bot is for: a one-time code goes out by a link, and comes back from a phone.

The token and the code live here and nowhere else, for minutes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from typing import Any

import structlog

from lamplighter.domain.redaction import redact
from lamplighter.domain.texts import kept_text
from lamplighter.integrations.telegram.bearer import Bearer, bearer_of, number_of, press_of
from lamplighter.integrations.telegram.client import CONFLICT, UPDATES_MAX, BotApi, NotTaken
from lamplighter.ports import ChannelError

CODE_BYTES = 16
PAIRING_SECONDS_MAX = 300.0
AGAIN_SECONDS = 2.0
# One may be the end of an earlier poll of our own; a second one is another program.
CONFLICTS_MAX = 2
# So long a name may be by the service's own rule.
NAME_CHARS_MAX = 32
START = "/start"
LINK = "https://t.me"
UNAUTHORISED, UNKNOWN = 401, 404
WRONG_TOKEN = "Telegram does not know this token; copy it from @BotFather again, whole"  # noqa: S105 - words
WEBHOOK = (
    "this bot has a webhook, so another program gets what is said to it; "
    "make a bot for Lamplighter alone with @BotFather"
)
POLLED = (
    "another program asks for what is said to this bot, and Telegram tells only one; "
    "end that program, or make a bot for Lamplighter alone with @BotFather"
)
SHARED = (
    "presses and commands for another program wait at this bot, and I leave them to that program; "
    "make a bot for Lamplighter alone with @BotFather"
)
LATE = "nobody came within 5 minutes, so I stopped waiting; begin again"
STRANGER = "This is not for you."
log = structlog.get_logger()


class Stage(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    GREETED = "greeted"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pairing stands. Nothing in it is secret but the code, which is spent by the first who bears it."""

    stage: Stage
    bot: str = ""
    code: str = ""
    bearer: Bearer | None = None
    problem: str = ""

    @property
    def link(self) -> str:
        """Opens the chat with the bot; its button Start sends the code."""
        return f"{LINK}/{self.bot}?start={self.code}" if self.code else ""

    @property
    def group_link(self) -> str:
        """Puts the bot into a group that one chooses; the code is sent there."""
        return f"{LINK}/{self.bot}?startgroup={self.code}" if self.code else ""


Told = Callable[[Standing], Awaitable[None]]


class Pairing:
    """One bot, one code, one phone. `told` hears of every change.

    What is said to the bot is read and left there, so that no press or command meant for another program is lost.
    """

    def __init__(self, api: BotApi, site: str, told: Told, again_seconds: float = AGAIN_SECONDS) -> None:
        self._api = api
        self._site = site
        self._told = told
        self._again_seconds = again_seconds
        self._button = secrets.token_urlsafe(CODE_BYTES)
        self._offset = 0
        self._taken: set[int] = set()
        self._shared = False
        self._conflicts = 0
        self.standing = Standing(Stage.WAITING)

    async def introduce(self) -> None:
        """Ask the bot for its name, and make the code. Raises `ChannelError` in plain words."""
        try:
            own = await self._api.call("getMe", {})
            hook = await self._api.call("getWebhookInfo", {})
        except ChannelError as problem:
            raise ChannelError(plainly(problem), permanent=problem.permanent) from problem
        name = str(own.get("username", "")) if isinstance(own, dict) else ""
        if len(name) > NAME_CHARS_MAX or not name.isascii() or not name.replace("_", "").isalnum():
            raise ChannelError("what answers there is not the Bot API: it names no bot", permanent=True)
        if isinstance(hook, dict) and hook.get("url"):
            raise ChannelError(WEBHOOK, permanent=True)
        self.standing = Standing(Stage.WAITING, name, secrets.token_urlsafe(CODE_BYTES))

    async def run(self, seconds_max: float = PAIRING_SECONDS_MAX) -> None:
        """Wait for the code, say hello, wait for the press; every end but a cancellation is told."""
        try:
            async with asyncio.timeout(seconds_max):
                while self.standing.stage in {Stage.WAITING, Stage.GREETED}:
                    await self._round()
                await self._done_with()
        except TimeoutError:
            # A press in the last moment counts, whether or not its thanks went out.
            if self.standing.stage is not Stage.ANSWERED:
                await self._now(stage=Stage.ENDED, code="", problem=LATE)
        except ChannelError as problem:
            await self._now(stage=Stage.ENDED, code="", problem=plainly(problem))

    async def _round(self) -> None:
        try:
            found = await self._api.updates(self._offset)
            self._conflicts = 0
        except NotTaken as refusal:
            self._conflicts += refusal.status == CONFLICT
            if refusal.permanent or "webhook" in refusal.said or self._conflicts >= CONFLICTS_MAX:
                raise
            await asyncio.sleep(max(self._again_seconds, min(30.0, refusal.retry_after_seconds)))
            return
        except ChannelError as problem:
            if self.standing.problem != plainly(problem):
                await self._now(problem=plainly(problem))
            await asyncio.sleep(self._again_seconds)
            return
        fresh = [update for update in found if _number(update) not in self._taken]
        for update in fresh:
            self._taken.add(_number(update))
            self._shared = self._shared or self._is_for_another(update)
            await self._take(update)
        if len(found) >= UPDATES_MAX:
            await self._make_room(found)
        elif not fresh:
            # What is left there is told again at once, and a server may tell nothing at once.
            await asyncio.sleep(self._again_seconds)

    async def _make_room(self, found: Sequence[Mapping[str, Any]]) -> None:
        """More may wait behind what is left there: let go of talk, and never of what another program may wait for."""
        if self._shared:
            await self._now(stage=Stage.ENDED, code="", problem=SHARED)
            return
        self._offset = max(map(_number, found)) + 1
        self._taken.clear()

    def _is_for_another(self, update: Mapping[str, Any]) -> bool:
        """Whether another program may wait for it: a press that is not ours, or a command but to start."""
        message = update.get("message")
        text = message.get("text") if isinstance(message, dict) else ""
        command = isinstance(text, str) and text.startswith("/") and not text.startswith(START)
        return command or ("callback_query" in update and press_of(update)[1] != self._button)

    async def _done_with(self) -> None:
        """Let go of what was read, unless another program may wait for some of it."""
        if self._shared or not self._taken:
            return
        read = {"offset": max(self._taken) + 1, "timeout": 0, "limit": 1}
        try:
            await self._api.call("getUpdates", read)
        except ChannelError as problem:
            # Then the listener reads it once more, and makes nothing of it.
            log.info("what was read stays with the bot", channel="telegram", problem=redact(str(problem)))

    async def _take(self, update: Mapping[str, Any]) -> None:
        """One piece of news; what does not bear the code, or is not pressed by who bore it, changes nothing."""
        now = self.standing
        if now.stage is Stage.WAITING:
            found = bearer_of(update, now.code, now.bot)
            if isinstance(found, str):
                # Whoever reads along there knows the code by now, so that it must not count any more.
                await self._now(code=secrets.token_urlsafe(CODE_BYTES), problem=found)
            elif found is not None:
                # Spent before anything is sent, so that nobody else can come with it.
                await self._now(code="", bearer=found, problem="")
                await self._greet(found)
                await self._now(stage=Stage.GREETED)
        elif now.stage is Stage.GREETED and now.bearer is not None:
            await self._pressed(update, now.bearer)

    async def _greet(self, bearer: Bearer) -> None:
        button = {"text": "I am here", "callback_data": self._button}
        site = escape(kept_text(self._site, 80), quote=False)
        text = f"👋 Hello, this is Lamplighter, for <b>{site}</b>. Press the button, so that I know that I reach you."
        body = {"chat_id": bearer.chat, "text": text, "parse_mode": "HTML"}
        await self._api.call("sendMessage", {**body, "reply_markup": {"inline_keyboard": [[button]]}})

    async def _pressed(self, update: Mapping[str, Any], bearer: Bearer) -> None:
        press, data, user, chat = press_of(update)
        if not press or not secrets.compare_digest(data.encode("utf-8", "replace"), self._button.encode()):
            return
        if (user, chat) != (bearer.user, bearer.chat):
            await self._notice(press, STRANGER)
            return
        await self._now(stage=Stage.ANSWERED, problem="")
        await self._notice(press, "I reach you. Go on at the set-up page.")
        message = update["callback_query"]["message"]
        said = {"chat_id": chat, "message_id": message.get("message_id"), "text": "✓ I reach you here."}
        try:
            await self._api.call("editMessageText", said)
        except ChannelError as problem:
            # The press counts all the same; only its button stays.
            log.info("the hello could not be changed", channel="telegram", problem=redact(str(problem)))

    async def _notice(self, press: str, text: str) -> None:
        try:
            await self._api.notice(press, text)
        except ChannelError as problem:
            log.info("a press could not be answered", channel="telegram", problem=redact(str(problem)))

    async def _now(self, **changes: Any) -> None:  # noqa: ANN401 - fields of the standing
        self.standing = replace(self.standing, **changes)
        await self._told(self.standing)


def plainly(problem: ChannelError) -> str:
    """What went wrong, and what to do about it."""
    if not isinstance(problem, NotTaken):
        words = redact(str(problem)).removeprefix("telegram: ")
        return f"Telegram's server was not reached: {words}; it must be reachable from here, or name a Bot API server"
    if problem.status in {UNAUTHORISED, UNKNOWN}:
        return WRONG_TOKEN
    if problem.status == CONFLICT:
        return WEBHOOK if "webhook" in problem.said else POLLED
    return f"Telegram refused it: {redact(problem.said)}"


def _number(update: Mapping[str, Any]) -> int:
    return number_of({"id": update.get("update_id")})
