"""Reads the table that free prints: how much of memory and swap is in use."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import Values, draft, known, machine
from lamplighter.diagnosis.readers.sizes import size_of
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

LINES_MAX = 50
LINE_CHARS_MAX = 300
_OPTION = re.compile(r"\bfree\b.{0,40}? -\w{0,5}?([bkmgh])\b")


def read_free(evidence: Evidence) -> list[Fact]:
    """One fact `usage`: shares from 0 to 1 of memory that cannot be given back, and of swap. Raises `Unreadable`."""
    rows = _rows(evidence.content)
    memory, swap = rows.get("mem", {}), rows.get("swap", {})
    values = memory_values(memory.get("total"), _available(memory), swap.get("total"), swap.get("used"))
    if "memory_share" not in values:
        raise Unreadable("free's table has no row of memory")
    if not _is_in_bytes(evidence):
        values = {key: value for key, value in values.items() if not key.endswith("_bytes")}
    component = machine(evidence)
    said = f"{component or 'this machine'} uses {memory_words(values)}"
    return [draft(evidence, "usage", said, values, at=evidence.at, component=component)]


def memory_values(
    total: float | None, available: float | None, swap_total: float | None, swap_used: float | None
) -> Values:
    """The values of `usage` that tell of memory, in bytes and shares; what is not known is left out."""
    used = max(0.0, total - available) if total and available is not None else None
    return known(
        memory_used_bytes=used,
        memory_ceiling_bytes=total,
        memory_share=used / total if used is not None and total else None,
        swap_share=swap_used / swap_total if swap_used is not None and swap_total else None,
    )


def memory_words(values: Values) -> str:
    """The same in words."""
    share, swap = values.get("memory_share"), values.get("swap_share")
    used, total = values.get("memory_used_bytes"), values.get("memory_ceiling_bytes")
    said = f"{share:.0%} of memory" if isinstance(share, float) else "memory that is not known"
    if isinstance(used, float) and isinstance(total, float):
        said += f" ({bytes_words(int(used))} of {bytes_words(int(total))})"
    return f"{said} and {swap:.0%} of swap" if isinstance(swap, float) else said


def _rows(content: str) -> dict[str, dict[str, float]]:
    """Numbers by row and column. Shares need no unit, so sizes stay in the unit they were printed in."""
    head: list[str] = []
    rows: dict[str, dict[str, float]] = {}
    for raw in content.splitlines()[:LINES_MAX]:
        words = raw[:LINE_CHARS_MAX].replace("Mem :", "Mem:").split()
        if "total" in words and "used" in words:
            head = words
        elif words and words[0].endswith(":") and head:
            sizes = [size_of(word) for word in words[1:]]
            pairs = zip(head, sizes, strict=False)
            rows[words[0][:-1].lower()] = {name: size for name, size in pairs if size is not None}
    return rows


def _available(memory: dict[str, float]) -> float | None:
    """What programs could still get; older tables have only what is free, in buffers and in caches."""
    if "available" in memory:
        return memory["available"]
    if "free" not in memory:
        return None
    return memory["free"] + memory.get("buff/cache", 0.0) + memory.get("buffers", 0.0) + memory.get("cached", 0.0)


def _is_in_bytes(evidence: Evidence) -> bool:
    option = _OPTION.search(evidence.params.get("query", ""))
    suffixed = re.search(r"\d[KMGT]i\b", evidence.content[:2000]) is not None
    return suffixed or (option is not None and option[1] == "b")
