"""Reads the engine's journal of events into one fact for each kind of event that tells of life and death."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.readers.document import Unreadable, decoded, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

TELLING = ("oom", "die", "kill", "stop", "start", "restart", "pause", "unpause", "destroy")
EVENTS_MAX = 5000
ORDER_SECONDS = 15.0
NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Happening:
    """One engine event: when (seconds since 1970), what, with which exit code and signal."""

    at_seconds: float
    action: str
    exit_code: float | None
    signal: float | None


def read_events(evidence: Evidence) -> list[Fact]:
    """Facts of kind `event`, oldest first: action, count, `since_start` 1 where it came after the last start."""
    happenings = sorted(filter(None, map(_happening, _events(evidence.content))), key=lambda one: one.at_seconds)
    last_start = max((one.at_seconds for one in happenings if one.action == "start"), default=float("-inf"))
    deaths_after_start = [one for one in happenings if one.action in {"die", "stop"} and one.at_seconds >= last_start]
    facts: list[Fact] = []
    for action in TELLING:
        same = [one for one in happenings if one.action == action]
        if same:
            last = same[-1]
            # The second of the start itself may hold an end before it: an end then counts only where none followed.
            fresh = last.at_seconds > last_start or last in deaths_after_start
            facts.append(_fact(evidence, same, since_start=fresh, unforced=_unforced(same, happenings)))
    return sorted(facts, key=lambda fact: (fact.at is None, fact.at, fact.values["action"]))


def _events(content: str) -> list[object]:
    """The events of a JSON array, or of one JSON object a line, as the engine streams them."""
    if content.lstrip().startswith("["):
        found = decoded(content)
        return found[-EVENTS_MAX:] if isinstance(found, list) else []
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines and content.strip() == "":
        raise Unreadable("no events, and not an empty list")
    return [decoded(line) for line in lines[-EVENTS_MAX:]]


def _happening(event: object) -> Happening | None:
    action = text(event, "Action") or text(event, "status")
    nanos = number(event, "timeNano")
    seconds = nanos / NANOSECONDS if nanos else number(event, "time")
    if action not in TELLING or seconds is None:
        return None
    attributes = ("Actor", "Attributes")
    return Happening(seconds, action, number(event, *attributes, "exitCode"), number(event, *attributes, "signal"))


def _unforced(same: list[Happening], happenings: list[Happening]) -> float:
    """How many of them came without an order to end shortly before; a restart by hand is no crash."""
    orders = [one.at_seconds for one in happenings if one.action in {"kill", "stop"}]
    return float(sum(1 for one in same if not any(0 <= one.at_seconds - at <= ORDER_SECONDS for at in orders)))


def _fact(evidence: Evidence, same: list[Happening], *, since_start: bool, unforced: float) -> Fact:
    last = same[-1]
    moment: datetime | None = from_epoch(last.at_seconds)
    values = known(
        action=last.action,
        count=float(len(same)),
        exit_code=last.exit_code,
        signal=last.signal,
        since_start=since_start,
        unforced=unforced,
    )
    said = f"engine event {last.action} of {owner(evidence)}"
    if len(same) > 1:
        said += f", {len(same)} times, the last"
    if last.exit_code is not None:
        said += f" with exit code {last.exit_code:.0f}"
    if last.signal is not None:
        said += f", signal {last.signal:.0f}"
    return draft(evidence, "event", f"{said} at {moment:%H:%M:%S} UTC" if moment else said, values, at=moment)
