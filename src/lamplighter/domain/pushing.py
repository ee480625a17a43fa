"""Whom a message may wake: people are pushed what is new, what needs them, and the end of that. The rest is quiet."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from lamplighter.domain.message import Kind, Press
from lamplighter.domain.telling import Told, needs_people


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
    Kind.DETECTED: (Press.ACKNOWLEDGE,),
    Kind.ASK: (Press.APPROVE, Press.DENY, Press.SNOOZE, Press.WHY),
    Kind.NEEDS_YOU: (Press.ACKNOWLEDGE, Press.WHY),
    Kind.EXPIRED: (Press.ACKNOWLEDGE, Press.WHY),
}


def way_of(kind: Kind, history: Iterable[Told]) -> Way:
    """The end of what people were asked or called for is pushed; an end that asked nothing of them is not."""
    return _ALWAYS.get(kind) or (Way.PUSH if needs_people(history) else Way.EDIT)


def presses_of(kind: Kind) -> tuple[Press, ...]:
    """The buttons of a message, the most useful first."""
    return _PRESSES.get(kind, ())
