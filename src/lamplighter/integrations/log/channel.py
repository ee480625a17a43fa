"""Tells people by one log line for each message. It never writes more than one line, whatever a text holds."""

from __future__ import annotations

import structlog

from lamplighter.ports import Abilities, ChannelError, Message

TEXT_CHARS_MAX = 4_000


class LogChannel:
    """Channel `log`: event `notification` with incident, moment, state, severity, title and text."""

    name = "log"
    can = Abilities()

    async def send(self, message: Message) -> str:
        """Write the line, and return the message's own key, since a log gives no id.

        Raises `ChannelError` (not permanent) where the log cannot be written, such as on a full disk.
        """
        logger = structlog.get_logger("lamplighter.notification")
        try:
            logger.info(
                "notification",
                incident=_one_line(message.incident_id),
                moment=_one_line(message.moment),
                state=message.state.value,
                severity=_one_line(message.severity),
                title=_one_line(message.title),
                text=_one_line(" · ".join(message.lines)),
            )
        except OSError as problem:
            raise ChannelError(f"the log line was not written: {problem}", permanent=False) from problem
        return message.key


def _one_line(text: str) -> str:
    # Terminal escapes and direction overrides in an alert's text could forge or hide lines for whoever tails the log.
    joined = " ".join(text[:TEXT_CHARS_MAX].split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in joined)
