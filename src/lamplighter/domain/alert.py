"""One message from a monitoring system, in the one shape every source is read into."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SEVERITY_SYNONYMS = {
    "critical": "critical",
    "page": "critical",
    "error": "critical",
    "p1": "critical",
    "sev1": "critical",
    "high": "critical",
    "warning": "warning",
    "warn": "warning",
    "p2": "warning",
    "sev2": "warning",
    "info": "info",
    "none": "none",
}


class AlertStatus(StrEnum):
    """What the monitoring system says of the trouble."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `starts_at` and `ends_at` are UTC; `ends_at` is None while it has not ended."""

    source: str
    fingerprint: str
    status: AlertStatus
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime
    ends_at: datetime | None = None
    generator_url: str = ""
    group_key: str = ""

    @property
    def name(self) -> str:
        """The rule's name, or the words that stand in for one."""
        return self.labels.get("alertname") or self.annotations.get("summary") or "unnamed alert"

    @property
    def severity(self) -> str:
        """One of critical, warning, info, none; an unknown word reads as warning."""
        return SEVERITY_SYNONYMS.get(self.labels.get("severity", "").strip().lower(), "warning")

    @property
    def trouble(self) -> str:
        """The key of the trouble: the same source and fingerprint, whichever episode."""
        return f"{self.source}:{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class BadAlert:
    """An alert that could not be read, kept with the reason so that nothing vanishes."""

    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one webhook body held: the alerts, those that could not be read, those left out by the sender."""

    alerts: tuple[Alert, ...] = ()
    bad: tuple[BadAlert, ...] = ()
    truncated_count: int = 0


@dataclass(frozen=True, slots=True)
class Episode:
    """The last thing known of one trouble: which episode, whether it ended, and how often it came and went lately.

    `penalty` is what flapping.py counts, as it stood at `changed_at` (UTC).
    """

    trouble: str
    starts_at: datetime
    status: AlertStatus
    ends_at: datetime | None = None
    penalty: float = 0.0
    changed_at: datetime | None = None


class BadSignal(ValueError):
    """A payload that cannot be read. `key` is the path that is wrong, `fix` what to do about it."""

    def __init__(self, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{key}: {problem}. {fix}")
        self.key = key
        self.problem = problem
        self.fix = fix


def fingerprint_of(labels: dict[str, str]) -> str:
    """Sixteen hex digits over the sorted labels, for sources that send none."""
    return hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An alert as the journal holds it: its place in the order and when it came in (UTC)."""

    seq: int
    received_at: datetime
    alert: Alert
    extra: dict[str, str] = field(default_factory=dict)
