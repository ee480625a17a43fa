"""Whom not to tell again: people hear only what changes what they were last told. Pure, from the timeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from lamplighter.domain.course import graver
from lamplighter.domain.incident import CLOSED, WAITING, State
from lamplighter.domain.timeline import Crew, Event, Moment

FLAPPING_MESSAGES_MAX = 3
ENDS = frozenset(str(state) for state in CLOSED)
FOR_PEOPLE = frozenset({"asked", *(str(state) for state in WAITING)})
GRAVER = "graver"
SAID_CHARS = 12
_PREFIX = "told:"


@dataclass(frozen=True, slots=True)
class Told:
    """One message that one channel took: in which run, at which moment; `said` is a digest of its lines.

    `severity` and `lead` (a trouble) are the incident's as told; empty where an older event does not say.

    What a person closed by hand is known to people without a message: it bears no channel.
    """

    run: int
    moment: str
    channel: str
    said: str = ""
    severity: str = ""
    lead: str = ""


def digest_of(lines: Iterable[str]) -> str:
    """A short digest of what a message says."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:SAID_CHARS]


def told(events: Iterable[Event]) -> tuple[Told, ...]:
    """What channels took and what people closed, oldest first; what channels refused does not count."""
    return tuple(one for one in map(_read, events) if one is not None)


def rose(history: Iterable[Told], severity: str) -> bool:
    """Whether this severity is higher than any that people were told."""
    known = [one.severity for one in history if one.severity]
    return bool(known) and all(one != severity and graver(one, severity) == severity for one in known)


def why_silent(
    history: Iterable[Told], run: int, moment: str, said: str, *, flapping: bool, severity: str = "", lead: str = ""
) -> str:
    """Why people are not told of this moment; empty where they are. The moment's own earlier deliveries do not count.

    A message that one channel took and another has yet to take is one message.
    """
    before = [one for one in history if (one.run, one.moment) != (run, moment)]
    messages = list(dict.fromkeys((one.run, one.moment) for one in before))
    sent = len({(one.run, one.moment) for one in before if one.channel})
    if flapping and sent >= FLAPPING_MESSAGES_MAX:
        return f"it flaps, and {sent} messages were sent about it"
    if moment not in ENDS and rose(before, severity):
        return ""
    if moment == GRAVER:
        return "people know how grave it is, or nothing was told yet"
    if flapping and any(name == "flapping" for _, name in messages):
        return "people know that it flaps"
    last = messages[-1][1] if messages else ""
    if moment == "opened" and last and last not in ENDS and not _leads_anew(before, lead):
        return "people know of it already"
    if moment == "self_cleared" and not _waits_for_people(messages):
        return "nobody was asked for anything"
    if moment in FOR_PEOPLE and last == moment and said == before[-1].said:
        return "people were told the very same"
    return ""


def needs_people(history: Iterable[Told]) -> bool:
    """Whether people were told something that they should do, and no end since."""
    return _waits_for_people(list(dict.fromkeys((one.run, one.moment) for one in history)))


def _leads_anew(before: list[Told], lead: str) -> bool:
    known = [one.lead for one in before if one.lead]
    return bool(lead and known) and known[-1] != lead


def _waits_for_people(messages: list[tuple[int, str]]) -> bool:
    """Whether something that people should do was said since the last end that they were told of."""
    for _, moment in reversed(messages):
        if moment in ENDS:
            return False
        if moment in FOR_PEOPLE:
            return True
    return False


def _read(event: Event) -> Told | None:
    """Its key is `run:told:moment:channel` where a channel took it."""
    run, _, rest = event.key.partition(":")
    if not run.isdigit():
        return None
    if event.moment is Moment.CLOSED and event.crew is Crew.PERSON:
        return Told(int(run), str(State.RESOLVED), "")
    if event.moment is not Moment.NOTIFIED or event.data.get("failed") or not rest.startswith(_PREFIX):
        return None
    moment, _, channel = rest.removeprefix(_PREFIX).partition(":")
    return Told(int(run), moment, channel, *(str(event.data.get(name, "")) for name in ("said", "severity", "lead")))
