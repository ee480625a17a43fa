"""Something that was changed, by whom, and when: a candidate for "what changed before this?"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `at` is UTC; `source` says who told us (ansible, docker, …)."""

    at: datetime
    component: str
    what: str
    source: str = ""
