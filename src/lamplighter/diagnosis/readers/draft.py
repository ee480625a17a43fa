"""How a reader writes a fact down before it has its number, and how raw text is made fit to be shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from lamplighter.domain.evidence import Evidence, Fact

Reader = Callable[[Evidence], list[Fact]]
Values = dict[str, str | float]
TEXT_CHARS_MAX = 400
# The narrowest first: what runs on a host is named before the host.
OWNING_PARAMS = (
    "component",
    "name",
    "container",
    "unit",
    "service",
    "program",
    "process",
    "guest",
    "queue",
    "url",
    "target",
    "instance",
    "host",
)
_HOST = re.compile(
    r"^(?:[A-Za-z][A-Za-z0-9+.-]{1,30}://)?(?:[^@/\s]{1,200}@)?\[?([A-Za-z0-9_][\w.-]{0,250})\]?(?::\d{1,5})?(?:[/?#].{0,2000})?$"
)
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(raw: str) -> str:
    """`raw` without control characters."""
    return raw if raw.isprintable() else _CONTROL.sub("", raw)


def shown(raw: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """`raw` on one line, without control characters, cut to `chars_max`."""
    line = " ".join(plain(raw[: chars_max * 4].replace("\n", " ")).split())
    return line if len(line) <= chars_max else line[: chars_max - 1] + "…"


def known(**values: str | float | bool | None) -> Values:
    """The values that are known; a bool becomes 1.0 or 0.0, because rules test numbers and strings only."""
    return {
        key: value if isinstance(value, str) else float(value)
        for key, value in values.items()
        if value not in {None, ""}
    }


def owner(evidence: Evidence) -> str:
    """The component that a piece of evidence speaks of: its own field, or the parameter that names it best."""
    if evidence.component:
        return evidence.component
    for key in OWNING_PARAMS:
        value = evidence.params.get(key, "").removeprefix("/").strip()
        if value:
            return host_of(value) if key in {"url", "target", "instance"} else value.removesuffix(".service")
    return ""


def host_of(address: str) -> str:
    """The host in a URL or in `host:port`, without user, port and path; empty where there is none."""
    found = _HOST.match(address.strip())
    return found[1] if found else ""


def machine(evidence: Evidence) -> str:
    """The machine that a look at a machine speaks of: the component, or the host or node that its parameters name."""
    return owner(evidence) or evidence.params.get("host") or evidence.params.get("node") or ""


def draft(
    evidence: Evidence, kind: str, text: str, values: Values, *, at: datetime | None = None, component: str = ""
) -> Fact:
    """A fact without its number; `component` only where the evidence itself names another."""
    who = component or owner(evidence)
    query = evidence.params.get("query") or f"{evidence.tool} {who}".strip()
    return Fact("", evidence.id, who, kind, shown(text), at, shown(query), values)
