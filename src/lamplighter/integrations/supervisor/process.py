"""What supervisord says of one process, and the lines its memory guard writes; read, never judged. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

RUNNING = "RUNNING"
_STAMP = r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ )?"
_LIMIT_LINE = re.compile(_STAMP + r"memory guard: limit of (?P<name>\S+) is now (?P<bytes>[0-9]{1,15}) bytes$")
_KILL_LINE = re.compile(_STAMP + r"memory guard: (?P<name>\S+) killed: ")


class Info(msgspec.Struct):
    """The answer to `getProcessInfo`. Times are whole seconds since 1970; 0 where it never happened."""

    name: str
    group: str
    start: int
    stop: int
    now: int
    state: int
    statename: str
    spawnerr: str
    exitstatus: int
    pid: int
    description: str = ""
    stdout_logfile: str = ""
    stderr_logfile: str = ""

    @property
    def running(self) -> bool:
        """Whether supervisord calls it RUNNING: up for as long as its `startsecs` asks."""
        return self.statename == RUNNING


@dataclass(frozen=True, slots=True)
class ProcessId:
    """Which process is meant, by the names of the daemon, the group and the process."""

    # Supervisord has no opaque ids. These names stay the same for as long as its configuration does; which process was
    # started under them is told by pid and start time.

    daemon: str
    group: str
    name: str

    @property
    def text(self) -> str:
        """The id as the rest of Lamplighter bears it."""
        return f"{self.daemon}:{self.group}:{self.name}"

    @property
    def spec(self) -> str:
        """The name that supervisord's own calls take."""
        return f"{self.group}:{self.name}"


def parse_id(text: str) -> ProcessId | None:
    """The parts of an id, or None where it is not one. Only the daemon's name may hold a colon."""
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - daemon, group and name
        return None
    return ProcessId(*parts)


def guard_lines(log: str, name: str) -> tuple[str, ...]:
    """The guard's lines about one process, oldest first."""
    found = ((line, _LIMIT_LINE.match(line) or _KILL_LINE.match(line)) for line in log.splitlines())
    return tuple(line for line, match in found if match and match["name"] == name)


def guarded_limit(log: str, name: str) -> int | None:
    """The limit in bytes that the guard last announced for a process; None where it announced none."""
    limits = [
        match["bytes"] for line in log.splitlines() if (match := _LIMIT_LINE.match(line)) and match["name"] == name
    ]
    return int(limits[-1]) if limits else None
