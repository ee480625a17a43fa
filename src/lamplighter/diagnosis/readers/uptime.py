"""Reads what uptime prints, and nproc below it where it was asked: the load, and for how long the machine is up."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import draft, known, machine
from lamplighter.domain.evidence import Evidence, Fact

CHARS_MAX = 2_000
_LOAD = re.compile(r"load averages?: (\d{1,6}[.,]\d\d),? (\d{1,6}[.,]\d\d),? (\d{1,6}[.,]\d\d)")
_UP = re.compile(r"\bup (?:(\d{1,6}) days?, {1,3})?(?:(\d{1,2}):(\d\d)|(\d{1,2}) min)")
_CORES = re.compile(r"^(\d{1,5})$", re.MULTILINE)


def is_uptime(line: str) -> bool:
    """Whether uptime prints such a line."""
    return " up " in line and _LOAD.search(line[:CHARS_MAX]) is not None


def read_uptime(evidence: Evidence) -> list[Fact]:
    """One fact `usage`; `load_share` is the load for each processor, where that is told. Raises `Unreadable`."""
    text = evidence.content[:CHARS_MAX]
    load, up, cores = _LOAD.search(text), _UP.search(text), _CORES.search(text)
    if load is None:
        raise Unreadable("uptime tells no load average")
    one, five, fifteen = (float(load[index].replace(",", ".")) for index in (1, 2, 3))
    count = float(cores[1]) if cores else None
    values = known(
        load_one_minute=one,
        load_five_minutes=five,
        load_fifteen_minutes=fifteen,
        load_share=one / count if count else None,
        uptime_seconds=_seconds(up) if up else None,
    )
    said = f"{machine(evidence) or 'this machine'} has a load of {one:g}, {five:g} and {fifteen:g}"
    said += f" on {count:.0f} processors" if count else ""
    return [draft(evidence, "usage", said, values, at=evidence.at, component=machine(evidence))]


def _seconds(up: re.Match[str]) -> float:
    days, hours, minutes, alone = (float(part or 0) for part in up.groups())
    return 86_400 * days + 3_600 * hours + 60 * (minutes or alone)
