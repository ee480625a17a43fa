"""Reads the table that ps prints: who uses most processor and memory, and who waits for a disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import draft, known, machine, shown
from lamplighter.domain.evidence import Evidence, Fact

ROWS_MAX = 3_000
LINE_CHARS_MAX = 1_000
COLUMNS_MAX = 40
TOLD_MAX = 3
BUSY_PERCENT = 50.0
LARGE_PERCENT = 20.0
KIB = 1024.0
_COLUMNS = {
    "pid": "pid",
    "%cpu": "cpu",
    "pcpu": "cpu",
    "c": "cpu",
    "%mem": "memory",
    "pmem": "memory",
    "rss": "rss",
    "rsz": "rss",
    "s": "state",
    "stat": "state",
    "command": "command",
    "cmd": "command",
    "args": "command",
    "comm": "command",
}


@dataclass(frozen=True, slots=True)
class Process:
    """One process: percents as ps counts them (of one processor, of all memory), resident bytes, and its open files."""

    name: str
    pid: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None
    rss_bytes: float | None = None
    state: str = ""
    files: float | None = None
    files_max: float | None = None


def read_ps(evidence: Evidence) -> list[Fact]:
    """Facts `process` for the busiest and largest, and one `usage` with the counts. Raises `Unreadable`."""
    lines = [line[:LINE_CHARS_MAX] for line in evidence.content.splitlines()[:ROWS_MAX] if line.strip()]
    start = next((at for at, line in enumerate(lines) if "pid" in line.lower().split()), None)
    if start is None:
        raise Unreadable("ps's table has no head line with PID")
    head = [_COLUMNS.get(word.lower(), "") for word in lines[start].split()[:COLUMNS_MAX]]
    processes = [_process(head, line) for line in lines[start + 1 :]]
    component, zombies = machine(evidence), sum(1 for one in processes if one.state.startswith("Z"))
    return process_facts(evidence, processes, component, count=len(processes), zombies=zombies)


def process_facts(
    evidence: Evidence, processes: list[Process], component: str, *, count: float, zombies: float
) -> list[Fact]:
    """The same for processes that something else than ps told of, which may be only some of all that there are."""
    blocked = [one.name for one in processes if one.state.startswith("D")]
    counts = known(
        processes=float(count),
        zombies=float(zombies),
        blocked=float(len(blocked)),
    )
    said = f"{count:.0f} processes at {component or 'this machine'}, {zombies:.0f} zombies"
    said += f", {len(blocked)} waiting for a disk ({', '.join(blocked[:3])})" if blocked else ""
    facts = [draft(evidence, "processes", said, counts, at=evidence.at, component=component)]
    busy = sorted((one for one in processes if (one.cpu_percent or 0.0) >= BUSY_PERCENT), key=_busy)[:TOLD_MAX]
    large = sorted((one for one in processes if (one.memory_percent or 0.0) >= LARGE_PERCENT), key=_large)[:TOLD_MAX]
    return facts + [_process_fact(evidence, one, component) for one in dict.fromkeys((*busy, *large))]


def _busy(one: Process) -> float:
    return -(one.cpu_percent or 0.0)


def _large(one: Process) -> float:
    return -(one.memory_percent or 0.0)


def _process_fact(evidence: Evidence, one: Process, component: str) -> Fact:
    values = known(
        name=one.name,
        pid=one.pid,
        cpu_percent=one.cpu_percent,
        memory_percent=one.memory_percent,
        rss_bytes=one.rss_bytes,
        state=one.state,
    )
    said = f"process {one.name} at {component or 'this machine'}"
    said += f" uses {one.cpu_percent:.0f} % of a processor" if one.cpu_percent is not None else ""
    said += f", {one.memory_percent:.0f} % of memory" if one.memory_percent is not None else ""
    return draft(evidence, "process", said, values, at=evidence.at, component=component)


def _process(head: list[str], line: str) -> Process:
    words = line.split(maxsplit=max(0, len(head) - 1))
    told = {name: word for name, word in zip(head, words, strict=False) if name}
    rss = _number(told.get("rss", ""))
    return Process(
        name=program_of(told.get("command", "")),
        pid=_number(told.get("pid", "")),
        cpu_percent=_number(told.get("cpu", "")),
        memory_percent=_number(told.get("memory", "")),
        rss_bytes=rss * KIB if rss is not None else None,
        state=told.get("state", "")[:8],
    )


def program_of(command: str) -> str:
    """A command's program, without its folders and its arguments, which may hold secrets."""
    words = command.split()
    if not words:
        return "?"
    if words[0].startswith("["):
        return shown(words[0], 64)
    return shown(PurePosixPath(words[0]).name.rstrip(":"), 64) or "?"


def _number(word: str) -> float | None:
    return float(word) if re.fullmatch(r"\d{1,15}(?:\.\d{1,6})?", word) else None
