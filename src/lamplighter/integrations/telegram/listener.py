"""Hears presses and commands in one Telegram chat, from those on the list alone. What they do is the desk's work."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from lamplighter.integrations.telegram.channel import CALLBACK_BYTES_MAX, plain_reply
from lamplighter.integrations.telegram.client import BotApi
from lamplighter.ports import ChannelError, Clock, Desk, Pressed, Reply

MARK = "telegram:offset"
# A command that waited for long while nobody listened may be about another night.
COMMAND_SECONDS_MAX = 120
ANSWER_SECONDS_MAX = 3.0
COMMAND_CHARS_MAX = 400
STRANGER = "You are not on the list of those who may answer here."
log = structlog.get_logger()


class TelegramListener:
    """Counts a press only from a listed user and in the configured chat; how far it has read is noted first."""

    name = "telegram"

    def __init__(self, api: BotApi, chat: int, approvers: frozenset[int], clock: Clock) -> None:
        self._api = api
        self._chat = chat
        self._approvers = approvers
        self._clock = clock

    async def listen(self, desk: Desk) -> None:
        """One long poll, and what it brought. Raises `ChannelError`."""
        noted = await desk.mark(MARK)
        offset = int(noted) if noted.isdigit() else 0
        for update in await self._api.updates(offset):
            number = update.get("update_id")
            if not isinstance(number, int) or number < offset:
                continue
            # Noted before anything is done: after a crash a person presses again, and nothing is done twice.
            await desk.note(MARK, str(number + 1))
            if isinstance(update.get("callback_query"), dict):
                await self._pressed(desk, update["callback_query"])
            elif isinstance(update.get("message"), dict):
                await self._said(desk, update["message"])

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
        work = asyncio.ensure_future(desk.press(Pressed(self.name, data, f"telegram:{user}")))
        reply = await self._in_time(work)
        if reply is not None:
            await self._notice(callback_id, reply.notice)
        else:
            await self._notice(callback_id, "Working on it …")
            reply = await work
        if reply.text:
            await self._reply(reply.text, message)

    async def _in_time(self, work: asyncio.Future[Reply]) -> Reply | None:
        done, _ = await asyncio.wait({work}, timeout=ANSWER_SECONDS_MAX)
        return work.result() if done else None

    async def _said(self, desk: Desk, message: dict[str, Any]) -> None:
        text = message.get("text")
        if not isinstance(text, str) or not text.startswith("/"):
            return
        user = self._allowed(message, message)
        if not user:
            # No answer: a stranger learns nothing, not even that somebody is here.
            log.warning("a command by somebody who may not", channel=self.name, user=_id(message.get("from")))
            return
        at = message.get("date")
        if not isinstance(at, int) or self._clock.now().timestamp() - at > COMMAND_SECONDS_MAX:
            await self._reply("That command is too old to be followed; send it again.", message)
            return
        word, _, argument = text[1:COMMAND_CHARS_MAX].partition(" ")
        answer = await desk.command(word.partition("@")[0].lower(), argument, f"telegram:{user}")
        await self._reply(answer, message)

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
        known = message if isinstance(message, dict) else {}
        number = known.get("message_id")
        body = {
            "chat_id": self._chat,
            "text": plain_reply(text),
            "parse_mode": "HTML",
            "disable_notification": True,
            "link_preview_options": {"is_disabled": True},
            "message_thread_id": known.get("message_thread_id"),
            "reply_parameters": {"message_id": number, "allow_sending_without_reply": True} if number else None,
        }
        try:
            await self._api.call("sendMessage", body)
        except ChannelError as problem:
            log.info("a reply was not delivered", channel=self.name, problem=str(problem))


def _id(thing: object) -> int:
    found = thing.get("id") if isinstance(thing, dict) else 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
