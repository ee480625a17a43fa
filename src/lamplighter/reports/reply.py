"""An answer to a question about one incident, as typed values: every claim says what it rests on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lamplighter.domain.timeline import Event

UNKNOWN = "unknown"
ON_RECORD = "on record"


class Topic(StrEnum):
    """Every kind of question that there is an answer to."""

    STATUS = "status"
    CAUSE = "cause"
    DOUBT = "doubt"
    EVIDENCE = "evidence"
    CHANGES = "changes"
    RULED_OUT = "ruled_out"
    PART = "part"
    DONE = "done"
    PLAN = "plan"
    AFFECTED = "affected"
    AGAIN = "again"
    DECIDED = "decided"
    TIMES = "times"
    NEXT = "next"
    COST = "cost"
    HELP = "help"


# One question for each topic, as the page offers it.
EXAMPLES: dict[Topic, str] = {
    Topic.STATUS: "What is going on?",
    Topic.CAUSE: "Why did it happen?",
    Topic.DOUBT: "How sure are you?",
    Topic.EVIDENCE: "What is the evidence?",
    Topic.CHANGES: "What changed before?",
    Topic.RULED_OUT: "What was ruled out?",
    Topic.DONE: "What did you do?",
    Topic.PLAN: "What will you do, and what is the risk?",
    Topic.AFFECTED: "What is affected?",
    Topic.AGAIN: "Has it happened before?",
    Topic.DECIDED: "Who approved it, and how did the council vote?",
    Topic.TIMES: "When did it begin, and how long did it take?",
    Topic.NEXT: "What can I do?",
    Topic.COST: "What did it cost?",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement. `cites` are ids of facts (f2) or of timeline events (t12); `source` names what else says it."""

    text: str
    cites: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """A fact or an event that an answer rests on; `place` is its anchor on the incident's page."""

    key: str
    place: str
    text: str
    where: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Foot:
    """What the answer was made with. `queries` are those that the diagnosis had made; none is made for an answer."""

    engine: str
    queries: int
    tokens: int
    cost_usd: float
    data_to: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a planner says, before it is checked that everything in it rests on something."""

    answer: Claim
    word: str = ON_RECORD
    confidence: float | None = None
    more: tuple[Claim, ...] = ()
    not_proven: tuple[Claim, ...] = ()
    next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole answer.

    Where `understood` is false, `answer` says why and `can_ask` what there is an answer to; else `can_ask` is what was
    asked besides. `read_as` are words that were taken for others, `unused` those that nothing was made of.
    """

    question: str
    topic: str
    understood: bool
    answer: Claim
    word: str = ""
    confidence: float | None = None
    more: tuple[Claim, ...] = ()
    evidence: tuple[Cited, ...] = ()
    not_proven: tuple[Claim, ...] = ()
    next: tuple[str, ...] = ()
    can_ask: tuple[str, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    foot: Foot = Foot("rules", 0, 0, 0.0, None)


def mark(event: Event | None) -> tuple[str, ...]:
    """How an event of the timeline is cited."""
    return (f"t{event.seq}",) if event is not None and event.seq else ()


def marks(*events: Event | None) -> tuple[str, ...]:
    """How several are cited."""
    return tuple(dict.fromkeys(key for event in events for key in mark(event)))
