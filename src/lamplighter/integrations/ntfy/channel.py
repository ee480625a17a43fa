"""Pushes messages to an ntfy topic as JSON: a title, a text, a priority, and at most three buttons that only POST.

A server that knows sequences changes a notification in place; another one is told anew, as ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import quote

from lamplighter.domain.markup import body_text, first_line
from lamplighter.domain.message import Kind, Message
from lamplighter.domain.pushing import link_label
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Abilities, ChannelError, Surroundings

ACTIONS_MAX = 3
# The server makes an attachment of what is longer, which a lock screen does not show.
MESSAGE_BYTES_MAX = 4_096
TRIES = (3_600, 1_300)
SEQUENCE_CHARS = 32
HUSHED = 2
URGENT = frozenset({Kind.ASK, Kind.NEEDS_YOU, Kind.EXPIRED})
FRESH = frozenset({Kind.DETECTED, Kind.STORM, Kind.BLIND})


class NtfyChannel:
    """Channel `ntfy`. References are the server's ids, or those of a sequence where it knows them (from 2.16).

    What must be heard is put anew, because a change makes no sound on a phone where the earlier one still shows; the
    earlier one is taken away then.
    """

    name = "ntfy"

    def __init__(
        self,
        publisher: Publisher,
        url: str,
        topic: str,
        approver: str,
        surroundings: Surroundings,
        *,
        in_place: bool = True,
    ) -> None:
        self._publisher = publisher
        self._url = url
        self._topic = topic
        self._surroundings = surroundings
        self._in_place = in_place
        # Its buttons show no answer, and its quietest kind is for what changes in place alone.
        self.can = Abilities(buttons_max=ACTIONS_MAX if approver else 0, holder=approver, replies=False, sounds=True)

    async def send(self, message: Message) -> str:
        """Publish, or change what stands. Raises `ChannelError`."""
        changes = self.can.edits and bool(message.replaces) and not message.loud
        sequence = message.replaces if changes else self._sequence(message)
        body = {
            "topic": self._topic,
            "title": first_line(message),
            "message": _text(message),
            "priority": priority(message),
            **({"click": message.url} if message.url else {}),
            **({"sequence_id": sequence} if sequence else {}),
            "actions": self._actions(message),
        }
        answer = await self._publisher.ask("POST", self._url, body)
        told = self._publisher.accepted(answer, self._surroundings.clock.now()).json()
        name = told.get("id") if isinstance(told, dict) else None
        if not isinstance(told, dict) or not isinstance(name, str):
            raise ChannelError("ntfy: the answer names no message; is this an ntfy server?", permanent=False)
        # An older server takes the message and passes over what it does not know.
        known = bool(sequence) and told.get("sequence_id") == sequence
        self.can = replace(self.can, edits=known)
        if known and message.replaces not in {"", sequence}:
            await self._take_away(message.replaces)
        return sequence if known else name

    def _sequence(self, message: Message) -> str:
        """The same for each attempt at one message, so that a second delivery takes the place of the first."""
        if not self._in_place:
            return ""
        return hashlib.sha256(f"{self._topic} {message.key}".encode()).hexdigest()[:SEQUENCE_CHARS]

    async def _take_away(self, earlier: str) -> None:
        try:
            await self._publisher.ask("DELETE", f"{self._url}/{self._topic}/{quote(earlier, safe='')}")
        except ChannelError:
            # It stays on the phone as old news; the message that matters was sent.
            return

    def _actions(self, message: Message) -> list[dict[str, object]]:
        actions: list[dict[str, object]] = []
        for button in message.buttons[:ACTIONS_MAX]:
            url = self._surroundings.answer_url(button.token)
            if url:
                actions.append({"action": "http", "label": button.label, "url": url, "method": "POST", "clear": True})
        link = link_label(message)
        if link:
            actions.append({"action": "view", "label": link, "url": message.url})
        return actions[:ACTIONS_MAX]


def priority(message: Message) -> int:
    """5 for what needs people or is critical, 4 for what is new, 3 for the rest; 2 for what only changes in place."""
    if not message.loud:
        return HUSHED if message.incident_id else 3
    if message.kind in URGENT or (message.severity == "critical" and message.kind in FRESH):
        return 5
    return 4 if message.kind in FRESH else 3


def _text(message: Message) -> str:
    # The link is a button, and what a tap opens.
    bare = replace(message, url="")
    for chars in TRIES:
        text = body_text(bare, chars)
        if len(text.encode()) <= MESSAGE_BYTES_MAX:
            return text
    return body_text(bare, TRIES[-1])[: MESSAGE_BYTES_MAX // 4]
