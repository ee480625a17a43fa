"""Starts and ends of one component, in order, as facts of kind `event`; who told of them is not asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

TELLING = ("oom", "die", "kill", "stop", "start", "restart", "pause", "unpause", "destroy")
ORDER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: when (seconds since 1970), what, with which exit code and signal."""

    at_seconds: float
    action: str
    exit_code: float | None = None
    signal: float | None = None


def event_facts(
    evidence: Evidence, happenings: Sequence[Happening], *, teller: str = "engine", component: str = ""
) -> list[Fact]:
    """Facts of kind `event`, oldest first: action, count, `since_start` 1 where it came after the last start."""
    ordered = sorted(happenings, key=lambda one: one.at_seconds)
    last_start = max((one.at_seconds for one in ordered if one.action == "start"), default=float("-inf"))
    deaths_after_start = [one for one in ordered if one.action in {"die", "stop"} and one.at_seconds >= last_start]
    facts: list[Fact] = []
    for action in TELLING:
        same = [one for one in ordered if one.action == action]
        if same:
            last = same[-1]
            # The second of the start itself may hold an end before it: an end then counts only where none followed.
            fresh = last.at_seconds > last_start or last in deaths_after_start
            values = known(
                action=action,
                count=float(len(same)),
                exit_code=last.exit_code,
                signal=last.signal,
                since_start=fresh,
                unforced=_unforced(same, ordered),
            )
            who = component or owner(evidence)
            moment = from_epoch(last.at_seconds)
            said = _words(f"{teller} event {action} of {who}", same, moment)
            facts.append(draft(evidence, "event", said, values, at=moment, component=who))
    return sorted(facts, key=lambda fact: (fact.at is None, fact.at, fact.values["action"]))


def _unforced(same: list[Happening], happenings: list[Happening]) -> float:
    """How many of them came without an order to end shortly before; a restart by hand is no crash."""
    orders = [one.at_seconds for one in happenings if one.action in {"kill", "stop"}]
    return float(sum(1 for one in same if not any(0 <= one.at_seconds - at <= ORDER_SECONDS for at in orders)))


def _words(said: str, same: list[Happening], moment: datetime | None) -> str:
    last = same[-1]
    if len(same) > 1:
        said += f", {len(same)} times, the last"
    if last.exit_code is not None:
        said += f" with exit code {last.exit_code:.0f}"
    if last.signal is not None:
        said += f", signal {last.signal:.0f}"
    return f"{said} at {moment:%H:%M:%S} UTC" if moment else said
