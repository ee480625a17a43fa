"""Faults of databases and of what services wait for."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import AtLeast, Clue, FaultKind, sign, told
from lamplighter.diagnosis.catalogue.process import STOPPED
from lamplighter.diagnosis.catalogue.resources import running_short

SERVICE_FAULTS = (
    FaultKind(
        "database_down",
        (
            Clue("state", 4.0, {"running": 0.0, "database": 1.0}, decisive=True),
            sign("database_down", 2.4, decisive=True),
            told("refuses_calls", 3.4, decisive=True, database=1.0),
            told("target_port_wrong", -2.8),
            Clue("probe", 0.8, {"state": "failing"}),
            Clue("state", 0.4, {"exit_code": AtLeast(1.0)}),
            *STOPPED,
        ),
        ("the database of {component} is down",),
        ("state", "log"),
        yields=True,
        generic=True,
    ),
    running_short(
        "cache_unavailable",
        "the cache of {component} does not answer",
        weight=2.8,
        also=(told("refuses_calls", 3.8, decisive=True, cache=1.0), told("target_port_wrong", -2.8)),
    ),
    running_short("queue_backlog", "messages pile up at {component}", weight=2.8),
    running_short("database_failover", "the database of {component} changed its primary", weight=2.8),
    running_short("backup_failed", "a backup of {component} failed", weight=3.2),
    running_short("lock_contention", "{component} waits for locks"),
    running_short(
        "slow_queries",
        "{component} waits for slow queries",
        weight=2.6,
        also=(told("reported_slow", 1.0),),
    ),
    running_short("replication_lag", "{component} lags behind in replication", weight=2.6),
)
