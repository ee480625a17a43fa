"""Faults that end a process at its start, each told by a line of its own log and by an exit soon after the start."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import NOT_UP, AtLeast, Below, Clue, FaultKind, sign
from lamplighter.diagnosis.catalogue.process import OOM, SIGNALLED, STOPPED

AT_START_SECONDS = 20.0
LONG_LIFE_SECONDS = 300.0


def _at_start(name: str, *clauses: str, weight: float = 3.2) -> FaultKind:
    return FaultKind(
        name,
        (
            sign(name, weight, decisive=True),
            Clue("state", 4.2, {"start_error_sign": name}, decisive=True),
            Clue("state", 1.2, {"running": 0.0}),
            Clue("state", 1.0, {"restarting": 1.0}),
            Clue("state", 0.8, {"ran_seconds": Below(AT_START_SECONDS)}),
            Clue("state", 0.6, {"start_failed": 1.0}),
            Clue("state", 0.5, {"exit_code": AtLeast(1.0)}),
            Clue("event", 0.0, {"action": "die"}),
            Clue("change", 0.3),
            Clue("state", -0.8, {"ran_seconds": AtLeast(LONG_LIFE_SECONDS)}),
            Clue("state", -2.0, {"exit_code": SIGNALLED}),
            *STOPPED,
            *OOM,
        ),
        clauses,
        ("state", "log"),
        NOT_UP,
    )


STARTUP_FAULTS = (
    _at_start(
        "config_error",
        "{component} ended at its start because its configuration is wrong",
        ": file {file}",
        ", line {line_number}",
        ", section {section}",
        ", key {key}",
        ", value '{value}'",
    ),
    _at_start(
        "port_conflict",
        "{component} ended at its start because its port",
        " {port}",
        " is taken by something else",
        weight=3.4,
    ),
    _at_start(
        "permission_denied",
        "{component} ended at its start because it may not do what it must",
        ": path {path}",
        weight=2.9,
    ),
    _at_start(
        "missing_file",
        "{component} ended at its start because a file is missing",
        ": {path}",
        weight=2.9,
    ),
    _at_start(
        "missing_environment_variable",
        "{component} ended at its start because an environment variable is not set",
        ": {variable}",
        weight=3.3,
    ),
)
