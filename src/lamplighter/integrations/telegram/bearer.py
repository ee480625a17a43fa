"""Who came with the code of a deep link, read off what Telegram tells. Pure: nothing is asked or sent here."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lamplighter.domain.texts import kept_text

NAME_BYTES_MAX = 60
TEXT_CHARS_MAX = 200
PRIVATE, GROUPS = "private", frozenset({"group", "supergroup"})
ANONYMOUS = (
    "somebody came with the code, but hides behind the group's name; "
    "switch off “remain anonymous” for yourself in the group, and press the link here again, which has another code"
)
ELSEWHERE = (
    "the code came from a channel; use a chat with the bot alone, or a group, by the link here, which has another code"
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A person with the code, and the chat in which it was said. `name` and `title` are words of strangers."""

    chat: int
    user: int
    name: str
    title: str = ""

    @property
    def alone(self) -> bool:
        """Whether it is the chat of this person and the bot."""
        return self.chat == self.user


def bearer_of(update: Mapping[str, Any], code: str, bot: str) -> Bearer | str | None:
    """Who bore the code; why it does not count, in words; None for anything else. Both links say `/start CODE`."""
    message = update.get("message")
    if not isinstance(message, dict) or not _bears(message.get("text"), code, bot) or "forward_origin" in message:
        return None
    sender, chat = message.get("from"), message.get("chat")
    user, place = number_of(sender), number_of(chat)
    if not isinstance(sender, dict) or not isinstance(chat, dict) or not place:
        return None
    if "sender_chat" in message or sender.get("is_bot") or user <= 0:
        return ANONYMOUS
    kind = chat.get("type")
    if kind == PRIVATE and place == user:
        return Bearer(place, user, _called(sender))
    if kind in GROUPS:
        return Bearer(place, user, _called(sender), kept_text(str(chat.get("title", "")), NAME_BYTES_MAX))
    return ELSEWHERE


def press_of(update: Mapping[str, Any]) -> tuple[str, str, int, int]:
    """The id of a press, what its button bears, who pressed and in which chat; empty where it is none."""
    query = update.get("callback_query")
    if not isinstance(query, dict):
        return "", "", 0, 0
    number, data, message = query.get("id"), query.get("data"), query.get("message")
    if not isinstance(number, str) or not isinstance(data, str) or not isinstance(message, dict):
        return "", "", 0, 0
    return number, data, number_of(query.get("from")), number_of(message.get("chat"))


def number_of(thing: object) -> int:
    """The id of a user or chat; 0 where there is none."""
    found = thing.get("id") if isinstance(thing, dict) else 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _bears(text: object, code: str, bot: str) -> bool:
    if not isinstance(text, str) or len(text) > TEXT_CHARS_MAX:
        return False
    said, _, argument = text.partition(" ")
    word, _, named = said.partition("@")
    if word != "/start" or (named and named.lower() != bot.lower()):
        return False
    return bool(code) and hmac.compare_digest(argument.strip().encode("utf-8", "replace"), code.encode())


def _called(sender: Mapping[str, Any]) -> str:
    names = " ".join(str(sender.get(key) or "") for key in ("first_name", "last_name")).strip()
    nick = str(sender.get("username") or "")
    return kept_text(f"{names} @{nick}".strip() if nick else names or "somebody", NAME_BYTES_MAX)
