"""Reads what supervisorctl prints: one line for each program, its state, and since when."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.signs import engine_words
from lamplighter.domain.evidence import Evidence, Fact

ROWS_MAX = 300
STATES = frozenset({"RUNNING", "STARTING", "STOPPING", "STOPPED", "EXITED", "BACKOFF", "FATAL", "UNKNOWN"})
UP = frozenset({"RUNNING", "STARTING", "STOPPING"})
_ROW = re.compile(r"^\s{0,4}([\w.:@-]{1,120})\s{1,80}([A-Z]{5,8})\b\s{0,10}(.{0,400})$")
_SINCE = re.compile(r"\b([A-Z][a-z]{2}) (\d{1,2}) (\d{1,2}):(\d\d) ([AP]M)\b")
_UPTIME = re.compile(r"uptime (?:(\d{1,5}) days?, )?(\d{1,2}):(\d\d):(\d\d)")
_STATUS = re.compile(r"(?i)exit(?:ed)?(?: status)?:? (\d{1,3})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_row(line: str) -> bool:
    """Whether supervisorctl prints such a line."""
    found = _ROW.match(line[:600])
    return found is not None and found[2] in STATES


def read_table(evidence: Evidence) -> list[Fact]:
    """One fact `state` for each program. Raises `Unreadable`."""
    rows = [found for line in evidence.content.splitlines()[:ROWS_MAX] if (found := _ROW.match(line[:600]))]
    facts = [_fact(evidence, row[1], row[2], row[3]) for row in rows if row[2] in STATES]
    if not facts:
        words = shown(evidence.content, 120)
        raise Unreadable(f"no program is listed in {words!r}" if words else "it is empty")
    return facts


def _fact(evidence: Evidence, name: str, state: str, rest: str) -> Fact:
    # A group of one is printed as group:program.
    group, _, program = name.partition(":")
    component = program if program and (program == owner(evidence) or group == program) else name
    up = state in UP
    at = _since(rest, evidence.at)
    code = _STATUS.search(rest)
    values = known(
        engine="supervisor",
        status=state,
        running=up,
        restarting=state == "BACKOFF",
        gave_up=state == "FATAL",
        start_failed=state in {"BACKOFF", "FATAL"},
        stopped_on_purpose=state == "STOPPED" and "Not started" not in rest,
        exit_code=float(code[1]) if code and not up else None,
        started_epoch_seconds=at.timestamp() if at and up else None,
        finished_epoch_seconds=at.timestamp() if at and not up else None,
    )
    if state in {"BACKOFF", "FATAL"}:
        values |= engine_words(rest, component)
    said = f"process {component} is {state}" + (f": {shown(rest, 160)}" if rest.strip() else "")
    return draft(evidence, "state", said, values, at=at, component=component)


def _since(rest: str, now: datetime) -> datetime | None:
    """When the program started or ended; a moment without a year is the latest one that has been."""
    uptime = _UPTIME.search(rest)
    if uptime:
        days, hours, minutes, seconds = (int(part or 0) for part in uptime.groups())
        return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    found = _SINCE.search(rest)
    if found is None or found[1] not in _MONTHS:
        return None
    hour = int(found[3]) % 12 + (12 if found[5] == "PM" else 0)
    for year in (now.year, now.year - 1):
        try:
            at = datetime(year, _MONTHS.index(found[1]) + 1, int(found[2]), hour, int(found[4]), tzinfo=UTC)
        except ValueError:
            continue
        if at <= now + timedelta(days=1):
            return at
    return None
