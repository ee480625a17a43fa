"""Hears presses and commands in one Telegram chat, from those on the list alone. What they do is the desk's work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from html import escape
from typing import Any

import structlog

from lamplighter.integrations.telegram.channel import CALLBACK_BYTES_MAX, plain_reply
from lamplighter.integrations.telegram.client import BotApi
from lamplighter.ports import Awaited, ChannelError, Clock, Desk, Pressed, Reply, StoreUnavailable, Word

MARK = "telegram:offset"
# A store that is away may also hang; a pause does not wait for it.
STORE_SECONDS_MAX = 3.0
HANDLED_MAX = 200
PAUSE = "pause"
RESUME = "resume"
# A command that waited for long while nobody listened may be about another night.
COMMAND_SECONDS_MAX = 120
ANSWER_SECONDS_MAX = 3.0
COMMAND_CHARS_MAX = 400
WORD_CHARS_MAX = 1_000
NOT_NOTED = "I cannot write down that I read this, so /resume does not count. Actions stay as they are; send it again."
STRANGER = "You are not on the list of those who may answer here."
log = structlog.get_logger()


class TelegramListener:
    """Counts a press only from a listed user and in the configured chat; how far it has read is noted first.

    While the store is away, how far it has read is remembered here alone.
    """

    name = "telegram"

    def __init__(
        self,
        api: BotApi,
        chat: int,
        approvers: frozenset[int],
        clock: Clock,
        nicknames: Mapping[int, str] | None = None,
    ) -> None:
        self._api = api
        self._chat = chat
        self._approvers = approvers
        self._nicknames = nicknames or {}
        self._clock = clock
        self._mark = f"{MARK}:{api.number}"
        self._offset = 0
        self._handled: deque[int] = deque(maxlen=HANDLED_MAX)
        self._username = ""

    async def listen(self, desk: Desk) -> int:
        """One long poll, and what it brought; returns how much of that was news. Raises `ChannelError`."""
        offset = max(self._offset, await self._noted(desk))
        found = {_number(one): one for one in await self._api.updates(offset) if _number(one)}
        fresh = sorted(number for number in found if number >= offset)
        if found and not fresh:
            # After a week without news the service begins at another number, which may be a lower one.
            fresh = sorted(number for number in found if number not in self._handled)
            if fresh:
                log.warning("news is numbered below what was read", channel=self.name, offset=offset, lowest=fresh[0])
        for number in fresh:
            await self._take(desk, number, found[number])
        return len(fresh)

    async def _noted(self, desk: Desk) -> int:
        try:
            async with asyncio.timeout(STORE_SECONDS_MAX):
                noted = await desk.mark(self._mark)
        except (StoreUnavailable, TimeoutError) as problem:
            log.warning("how far was read is not known for now", channel=self.name, problem=str(problem))
            return 0
        return int(noted) if noted.isascii() and noted.isdigit() else 0

    async def _note(self, desk: Desk, offset: int) -> bool:
        try:
            async with asyncio.timeout(STORE_SECONDS_MAX):
                await desk.note(self._mark, str(offset))
        except (StoreUnavailable, TimeoutError) as problem:
            log.warning("how far was read could not be noted", channel=self.name, problem=str(problem))
            return False
        return True

    async def _take(self, desk: Desk, number: int, update: dict[str, Any]) -> None:
        """One piece of news. A pause is obeyed before anything else, because it needs no store and does no harm twice.

        All else is noted before it is done: after a crash a person presses again, and nothing is done twice.
        """
        self._offset = number + 1
        self._handled.append(number)
        query, message = update.get("callback_query"), update.get("message")
        if isinstance(message, dict) and _word(message)[0] == PAUSE:
            await self._said(desk, message)
            await self._note(desk, number + 1)
            return
        noted = await self._note(desk, number + 1)
        if isinstance(query, dict):
            await self._pressed(desk, query)
        elif isinstance(message, dict):
            await self._said(desk, message, noted=noted)

    async def _pressed(self, desk: Desk, query: dict[str, Any]) -> None:
        callback_id, data = query.get("id"), query.get("data")
        if not isinstance(callback_id, str) or not isinstance(data, str):
            return
        message = query.get("message")
        user = self._allowed(query, message)
        if not user or len(data.encode("utf-8", "replace")) > CALLBACK_BYTES_MAX:
            log.warning("a press by somebody who may not", channel=self.name, user=_id(query.get("from")))
            await self._notice(callback_id, STRANGER)
            return
        work = asyncio.ensure_future(desk.press(Pressed(self.name, data, identity_of(user))))
        reply = await self._in_time(work)
        if reply is not None:
            await self._notice(callback_id, reply.notice)
        else:
            await self._notice(callback_id, "Working on it …")
            reply = await work
        if reply.text:
            await self._reply(reply.text, message)
        if reply.asks:
            await self._ask(desk, reply, user, message)

    async def _ask(self, desk: Desk, reply: Reply, user: int, message: object) -> None:
        """Put a question that may be answered in words. It is optional, so that nothing depends on its being put."""
        # Who is named in the text is whom `selective` means: the client opens the answer for that person alone.
        name = escape(self._nicknames.get(user, "You"), quote=False)
        text = f'<a href="tg://user?id={user}">{name}</a>: {escape(reply.asks, quote=False)}'
        markup = {"force_reply": True, "selective": True, "input_field_placeholder": "Optional"}
        number = await self._sent({"text": text, "reply_markup": markup}, message)
        if not number:
            return
        try:
            async with asyncio.timeout(STORE_SECONDS_MAX):
                await desk.expect(Awaited(self.name, f"{self._chat}:{number}", identity_of(user), reply.about))
        except (StoreUnavailable, TimeoutError) as problem:
            log.warning("an answer in words cannot be awaited", channel=self.name, problem=str(problem))

    async def _in_time(self, work: asyncio.Future[Reply]) -> Reply | None:
        done, _ = await asyncio.wait({work}, timeout=ANSWER_SECONDS_MAX)
        return work.result() if done else None

    async def _said(self, desk: Desk, message: dict[str, Any], *, noted: bool = True) -> None:
        word, bot, argument = _word(message)
        if not word:
            await self._answered(desk, message)
            return
        user = self._allowed(message, message)
        if not user:
            # No answer: a stranger learns nothing, not even that somebody is here.
            log.warning("a command by somebody who may not", channel=self.name, user=_id(message.get("from")))
            return
        if bot and not await self._is_ours(bot, word):
            return
        at = message.get("date")
        if not isinstance(at, int) or self._clock.now().timestamp() - at > COMMAND_SECONDS_MAX:
            await self._reply("That command is too old to be followed; send it again.", message)
            return
        if word == RESUME and not noted:
            await self._reply(NOT_NOTED, message)
            return
        answer = await desk.command(word, argument, identity_of(user))
        await self._reply(answer, message)

    async def _answered(self, desk: Desk, message: dict[str, Any]) -> None:
        """Words in reply to a message of ours. Whether anything was asked there is the desk's to say."""
        number, text = _replied_to(message), message.get("text")
        user = self._allowed(message, message)
        if not (number and user and isinstance(text, str)):
            return
        word = Word(self.name, f"{self._chat}:{number}", identity_of(user), text[:WORD_CHARS_MAX])
        try:
            # Talk among people must not hold up a pause that comes after it.
            async with asyncio.timeout(STORE_SECONDS_MAX):
                reply = await desk.word(word)
        except TimeoutError:
            log.warning("words could not be looked up in time", channel=self.name)
            return
        if reply is not None:
            await self._reply(reply.notice, message)

    async def _is_ours(self, bot: str, word: str) -> bool:
        """Whether a command that names a bot means this one; where that cannot be told, only a pause does."""
        if not self._username:
            try:
                own = await self._api.call("getMe", {})
            except ChannelError as problem:
                log.warning("the bot's own name is not known", channel=self.name, problem=str(problem))
                return word == PAUSE
            self._username = str(own.get("username", "")).lower() if isinstance(own, dict) else ""
        return bot.lower() == self._username

    def _allowed(self, said: dict[str, Any], message: object) -> int:
        """The user's id where it is on the list and the chat is ours; otherwise 0."""
        user = _id(said.get("from"))
        chat = _id(message.get("chat")) if isinstance(message, dict) else 0
        return user if user in self._approvers and chat == self._chat else 0

    async def _notice(self, callback_id: str, text: str) -> None:
        try:
            await self._api.notice(callback_id, text)
        except ChannelError as problem:
            # What the press did stands all the same, and the message shows it.
            log.info("a press could not be answered", channel=self.name, problem=str(problem))

    async def _reply(self, text: str, message: object) -> None:
        await self._sent({"text": plain_reply(text)}, message)

    async def _sent(self, what: dict[str, object], message: object) -> int:
        """Send it as a reply to that message; its number, or 0 where it was not delivered."""
        known = message if isinstance(message, dict) else {}
        number = known.get("message_id")
        body = {
            **what,
            "chat_id": self._chat,
            "parse_mode": "HTML",
            "disable_notification": True,
            "link_preview_options": {"is_disabled": True},
            "message_thread_id": known.get("message_thread_id"),
            "reply_parameters": {"message_id": number, "allow_sending_without_reply": True} if number else None,
        }
        try:
            sent = await self._api.call("sendMessage", body)
        except ChannelError as problem:
            log.info("a reply was not delivered", channel=self.name, problem=str(problem))
            return 0
        found = sent.get("message_id") if isinstance(sent, dict) else 0
        return found if isinstance(found, int) else 0


def identity_of(user: int) -> str:
    """Who somebody is, as it is kept: by the number that Telegram vouches for, never by a name from there."""
    return f"telegram:{user}"


def _id(thing: object) -> int:
    found = thing.get("id") if isinstance(thing, dict) else 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _replied_to(message: dict[str, Any]) -> int:
    """The number of the message that this one answers, in the same chat; 0 where it answers none."""
    earlier = message.get("reply_to_message")
    found = earlier.get("message_id") if isinstance(earlier, dict) else 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _number(update: dict[str, Any]) -> int:
    found = update.get("update_id")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _word(message: dict[str, Any]) -> tuple[str, str, str]:
    """The word of a command, the bot that it names, and the rest; empty where the message is no command."""
    text = message.get("text")
    if not isinstance(text, str) or not text.startswith("/"):
        return "", "", ""
    said, _, argument = text[1:COMMAND_CHARS_MAX].partition(" ")
    word, _, bot = said.partition("@")
    return word.lower(), bot, argument
