"""Pushes messages to an ntfy topic as JSON: a title, a text, a priority, and at most three buttons that only POST."""

from __future__ import annotations

from lamplighter.domain.markup import body_text, first_line
from lamplighter.domain.message import Kind, Message
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Abilities, ChannelError, Surroundings

ACTIONS_MAX = 3
# The server makes an attachment of what is longer, which a lock screen does not show.
MESSAGE_BYTES_MAX = 4_096
TRIES = (3_600, 1_300)
URGENT = frozenset({Kind.ASK, Kind.NEEDS_YOU, Kind.EXPIRED})
FRESH = frozenset({Kind.DETECTED, Kind.STORM, Kind.BLIND})


class NtfyChannel:
    """Channel `ntfy`. References are the server's ids."""

    name = "ntfy"

    def __init__(self, publisher: Publisher, url: str, topic: str, approver: str, surroundings: Surroundings) -> None:
        self._publisher = publisher
        self._url = url
        self._topic = topic
        self._surroundings = surroundings
        self.can = Abilities(buttons_max=ACTIONS_MAX if approver else 0, holder=approver)

    async def send(self, message: Message) -> str:
        """Publish. Raises `ChannelError`."""
        body = {
            "topic": self._topic,
            "title": first_line(message),
            "message": _text(message),
            "priority": priority(message),
            **({"click": message.url} if message.url else {}),
            "actions": self._actions(message),
        }
        answer = await self._publisher.ask("POST", self._url, body)
        told = self._publisher.accepted(answer, self._surroundings.clock.now()).json()
        name = told.get("id") if isinstance(told, dict) else None
        if not isinstance(name, str):
            raise ChannelError("ntfy: the answer names no message; is this an ntfy server?", permanent=False)
        return name

    def _actions(self, message: Message) -> list[dict[str, object]]:
        actions: list[dict[str, object]] = []
        for button in message.buttons[:ACTIONS_MAX]:
            url = self._surroundings.answer_url(button.token)
            if url:
                actions.append({"action": "http", "label": button.label, "url": url, "method": "POST", "clear": True})
        return actions


def priority(message: Message) -> int:
    """5 for what needs people or is critical, 4 for what is new, 3 for the rest."""
    if not message.loud:
        return 3
    if message.kind in URGENT or (message.severity == "critical" and message.kind in FRESH):
        return 5
    return 4 if message.kind in FRESH else 3


def _text(message: Message) -> str:
    for chars in TRIES:
        text = body_text(message, chars)
        if len(text.encode()) <= MESSAGE_BYTES_MAX:
            return text
    return body_text(message, TRIES[-1])[: MESSAGE_BYTES_MAX // 4]
