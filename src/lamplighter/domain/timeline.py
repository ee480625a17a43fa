"""The timeline: one typed event for each thing that happened. Console, chat, reports and exports read only this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Crew(StrEnum):
    """Who in the crew did it; roles for people to read, not classes."""

    MONITOR = "Monitor"
    ANALYST = "Analyst"
    COUNCIL = "Council"
    HEALER = "Healer"
    COMMUNICATOR = "Communicator"
    LIBRARIAN = "Librarian"
    PERSON = "Person"


class Moment(StrEnum):
    """Every kind of event there is."""

    OPENED = "opened"
    JOINED = "joined"
    REOPENED = "reopened"
    CLEARED = "cleared"
    RESOLVED_TARGET = "resolved_target"
    GATHERED = "gathered"
    DIAGNOSED = "diagnosed"
    PLANNED = "planned"
    JUDGED = "judged"
    VOTED = "voted"
    ASKED = "asked"
    ANSWERED = "answered"
    AMENDED = "amended"
    EXPIRED = "expired"
    INTENDED = "intended"
    ACTING = "acting"
    ACTED = "acted"
    SETTLED = "settled"
    SKIPPED = "skipped"
    VERIFIED = "verified"
    UNDONE = "undone"
    LEARNED = "learned"
    NOTIFIED = "notified"
    ROOT_MOVED = "root_moved"
    MERGED = "merged"
    SPLIT = "split"
    FLAPPING = "flapping"
    HELD = "held"
    RELEASED = "released"
    COMMENTED = "commented"
    ACKNOWLEDGED = "acknowledged"
    STATE = "state"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one incident. `key` makes it idempotent: the same key is written once."""

    incident_id: str
    key: str
    at: datetime
    moment: Moment
    crew: Crew
    text: str
    data: dict[str, object] = field(default_factory=dict)
    seq: int = 0
