"""Whom a message may wake, and what can be pressed on it.

People are pushed what is new, what needs them, and the end of that; the rest is quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from lamplighter.domain.incident import State
from lamplighter.domain.message import Kind, Message, Press
from lamplighter.domain.telling import Told, needs_people

LABEL_CHARS_MAX = 28


class Way(StrEnum):
    """How a message goes out."""

    PUSH = "push"  # to every channel, loud
    SEND = "send"  # to every channel, without a sound where the channel can
    EDIT = "edit"  # only where an earlier message can be changed in place


_ALWAYS = {
    Kind.DETECTED: Way.PUSH,
    Kind.STORM: Way.PUSH,
    Kind.ASK: Way.PUSH,
    Kind.NEEDS_YOU: Way.PUSH,
    Kind.EXPIRED: Way.PUSH,
    Kind.BLIND: Way.PUSH,
    Kind.TEST: Way.PUSH,
    Kind.DIGEST: Way.SEND,
    Kind.SEES_AGAIN: Way.SEND,
    Kind.RUNNING: Way.EDIT,
    Kind.DENIED: Way.EDIT,
}
_PRESSES = {
    Kind.DETECTED: (Press.ACKNOWLEDGE, Press.SILENCE),
    Kind.ASK: (Press.APPROVE, Press.DENY, Press.SNOOZE, Press.WHY),
    Kind.RESOLVED: (Press.RIGHT, Press.WRONG),
    Kind.NEEDS_YOU: (Press.ACKNOWLEDGE, Press.COMMANDS, Press.WHY),
    Kind.EXPIRED: (Press.ACKNOWLEDGE, Press.COMMANDS, Press.WHY),
}
_LABELS = {
    Press.DENY: "\N{CROSS MARK} No",
    Press.SNOOZE: "\N{DOUBLE VERTICAL BAR} 30 min",
    Press.WHY: "Why?",
    Press.ACKNOWLEDGE: "I have it",
    Press.SILENCE: "Silence 1 h",
    Press.COMMANDS: "Show commands",
    Press.RIGHT: "\N{THUMBS UP SIGN} Right cause",
    Press.WRONG: "\N{THUMBS DOWN SIGN} Wrong cause",
}
IN_WORDS = frozenset({Press.WHY, Press.COMMANDS})
OVER = frozenset({Kind.RESOLVED, Kind.SELF_CLEARED})


def way_of(kind: Kind, history: Iterable[Told]) -> Way:
    """The end of what people were asked or called for is pushed; an end that asked nothing of them is not."""
    return _ALWAYS.get(kind) or (Way.PUSH if needs_people(history) else Way.EDIT)


def presses_of(message: Message, *, replies: bool = True) -> tuple[Press, ...]:
    """The buttons of a message, the most useful first; those that are answered in words where `replies` are shown."""
    return tuple(
        press
        for press in _PRESSES.get(message.kind, ())
        if _makes_sense(press, message) and (replies or press not in IN_WORDS)
    )


def _makes_sense(press: Press, message: Message) -> bool:
    detail = message.detail
    if press in {Press.RIGHT, Press.WRONG}:
        return bool(detail.word) and not detail.assessed and message.state is State.RESOLVED
    if press is Press.SILENCE:
        return not detail.muted
    return press is not Press.COMMANDS or bool(detail.next_steps)


def label_of(press: Press, message: Message) -> str:
    """What stands on a button."""
    if press is Press.APPROVE:
        wanted = message.detail.ask or "yes"
        return f"\N{WHITE HEAVY CHECK MARK} {wanted[0].upper()}{wanted[1:]}"[:LABEL_CHARS_MAX]
    return _LABELS[press]


def link_label(message: Message) -> str:
    """What stands on the link to the incident's page; empty where there is no page."""
    if not message.url:
        return ""
    return "Report" if message.kind in OVER else "Open"
