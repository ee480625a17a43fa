"""How a reader writes a fact down before it has its number, and how raw text is made fit to be shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from lamplighter.domain.evidence import Evidence, Fact

Reader = Callable[[Evidence], list[Fact]]
Values = dict[str, str | float]
TEXT_CHARS_MAX = 400
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(raw: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """`raw` on one line, without control characters, cut to `chars_max`."""
    plain = " ".join(_CONTROL.sub("", raw[: chars_max * 4].replace("\n", " ")).split())
    return plain if len(plain) <= chars_max else plain[: chars_max - 1] + "…"


def known(**values: str | float | bool | None) -> Values:
    """The values that are known; a bool becomes 1.0 or 0.0, because rules test numbers and strings only."""
    return {
        key: value if isinstance(value, str) else float(value)
        for key, value in values.items()
        if value not in {None, ""}
    }


def owner(evidence: Evidence) -> str:
    """The component that a piece of evidence speaks of: its own field, or the parameter that names it."""
    params = evidence.params
    return evidence.component or params.get("component") or params.get("name") or ""


def draft(
    evidence: Evidence, kind: str, text: str, values: Values, *, at: datetime | None = None, component: str = ""
) -> Fact:
    """A fact without its number; `component` only where the evidence itself names another."""
    who = component or owner(evidence)
    query = evidence.params.get("query") or f"{evidence.tool} {who}".strip()
    return Fact("", evidence.id, who, kind, shown(text), at, shown(query), values)
