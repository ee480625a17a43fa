"""Tells people in one Telegram chat: one message for each incident, changed in place, put anew where it must be heard.

Buttons bear nothing but a one-time token.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from lamplighter.domain.markup import as_html
from lamplighter.domain.message import Message, Press
from lamplighter.domain.pushing import link_label
from lamplighter.integrations.telegram.client import BotApi, NotTaken
from lamplighter.ports import Abilities, ChannelError

CALLBACK_BYTES_MAX = 64
FIRST_ROW = frozenset({Press.APPROVE, Press.DENY, Press.RIGHT, Press.WRONG})
ROW_MAX = 3
BAD_LINK = ("button_url_invalid", "wrong http url", "button url")
UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


class TelegramChannel:
    """Channel `telegram`. References are `chat:message`.

    Telegram takes no address without a dot for a button; such a one stands in the text, as it did before.
    """

    name = "telegram"

    def __init__(self, api: BotApi, chat: int, topic: int | None, *, answered: bool) -> None:
        self._api = api
        self._chat = chat
        self._topic = topic
        self._links = True
        self.can = Abilities(edits=True, buttons_max=len(Press) if answered else 0)

    async def send(self, message: Message) -> str:
        """Send, or change what stands. Raises `ChannelError`."""
        earlier = _number(message.replaces, self._chat)
        if earlier and not message.loud:
            changed = await self._edit(message, earlier)
            if changed or message.update:
                return message.replaces
        sent = await self._said("sendMessage", message, self._place(message))
        number = sent.get("message_id") if isinstance(sent, dict) else None
        if not isinstance(number, int):
            raise ChannelError("telegram: sendMessage: the answer names no message", permanent=False)
        if earlier:
            await self._retire(earlier)
        return f"{self._chat}:{number}"

    async def _edit(self, message: Message, number: int) -> bool:
        """Whether the message is there and now says this."""
        try:
            await self._said("editMessageText", message, {"message_id": number})
        except NotTaken as refusal:
            if UNCHANGED in refusal.said:
                return True
            if any(words in refusal.said for words in GONE):
                return False
            raise
        return True

    async def _said(self, method: str, message: Message, more: dict[str, object]) -> object:
        """One call; where the link is refused, once more without it. Raises `ChannelError`."""
        try:
            return await self._api.call(method, self._body(message) | more)
        except NotTaken as refusal:
            if not (self._links and link_label(message) and any(words in refusal.said for words in BAD_LINK)):
                raise
        self._links = False
        return await self._api.call(method, self._body(message) | more)

    async def _retire(self, number: int) -> None:
        """The earlier message goes, so that there is one; where it may not go any more, its buttons do."""
        known = {"chat_id": self._chat, "message_id": number}
        try:
            await self._api.call("deleteMessage", known)
        except ChannelError:
            try:
                await self._api.call("editMessageReplyMarkup", known)
            except ChannelError:
                # Its buttons are one-time and answered elsewhere by now; the message that matters was sent.
                return

    def _body(self, message: Message) -> dict[str, object]:
        link = link_label(message) if self._links else ""
        keyboard = _keyboard(message, link)
        return {
            "chat_id": self._chat,
            "text": as_html(replace(message, url="") if link else message),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": keyboard} if keyboard else None,
        }

    def _place(self, message: Message) -> dict[str, object]:
        return {"message_thread_id": self._topic, "disable_notification": not message.loud}


def plain_reply(text: str) -> str:
    """A text as Telegram's HTML, whole lines only, within its bound."""
    lines: list[str] = []
    left = 4_000
    for line in escape(text, quote=False).splitlines():
        left -= len(line.encode("utf-16-le", "replace")) // 2 + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(lines) or "…"


def _keyboard(message: Message, link: str) -> list[list[dict[str, Any]]]:
    buttons = [one for one in message.buttons if len(one.token.encode()) <= CALLBACK_BYTES_MAX]
    first = [{"text": one.label, "callback_data": one.token} for one in buttons if one.press in FIRST_ROW]
    rest = [{"text": one.label, "callback_data": one.token} for one in buttons if one.press not in FIRST_ROW]
    rest += [{"text": link, "url": message.url}] if link else []
    # Narrower where one row does not hold them all, so that none stands alone.
    wide = ROW_MAX if len(rest) <= ROW_MAX else ROW_MAX - 1
    rows = [first, *(rest[at : at + wide] for at in range(0, len(rest), wide))]
    return [row for row in rows if row]


def _number(reference: str, chat: int) -> int:
    """The message's number; 0 where it is of another chat, as after a change of the configuration."""
    where, _, number = reference.rpartition(":")
    return int(number) if where == str(chat) and number.isdigit() else 0
