"""When the trouble began, and how long before it each change was made: an old change explains nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.evidence import Case, Fact

SLACK_SECONDS = 120.0
LEAD_SECONDS_MAX = 3 * 3600.0
_TELLING = frozenset({"gauge", "complaint"})


def onset_of(case: Case, facts: Iterable[Fact]) -> datetime | None:
    """The earliest of what moved or complained in the window, or the start of the alert; None where nothing tells."""
    starts = [alert.starts_at for alert in case.alerts if alert.status is not AlertStatus.RESOLVED]
    low = case.start or (min(starts) - timedelta(hours=1) if starts else None)
    moved = [
        fact.at for fact in facts if fact.kind in _TELLING and fact.at is not None and (low is None or fact.at >= low)
    ]
    return min([*moved, *starts], default=None)


def timed(case: Case, facts: list[Fact]) -> list[Fact]:
    """The facts, in which each change knows whether it came `shortly_before` the trouble (1) or not (0)."""
    onset = onset_of(case, facts)
    return [_with_lead(fact, onset, case.at) if fact.kind == "change" else fact for fact in facts]


def _with_lead(fact: Fact, onset: datetime | None, now: datetime) -> Fact:
    if fact.at is None:
        return fact
    lead = ((onset or now) - fact.at).total_seconds()
    shortly = -SLACK_SECONDS <= lead <= LEAD_SECONDS_MAX
    return replace(fact, values={**fact.values, "lead_seconds": lead, "shortly_before": float(shortly)})
