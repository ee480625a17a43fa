"""What the symptom complains of: which component, what trouble, since when. Words are matched, never obeyed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.domain.evidence import Case

SYMPTOM_CHARS_MAX = 2_000
_SINCE = re.compile(r"\bsince (\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_COMPLAINTS = (
    ("latency", re.compile(r"(?i)\b(?:latency|slow|delay|response time|timeouts?|timed out)\b")),
    ("availability", re.compile(r"(?i)\b(?:availability|unavailable|fail\w{0,6}|errors?|5\d\d|down)\b")),
    ("cpu", re.compile(r"(?i)\b(?:cpu|processor|overload\w{0,3}|saturat\w{0,4}|throttl\w{0,4})\b")),
    ("memory", re.compile(r"(?i)\b(?:memory|oom|heap|leak)\b")),
    ("disk", re.compile(r"(?i)\b(?:disk|filesystem|inode|volume)\b")),
)


@dataclass(frozen=True, slots=True)
class Symptom:
    """The component complained of, or empty; the families of trouble named; and since when, where it is said."""

    component: str
    families: frozenset[str]
    since: datetime | None


def symptom_of(case: Case, dependence: Dependence) -> Symptom:
    """Read from the text, then from the alert's own component, then from the topology: the one entry that all need."""
    text = case.symptom[:SYMPTOM_CHARS_MAX]
    named = [name for name in case.components if _mentions(text, name)]
    component = max(named, key=len, default="") or case.subject
    families = frozenset(family for family, pattern in _COMPLAINTS if pattern.search(text))
    return Symptom(component or _entry(dependence), families, _since(text))


def _mentions(text: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _since(text: str) -> datetime | None:
    found = _SINCE.search(text)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found[1] + (found[2] or "+00:00"))
    except ValueError:
        return None
    return at.astimezone(UTC)


def _entry(dependence: Dependence) -> str:
    """The component that nobody calls and that reaches most; empty where two reach the same."""
    called = {target for targets in dependence.needs.values() for target in targets}
    entries = [name for name in dependence.needs if name not in called]
    reach = sorted(((len(dependence.below(name)), name) for name in entries), reverse=True)
    if not reach or (len(reach) > 1 and reach[0][0] == reach[1][0]):
        return ""
    return reach[0][1]
