"""Evidence is the raw output of a tool; a fact is one statement read out of it; a case is all of it at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.domain.alert import Alert
from lamplighter.domain.change import Change
from lamplighter.domain.topology import Component, Edge
from lamplighter.domain.verification import SignalState

EVIDENCE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one look returned, as the tool printed it. A failed look has `error` set and is evidence too."""

    id: str
    tool: str
    component: str
    params: dict[str, str]
    media: str
    content: str
    at: datetime
    error: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement read out of one piece of evidence; `values` holds what a rule may test."""

    id: str
    evidence: str
    component: str
    kind: str
    text: str
    at: datetime | None = None
    query: str = ""
    values: dict[str, str | float] = field(default_factory=dict)

    def number(self, key: str) -> float | None:
        """The value under `key` where it is a number."""
        value = self.values.get(key)
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Question:
    """What a tool is asked: about one component, in one window (UTC), for one alert."""

    component: Component
    alert: Alert
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known about one incident at one moment; what the diagnosis room is given.

    `start` to `end` is the time under suspicion, the baseline a stretch known to be normal. `components` and
    `fault_kinds`, where they are given, are the only names that may be answered.
    """

    id: str
    at: datetime
    symptom: str = ""
    alerts: tuple[Alert, ...] = ()
    components: tuple[str, ...] = ()
    topology: tuple[Edge, ...] = ()
    changes: tuple[Change, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    subject: str = ""
    baseline_start: datetime | None = None
    baseline_end: datetime | None = None
    fault_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a round of looks brought: how many pieces, what failed, and whether the signal still fires."""

    subject: str
    reason: str
    pieces: int
    failed: int
    signal: SignalState | None
    edges: tuple[Edge, ...] = ()
    components: tuple[str, ...] = ()


def bounded(text: str, bytes_max: int = EVIDENCE_BYTES_MAX) -> tuple[str, bool]:
    """The newest `bytes_max` bytes of `text`, and whether anything was left out.

    The end is kept, because in logs the last lines before a death tell most.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) <= bytes_max:
        return raw.decode("utf-8"), False
    return raw[len(raw) - bytes_max :].decode("utf-8", "ignore"), True
