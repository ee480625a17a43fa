"""Whether somebody looked at the component that a cause blames, and so what the cause may be called. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.domain.cause import LIKELY_FROM, Cause
from lamplighter.domain.evidence import Fact

LOOKS = frozenset({"state", "health", "probe", "usage"})
LOGS = "log"


def examined(component: str, facts: Iterable[Fact]) -> bool:
    """Whether a fact shows that the component itself was looked at; an alert, a change or a failed look is no look."""
    return bool(component) and any(fact.component == component and _is_look(fact.kind) for fact in facts)


def title_of(cause: Cause, facts: Iterable[Fact]) -> str:
    """What a cause may be called: "root cause" only where it is likely and its component itself was examined."""
    if cause.confidence >= LIKELY_FROM and examined(cause.component, facts):
        return "root cause"
    return f"{cause.word} cause"


def _is_look(kind: str) -> bool:
    return kind in LOOKS or kind == LOGS or kind.startswith(f"{LOGS}_")
