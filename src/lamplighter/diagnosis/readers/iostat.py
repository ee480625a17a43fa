"""Reads what iostat and vmstat print: how busy each disk is, and how long the processors wait for them."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 2_000
LINE_CHARS_MAX = 600
BUSY_PERCENT = 90.0
_HOST = re.compile(r"^Linux \S{1,80} \(([\w.-]{1,120})\)")
_NUMBER = re.compile(r"^\d{1,12}(?:[.,]\d{1,6})?$")


def read_iostat(evidence: Evidence) -> list[Fact]:
    """One fact `usage` of the machine by the last sample; shares are from 0 to 1. Raises `Unreadable`."""
    processor: dict[str, float] = {}
    disks: dict[str, dict[str, float]] = {}
    host, head = owner(evidence), []
    for raw in evidence.content.splitlines()[:LINES_MAX]:
        line = raw[:LINE_CHARS_MAX]
        named = _HOST.match(line)
        host = host or (named[1] if named else "")
        words = line.split()
        if "%iowait" in words or "%idle" in words:
            head = [word for word in words if word.startswith("%")]
        elif words and words[0].rstrip(":") == "Device":
            head = words
        elif words and head and head[0].startswith("Device") and len(words) == len(head):
            disks[words[0]] = _row(head[1:], words[1:])
        elif words and head and not head[0].startswith("Device") and all(map(_NUMBER.match, words)):
            processor = _row(head, words[-len(head) :])
            head = []
    values = _values(processor, disks)
    if not values:
        raise Unreadable("iostat's table has neither %iowait nor %util")
    return [draft(evidence, "usage", _words(host, values), values, at=evidence.at, component=host)]


def _row(head: list[str], words: list[str]) -> dict[str, float]:
    pairs = zip(head, words, strict=False)
    return {name: float(word.replace(",", ".")) for name, word in pairs if _NUMBER.match(word)}


def _values(processor: dict[str, float], disks: dict[str, dict[str, float]]) -> Values:
    busiest = max(disks, key=lambda name: disks[name].get("%util", 0.0), default="")
    row = disks.get(busiest, {})
    awaits = [row[key] for key in ("await", "r_await", "w_await") if key in row]
    values = known(
        io_wait_share=_share(processor.get("%iowait")),
        steal_share=_share(processor.get("%steal")),
        cpu_share=_share(100.0 - processor["%idle"] - processor.get("%iowait", 0.0)) if "%idle" in processor else None,
        io_busy_share=_share(row.get("%util")),
        io_await_milliseconds=max(awaits) if awaits else None,
    )
    if "io_busy_share" in values:
        values["device"] = busiest
    return values


def _share(percent: float | None) -> float | None:
    return percent / 100.0 if percent is not None else None


def _words(host: str, values: Values) -> str:
    said = f"disks of {host or 'this machine'}:"
    busy, wait = values.get("io_busy_share"), values.get("io_wait_share")
    if isinstance(busy, float):
        said += f" {values.get('device')} is busy {busy:.0%} (util)"
    if isinstance(values.get("io_await_milliseconds"), float):
        said += f", a request takes {values['io_await_milliseconds']:.0f} ms"
    return said + (f", processors wait for disks {wait:.0%} (iowait)" if isinstance(wait, float) else "")
