"""Faults that end a process at its start, each told by a line of its own log and by an exit soon after the start."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import (
    NOT_UP,
    Absent,
    AtLeast,
    Below,
    Clue,
    Condition,
    FaultKind,
    sign,
    told,
)
from lamplighter.diagnosis.catalogue.process import OOM, SIGNALLED, STOPPED

AT_START_SECONDS = 20.0
LONG_LIFE_SECONDS = 300.0

# "Configuration test failed" is what every other trouble at the start ends in; a place or a key in it is more.
VAGUE = {"config_error": (Clue("log_sign", -1.0, {"sign": "config_error", "line_number": Absent(), "key": Absent()}),)}


def _at_start(
    name: str,
    *clauses: str,
    weight: float = 3.2,
    also: tuple[Clue, ...] = (),
    credible: frozenset[Condition] = NOT_UP,
) -> FaultKind:
    return FaultKind(
        name,
        (
            sign(name, weight, decisive=True),
            Clue("state", 4.2, {"start_error_sign": name}, decisive=True),
            *VAGUE.get(name, ()),
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
            told("kube_proxy_down", -2.5),
            told("kube_scheduler_down", -2.5),
            told("cluster_dns_down", -2.5),
            *also,
        ),
        clauses,
        ("state", "log"),
        credible,
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
        ": {object_kind} {object}",
        also=(
            told("config_object_missing", 4.2, decisive=True),
            told("delivery_failed", 4.2, decisive=True),
            told("secret_missing", 3.8, decisive=True),
            told("config_create_failed", 1.6, decisive=True),
            told("limit_range", 3.4, decisive=True),
            told("quota_unspecified", 3.0, decisive=True),
            told("pull_secret_missing", -4.0),
        ),
        credible=NOT_UP | {Condition.UNKNOWN},
    ),
    _at_start(
        "port_conflict",
        "{component} ended at its start because its port",
        " {port}",
        " is taken by something else",
        weight=3.4,
        also=(told("unplaced_host_port", 4.4, decisive=True),),
        credible=NOT_UP | {Condition.UNKNOWN},
    ),
    _at_start(
        "permission_denied",
        "{component} may not do what it must",
        ": path {path}",
        ": {account} may not {verb} {resource}",
        weight=2.9,
        also=(
            told("api_forbidden", 4.6, decisive=True),
            told("mounted_path_denied", -2.5),
            told("policy_violation", 3.6, decisive=True),
            told("user_mismatch", 3.6, decisive=True),
        ),
        credible=NOT_UP | {Condition.RUNNING, Condition.FAILING, Condition.UNKNOWN},
    ),
    _at_start(
        "missing_file",
        "{component} ended at its start because a file is missing",
        ": {path}",
        weight=2.9,
        also=(told("host_path_missing", 4.2, decisive=True),),
    ),
    _at_start(
        "missing_environment_variable",
        "{component} ended at its start because an environment variable is not set",
        ": {variable}",
        weight=3.3,
    ),
)
