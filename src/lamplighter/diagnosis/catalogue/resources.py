"""Faults of something that ran out: memory, disk, descriptors, pools, processor."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import (
    IN_TROUBLE,
    AtLeast,
    Below,
    Clue,
    Condition,
    FaultKind,
    sign,
    told,
)
from lamplighter.diagnosis.catalogue.process import OOM, SIGNALLED, STOPPED

HAS_LIMIT = AtLeast(1.0)


def running_short(
    name: str,
    *clauses: str,
    weight: float = 3.0,
    also: tuple[Clue, ...] = (),
    credible: frozenset[Condition] = IN_TROUBLE | {Condition.RUNNING},
) -> FaultKind:
    """A fault that the log of a troubled component tells by the sign of the same name."""
    return FaultKind(
        name,
        (
            sign(name, weight, decisive=True),
            Clue("log_sign", 0.4, {"sign": name, "count": AtLeast(3.0)}),
            Clue("probe", 0.9, {"state": "failing"}),
            Clue("health", 0.6, {"status": "unhealthy"}),
            Clue("state", 0.8, {"exit_code": AtLeast(1.0)}),
            Clue("state", 0.6, {"restarting": 1.0}),
            *STOPPED,
            *OOM,
            *also,
        ),
        clauses,
        ("log",),
        credible,
        yields=True,
        below_answers=0.5,
    )


RESOURCE_FAULTS = (
    FaultKind(
        "oom_killed",
        (
            Clue("state", 5.2, {"oom_killed": 1.0}, decisive=True),
            Clue("event", 4.0, {"action": "oom", "since_start": 1.0}, decisive=True),
            sign("oom_kill", 4.4, decisive=True),
            Clue("state", 0.8, {"running": 0.0}),
            Clue("state", 0.6, {"exit_code": (137.0, -1.0, -9.0)}),
            sign("out_of_memory", 0.3),
            Clue("usage", 0.3, {"memory_share": AtLeast(0.95)}),
            Clue("state", 0.0, {"memory_limit_bytes": HAS_LIMIT}),
            Clue("event", 0.0, {"action": "die", "since_start": 1.0}),
            Clue("state", -2.0, {"engine": "docker", "oom_killed": 0.0, "exit_code": AtLeast(1.0)}),
            Clue("state", -2.5, {"exit_code": (1.0, 2.0, 3.0, 126.0, 127.0)}),
            *STOPPED,
        ),
        (
            "{component} was killed because it needed more memory than it may use",
            ": its limit is {memory_limit}",
            ", it used {memory_used}",
            ", at {at}",
        ),
        ("state", "event", "log"),
        IN_TROUBLE | {Condition.RUNNING},
    ),
    running_short(
        "out_of_memory",
        "{component} ran out of memory by its own account",
        "; its limit is {memory_limit}",
        also=(Clue("state", 0.0, {"memory_limit_bytes": HAS_LIMIT}),),
    ),
    running_short(
        "disk_full",
        "the disk that {component} writes to is full",
        ": {target}",
        also=(
            Clue("probe", 3.8, {"probe": "disk", "state": "failing", "value": Below(3.0)}, decisive=True),
            Clue("probe", 3.2, {"probe": "disk", "state": "failing"}, decisive=True),
            Clue("probe", -2.0, {"probe": "disk", "state": "ok"}),
            told("evicted_disk", 4.2, decisive=True),
            told("node_disk_pressure", 4.0, decisive=True),
            told("disk_pressure", 2.6, decisive=True),
        ),
    ),
    running_short("fd_exhausted", "{component} has no file descriptors left", weight=3.2),
    running_short("connection_pool_exhausted", "{component} has no connections left in its pool"),
    running_short("thread_pool_exhausted", "{component} has no threads or workers left"),
    FaultKind(
        "cpu_saturation",
        (
            Clue("usage", 3.0, {"cpu_share": AtLeast(0.9)}, decisive=True),
            Clue("usage", 2.6, {"throttled_share": AtLeast(0.5)}, decisive=True),
            Clue("usage", 2.8, {"cpu_wanted_share": AtLeast(0.8), "cpu_share": AtLeast(0.1)}, decisive=True),
            Clue("metric_shift", 2.0, {"family": "cpu", "ratio": AtLeast(2.0)}, decisive=True),
            Clue("probe", 1.0, {"state": "failing", "error": ("timeout", "slow")}),
            Clue("state", -4.0, {"running": 0.0}),
        ),
        ("{component} uses all the processor time that it may use",),
        ("usage",),
        yields=True,
        at_once=(
            ("see what {component} computes: its busiest threads, its load, its last change",),
            ("give {component} more processor, or spread its load",),
        ),
        later=(("set its limits from what was used over weeks, and test it under load",),),
        below_answers=0.4,
    ),
    FaultKind(
        "memory_leak",
        (
            Clue("metric_shift", 2.2, {"family": "memory", "ratio": AtLeast(1.5)}, decisive=True),
            Clue("usage", 2.8, {"memory_share": AtLeast(0.9), "memory_used_bytes": AtLeast(1.0)}, decisive=True),
            Clue("usage", 0.6, {"memory_share": AtLeast(0.95)}),
            Clue("probe", 0.9, {"state": "failing"}),
            Clue("state", 0.0, {"memory_limit_bytes": HAS_LIMIT}),
            Clue("state", -0.5, {"exit_code": SIGNALLED}),
            *OOM,
        ),
        ("{component} holds more and more memory", ": {memory_used} of the {memory_limit} that it may use"),
        ("usage", "metric"),
        yields=True,
        at_once=(
            ("restart {component} before it is killed, and note how fast its memory grows",),
            ("see what changed in {component} when the growth began",),
        ),
        later=(("take a dump of what {component} holds, and fix what never lets go",),),
        below_answers=0.4,
    ),
)
