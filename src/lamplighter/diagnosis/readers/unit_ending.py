"""Whether systemd's own lines end with the unit down: a `state`, for where nobody asked systemctl."""

from __future__ import annotations

import re
from datetime import datetime

from lamplighter.diagnosis.readers.units import Unit, unit_facts
from lamplighter.domain.evidence import Evidence, Fact

ENDED = re.compile(r"(Main|Control) process exited, code=(\w{1,12}), status=(\d{1,4})")
OOM = re.compile(r"killed by the OOM killer|Failed with result 'oom-kill'")
RESTART = re.compile(r"Scheduled restart job, restart counter is at (\d{1,9})")
GAVE_UP = re.compile(r"Start request repeated too quickly|Failed with result 'start-limit-hit'")
FAILED = re.compile(r"Failed with result '([\w-]{1,40})'")
CLEAN = "Deactivated successfully"
JOURNAL = "journal"


def ending_facts(evidence: Evidence, lines: list[tuple[datetime, str]], name: str, component: str) -> list[Fact]:
    """The fact `state` of a unit whose last lines (in order) tell that it ended; none where they do not.

    It never says that a unit runs, and bears `check` so that it takes the place of no look of systemctl's.
    """
    unit = Unit(name=name, active="failed")
    ended = False
    for at, message in lines:
        if message.startswith("Started "):
            unit, ended = Unit(name=name, active="failed", started=at, restarts=unit.restarts), False
        elif _note(unit, at, message):
            ended = True
    if not ended:
        return []
    facts = unit_facts(evidence, unit, component)
    for fact in facts:
        fact.values["check"] = JOURNAL
    return facts


def _note(unit: Unit, at: datetime, message: str) -> bool:
    """Take one line in; True where it says that the unit has ended."""
    exited, restart, failed = ENDED.search(message), RESTART.search(message), FAILED.search(message)
    if exited:
        status = float(exited[3])
        by_signal = exited[2] in {"killed", "dumped"}
        unit.exit_code, unit.signal = (None, status) if by_signal else (status, None)
        unit.ended = at
        # What fails to reload or to stop it ends too, and leaves it as it is.
        return exited[1] == "Main"
    if GAVE_UP.search(message):
        unit.active, unit.sub, unit.result = "failed", "", "start-limit-hit"
    elif OOM.search(message):
        unit.result = "oom-kill"
    elif failed:
        unit.result = unit.result or failed[1]
    elif restart:
        unit.active, unit.sub, unit.restarts = "activating", "auto-restart", float(restart[1])
    elif CLEAN in message and unit.started is not None:
        unit.active, unit.sub, unit.result, unit.ended = "inactive", "dead", "success", at
        unit.exit_code = 0.0 if unit.signal is None else None
    else:
        return False
    return True
