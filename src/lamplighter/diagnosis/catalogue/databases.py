"""Faults of databases, caches and queues, by their own words, their levels, and what their clients complain of."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, sign
from lamplighter.diagnosis.catalogue.spoken import complaint, gauge, told_kind

UNREACHED = ("refused", "reset", "timeout", "dns", "no_route", "failing", "unhealthy")

DATABASE_FAULTS = (
    told_kind(
        "database_down",
        1.6,
        (
            gauge("database_up", 3.6),
            complaint(("refused", "reset", "failing"), 2.6, role="database"),
            complaint(("timeout", "dns", "no_route"), 0.8, role="database"),
            Clue("state", 2.4, {"role": "database", "running": 0.0}, decisive=True),
            Clue("state", 2.4, {"role": "database", "restarting": 1.0}, decisive=True),
            sign("disk_full", -2.0),
            sign("database_failover", -1.5),
            sign("oom_kill", -1.5),
            Clue("gauge", -2.0, {"meaning": "disk_free"}),
        ),
        "the database {component} is down",
        ": {by} complains",
    ),
    told_kind(
        "database_failover",
        3.6,
        (complaint("failover", 3.8), Clue("complaint", 0.3, {"role": "database"})),
        "{component} was failed over: another node is the primary now",
        credible=ANY_CONDITION,
        at_once=(
            ("see which node is primary now, and that clients write to it",),
            ("see why the old primary of {component} was given up: its host, disk and network",),
        ),
        later=(("let clients follow the primary by themselves (target_session_attrs, a proxy, the sentinel's name)",),),
    ),
    told_kind(
        "slow_queries",
        3.0,
        (gauge("slow_queries", 2.2), complaint("slow_query", 2.8), complaint("slow", 0.6, decisive=False)),
        "{component} waits for slow queries",
        credible=ANY_CONDITION,
    ),
    told_kind(
        "lock_contention",
        3.6,
        (
            gauge("locks", 2.0),
            complaint("locked", 3.2),
            Clue("database", 3.0, {"about": "locks", "blocked_count": AtLeast(1.0)}, decisive=True),
            sign("slow_queries", 0.2),
        ),
        "{component} waits for locks",
        credible=ANY_CONDITION,
    ),
    told_kind(
        "replication_lag",
        3.4,
        (gauge("replication_lag", 3.4),),
        "{component} lags behind in replication",
        ": {level}",
        credible=ANY_CONDITION,
    ),
    told_kind(
        "queue_backlog",
        2.8,
        (
            gauge("queue", 3.0),
            Clue("gauge", 1.6, {"meaning": "consumers"}, decisive=True),
            Clue("queue", 3.4, {"messages": AtLeast(100.0)}, decisive=True),
        ),
        "work piles up in {component} faster than it is done",
        ": {level} wait",
        credible=ANY_CONDITION,
        at_once=(
            ("see whether the consumers of {component} run, and what their last error was",),
            ("start more consumers, or pause what fills the queue",),
        ),
        later=(("alert on the age of the oldest message, and set a limit and a place for messages that fail",),),
    ),
    told_kind(
        "cache_unavailable",
        2.2,
        (
            gauge("cache_up", 3.6),
            complaint(UNREACHED, 2.8, role="cache"),
            Clue("state", 2.6, {"role": "cache", "running": 0.0}, decisive=True),
            Clue("state", 2.6, {"role": "cache", "restarting": 1.0}, decisive=True),
        ),
        "the cache {component} cannot be used",
        ": {by} complains",
        at_once=(
            ("see whether {component} runs and answers PING; read its own log for MISCONF, LOADING or OOM",),
            ("let its clients go on without the cache if they can, and watch the database behind it",),
        ),
        later=(
            (("make clients survive without it: short timeouts, a breaker, a limit on what then hits the database"),),
        ),
    ),
    told_kind(
        "backup_failed",
        3.6,
        (gauge("backup", 1.6), Clue("task", 3.4, {"verb": ("dump", "vzdump"), "failed": 1.0}, decisive=True)),
        "the backup {component} failed",
        credible=ANY_CONDITION,
        at_once=(
            (
                (
                    "read the first error of the backup {component}: space at the target, a lock left over, a key or a "
                    "host that is gone"
                ),
            ),
            ("run it once by hand, and see that the last good one can be restored",),
        ),
        later=(("alert on the age of the last good backup, not only on a failed run",),),
    ),
    told_kind(
        "job_failed",
        3.2,
        (
            gauge("job", 1.6),
            Clue("unit_result", 3.4, {"failed": 1.0}, decisive=True),
            Clue("task", 2.0, {"failed": 1.0}, decisive=True),
        ),
        "the job {component} failed",
        generic=True,
        credible=ANY_CONDITION,
        at_once=(
            ("read the last lines that the job {component} wrote before it failed",),
            ("put right what it names, and run it once by hand",),
        ),
        later=(("let the job tell when it succeeds, so that silence is noticed too",),),
    ),
)
