"""Reads what systemctl prints: `show`'s key=value, `status` as people see it, and lists of units."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.instants import systemd_instant
from lamplighter.diagnosis.readers.journal import read_journal
from lamplighter.diagnosis.readers.sizes import size_of, span_seconds
from lamplighter.diagnosis.readers.unit_ending import GAVE_UP
from lamplighter.diagnosis.readers.units import Unit, component_of, unit_facts
from lamplighter.domain.evidence import Evidence, Fact

UNITS_MAX = 100
LINES_MAX = 4_000
LINE_CHARS_MAX = 1_000
SIGNALS = {
    "HUP": 1.0,
    "INT": 2.0,
    "QUIT": 3.0,
    "ILL": 4.0,
    "TRAP": 5.0,
    "ABRT": 6.0,
    "BUS": 7.0,
    "FPE": 8.0,
    "KILL": 9.0,
    "USR1": 10.0,
    "SEGV": 11.0,
    "USR2": 12.0,
    "PIPE": 13.0,
    "ALRM": 14.0,
    "TERM": 15.0,
}
KILLED_CODES = frozenset({"2", "3", "killed", "dumped"})
NO_LIMIT_BYTES = 2.0**62
_NAME = r"[\w:.@\\-]{1,200}\.(?:service|socket|timer|mount|target|path|slice|scope|swap|automount|device)"
_PAIR = re.compile(r"^([A-Z][A-Za-z0-9]{1,60})=(.*)$")
_HEAD = re.compile(rf"^(?:\S )?({_NAME})(?: - (.{{0,300}}))?$")
_ACTIVE = re.compile(
    r"^\s{0,12}Active: ([\w-]{1,30})(?: \(([\w-]{1,30})\))?(?: \(Result: ([\w-]{1,40})\))?"
    r"(?: since ([^;]{10,60}?))?(?:; (.{1,60}) ago)?\s*$"
)
_ENDED = re.compile(r"\(code=(\w{1,12}), (?:status|signal)=(\d{0,4})/?([A-Z0-9_+]{0,20})\)")
_ROW = re.compile(
    rf"^(?:\S|\s)?\s{{0,4}}({_NAME})\s{{1,200}}([\w-]{{3,20}})\s{{1,40}}([\w-]{{3,20}})\s{{1,40}}([\w-]{{2,30}})\b"
)
_MEMORY_MAX = re.compile(r"\b(?:max|limit): ([\d.]{1,12}[KMGT]?)")
_PROPERTIES = {"Id", "ActiveState", "SubState", "LoadState", "Result"}


def read_systemctl(evidence: Evidence) -> list[Fact]:
    """Facts `state` and `usage` of each unit, and what its printed log lines say. Raises `Unreadable`."""
    lines = [line[:LINE_CHARS_MAX].rstrip() for line in evidence.content.splitlines()[:LINES_MAX]]
    units: dict[str, Unit] = {}
    for unit in _shown_units(lines):
        units.setdefault(unit.name, unit)
    printed, logged = _printed_units(lines, evidence.at)
    for unit in (*printed, *_listed_units(lines)):
        units.setdefault(unit.name, unit)
    if not units:
        raise Unreadable(_complaint(evidence.content))
    facts: list[Fact] = []
    for unit in list(units.values())[:UNITS_MAX]:
        unit.gave_up = unit.gave_up or any(GAVE_UP.search(line) and f" {unit.name}: " in line for line in logged)
        facts += unit_facts(evidence, unit, component_of(evidence, unit.name, alone=len(units) == 1))
    if logged:
        query = evidence.params.get("query", "systemctl status")
        journal = replace(evidence, content="\n".join(logged), params={**evidence.params, "query": query})
        # How the unit stands is told above; its last lines only say what led there.
        facts += [fact for fact in read_journal(journal) if fact.kind != "state"]
    return facts


def _complaint(content: str) -> str:
    words = " ".join(content.split())[:120]
    return f"no unit is described in {words!r}" if words else "it is empty"


def _shown_units(lines: list[str]) -> list[Unit]:
    """The units of `systemctl show`, whose blocks are parted by empty lines."""
    blocks: list[dict[str, str]] = [{}]
    for line in lines:
        pair = _PAIR.match(line)
        if pair and not (pair[1] == "Id" and "Id" in blocks[-1]):
            blocks[-1][pair[1]] = pair[2]
        elif pair:
            blocks.append({"Id": pair[2]})
        elif not line and blocks[-1]:
            blocks.append({})
    return [_shown(block) for block in blocks if len(_PROPERTIES & block.keys()) > 1]


def _shown(block: dict[str, str]) -> Unit:
    code = block.get("ExecMainCode", "")
    ended = _number(block.get("ExecMainStatus", ""))
    exited = _when(block, "ExecMainExitTimestamp", "InactiveEnterTimestamp")
    return Unit(
        name=block.get("Id") or block.get("Names", "").partition(" ")[0],
        load=block.get("LoadState", ""),
        active=block.get("ActiveState", ""),
        sub=block.get("SubState", ""),
        result=block.get("Result", ""),
        exit_code=ended if code in {"1", "exited"} else None,
        signal=ended if code in KILLED_CODES else None,
        restarts=_number(block.get("NRestarts", "")),
        policy=block.get("Restart", ""),
        kind=block.get("Type", ""),
        started=_when(block, "ExecMainStartTimestamp", "ActiveEnterTimestamp"),
        ended=exited,
        memory_used=_bytes(block.get("MemoryCurrent", "")),
        memory_max=_bytes(block.get("MemoryMax", "")),
        tasks=_bytes(block.get("TasksCurrent", "")),
        tasks_max=_bytes(block.get("TasksMax", "")),
        said=block.get("StatusText", ""),
    )


def _when(block: dict[str, str], *names: str) -> datetime | None:
    return next((found for name in names if (found := systemd_instant(block.get(name, "")))), None)


def _number(word: str) -> float | None:
    return float(word) if word.isascii() and word.isdigit() and len(word) <= len(str(2**64)) else None


def _bytes(word: str) -> float | None:
    """A number of `show`; its largest number means that there is no limit, or that nothing is counted."""
    found = _number(word)
    return found if found is not None and found < NO_LIMIT_BYTES else None


def _printed_units(lines: list[str], now: datetime) -> tuple[list[Unit], list[str]]:
    """The units of `systemctl status`, and the log lines that it prints below them."""
    units: list[Unit] = []
    logged: list[str] = []
    inside = False
    for line in lines:
        head = _HEAD.match(line)
        if head and not line.startswith(" "):
            units.append(Unit(name=head[1]))
            inside = True
        elif inside and units and _is_log(line):
            logged.append(line)
        elif units:
            _note(units[-1], line, now)
    return [unit for unit in units if unit.active or unit.load], logged


def _is_log(line: str) -> bool:
    return bool(line) and line[0].isalnum() and "]: " in line


def _note(unit: Unit, line: str, now: datetime) -> None:
    label, _, rest = line.strip().partition(": ")
    active = _ACTIVE.match(line)
    if active:
        unit.active, unit.sub, unit.result = active[1], active[2] or "", active[3] or ""
        age = span_seconds(active[5] or "")
        since = systemd_instant(active[4] or "") or (now - timedelta(seconds=age) if age is not None else None)
        if unit.active in {"failed", "inactive"} or unit.sub == "auto-restart":
            unit.ended = since
        else:
            unit.started = since
    elif label == "Loaded":
        unit.load = rest.partition(" ")[0]
    elif label == "Duration" and unit.ended:
        lived = span_seconds(rest)
        unit.started = unit.ended - timedelta(seconds=lived) if lived is not None else None
    elif label == "TriggeredBy" and ".timer" in rest:
        # A unit that a timer starts does its work and ends.
        unit.kind = "oneshot"
    elif label == "Status":
        unit.said = rest.strip('"')
    elif label == "Memory":
        unit.memory_used = size_of(rest.partition(" ")[0])
        most = _MEMORY_MAX.search(rest)
        unit.memory_max = size_of(most[1]) if most else None
    elif label == "Main PID" or (label == "Process" and unit.exit_code is None and unit.signal is None):
        _note_end(unit, rest)


def _note_end(unit: Unit, rest: str) -> None:
    ended = _ENDED.search(rest)
    if ended is None:
        return
    if ended[1] in KILLED_CODES:
        unit.exit_code, unit.signal = None, _number(ended[2]) or SIGNALS.get(ended[3])
    else:
        unit.exit_code, unit.signal = _number(ended[2]), None


def _listed_units(lines: list[str]) -> list[Unit]:
    """The failed units of `systemctl list-units` and `systemctl --failed`; the others are no news."""
    rows = [found for line in lines if (found := _ROW.match(line))]
    return [
        Unit(name=row[1], load=row[2], active=row[3], sub="" if row[4] == row[3] else row[4])
        for row in rows
        if row[3] == "failed" or row[4] == "auto-restart"
    ]
