"""Whether a component was caught while it was starting: it looks well then, and a moment later may not be."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.draft import owner
from lamplighter.domain.evidence import Evidence

STATE_TOOLS = frozenset({"docker.inspect", "supervisor.status"})
PROBE_TOOLS = frozenset({"http.probe", "tcp.probe"})
JUST_STARTED_SECONDS = 2.0
# What runs for a while and does not listen yet may still be starting, or be about to die once more.
SETTLED_SECONDS = 10.0
STARTING = frozenset({"STARTING", "created"})


def starting(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """The components that were starting when they were looked at.

    Those that had run for two seconds or less, or for ten and refused their probe. Who hangs takes calls.
    """
    pieces = tuple(evidence)
    silent = {owner(piece) for piece in pieces if piece.tool in PROBE_TOOLS and _refuses(piece)}
    found = (piece.component for piece in pieces if piece.tool in STATE_TOOLS and _is_starting(piece, silent))
    return tuple(dict.fromkeys(found))


def _refuses(piece: Evidence) -> bool:
    refused = {"state": "failing", "error": "refused"}
    return any(fact.kind == "probe" and refused.items() <= fact.values.items() for fact in read(piece))


def _is_starting(piece: Evidence, silent: set[str]) -> bool:
    settled_seconds = SETTLED_SECONDS if piece.component in silent else JUST_STARTED_SECONDS
    for fact in read(piece):
        started = fact.number("started_epoch_seconds")
        fresh = started is not None and piece.at.timestamp() - started < settled_seconds
        if fact.values.get("status") in STARTING or (fresh and fact.number("running") == 1.0):
            return True
    return False
