"""Whether a component was caught while it was starting: it looks well then, and a moment later may not be."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence

STATE_TOOLS = frozenset({"docker.inspect", "supervisor.status"})
JUST_STARTED_SECONDS = 2.0
STARTING = frozenset({"STARTING", "created"})


def starting(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """The components that were starting, or had started within the last two seconds, when they were looked at."""
    found = (piece.component for piece in evidence if piece.tool in STATE_TOOLS and _is_starting(piece))
    return tuple(dict.fromkeys(found))


def _is_starting(piece: Evidence) -> bool:
    for fact in read(piece):
        started = fact.number("started_epoch_seconds")
        fresh = started is not None and piece.at.timestamp() - started < JUST_STARTED_SECONDS
        if fact.values.get("status") in STARTING or (fresh and fact.number("running") == 1.0):
            return True
    return False
