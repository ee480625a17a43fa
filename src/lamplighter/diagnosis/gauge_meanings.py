"""What well-known metrics measure, by the words of their names, and when their level is bad. Data, no reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

QUERIES_KEPT = 1_000


class Judge(StrEnum):
    """How a level is judged: by itself, or against what it was before."""

    EMPTY = "empty"
    FULL = "full"
    RISE = "rise"
    FALL = "fall"
    PAST = "past"
    USED = "used"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a metric measures; `least` is the level below which a rise is no news, `factor` how much a rise must be."""

    name: str
    pattern: re.Pattern[str]
    judge: Judge
    least: float = 0.0
    factor: float = 2.0


def _meaning(name: str, pattern: str, judge: Judge, least: float = 0.0, factor: float = 2.0) -> Meaning:
    return Meaning(name, re.compile(pattern, re.IGNORECASE), judge, least, factor)


# The first that matches counts, so that the narrower ones come first.
MEANINGS: tuple[Meaning, ...] = (
    _meaning("inodes_free", r"files_free|inodes_free|inode.{0,20}(?:free|avail)", Judge.EMPTY),
    _meaning("inodes_used", r"inode.{0,40}(?:used|usage|percent|ratio)", Judge.FULL),
    _meaning("disk_free", r"filesystem_(?:avail|free)|disk_(?:free|avail)|volume.{0,20}avail|free_bytes", Judge.EMPTY),
    _meaning("disk_used", r"filesystem_.{0,40}used|disk_(?:used|usage).{0,10}(?:percent|ratio)|disk_usage", Judge.FULL),
    _meaning("steal", r"mode=~?.{0,2}steal|steal", Judge.RISE, 0.05, 4.0),
    _meaning("io_wait", r"iowait|io_wait|pressure_io|psi.{0,10}io", Judge.RISE, 0.2, 4.0),
    _meaning("io_busy", r"disk_io_time(?!_weighted)|disk.{0,20}(?:util|busy)", Judge.FULL),
    _meaning(
        "io_wait",
        r"io_time_weighted|disk_(?:read|write)_time|disk.{0,30}(?:latency|await|queue)",
        Judge.RISE,
        0.05,
        8.0,
    ),
    _meaning("fds_max", r"max_fds|fds?_max|fd_limit|max_open_files", Judge.MOST),
    _meaning("fds", r"open_fds|fds?_open|open_files|filefd_allocated|file_descriptors", Judge.USED),
    _meaning("cache_up", r"\b(?:redis|memcached|valkey)_up\b", Judge.EMPTY),
    _meaning("database_up", r"\b(?:pg|mysql|mongodb|postgres|mariadb|mssql|influxdb)_up\b", Judge.EMPTY),
    _meaning(
        "backend_up",
        (
            r"(?:haproxy|traefik|envoy|nginx|caddy|upstream|backend|server|cluster|service).{0,40}(?:_up\b|healthy"
            r"|health_status|server_status|check_status)"
        ),
        Judge.EMPTY,
    ),
    _meaning("engine_up", r"engine_daemon|docker_.{0,20}(?:up|health)\b", Judge.EMPTY),
    _meaning("probe", r"probe_success|ping_success|\bicmp.{0,20}success|check_success", Judge.EMPTY),
    _meaning("certificate", r"cert.{0,30}(?:expir|not_after)|not_after|ssl_earliest|expiry", Judge.PAST),
    _meaning(
        "replication_lag",
        (
            r"replication.{0,30}(?:lag|delay|behind|seconds)|seconds_behind|replica.{0,20}lag|standby.{0,20}lag"
            r"|slave.{0,30}(?:lag|behind)|replay_lag|wal.{0,10}lag"
        ),
        Judge.RISE,
        20.0,
        4.0,
    ),
    _meaning(
        "connections_max",
        r"max_connections|connections?_max\b|pool.{0,12}(?:max|size)|threads?_(?:config_)?max",
        Judge.MOST,
    ),
    _meaning(
        "pool_waiting",
        (
            r"(?:hikaricp|pool|pgbouncer|datasource|jdbc|c3p0|dbcp|connections?).{0,40}(?:pending|waiting|wait)"
            r"|(?:cl|clients?)_waiting|awaiting_connection"
        ),
        Judge.RISE,
        1.0,
        4.0,
    ),
    _meaning(
        "pool_active",
        (
            r"(?:hikaricp|pool|datasource|jdbc|dbcp).{0,40}(?:active|used|in_use|busy|checkedout)"
            r"|threads_connected|numbackends|stat_activity|db_connections"
        ),
        Judge.USED,
    ),
    _meaning(
        "threads_waiting",
        (
            r"task_queue|executor.{0,20}queue|thread.{0,30}queue|(?:queue|backlog).{0,20}(?:depth"
            r"|size).{0,20}thread|listen_queue|accept_?queue|waitress.{0,12}queue"
        ),
        Judge.RISE,
        3.0,
        4.0,
    ),
    _meaning(
        "threads",
        (
            r"threads?.{0,24}(?:busy|active|running|in_use|current)|(?:busy|active).{0,12}(?:threads?|workers?)"
            r"|executor_active|workers?_busy|fpm_.{0,20}active"
        ),
        Judge.USED,
    ),
    _meaning("locks", r"\blocks?\b|_locks?_|lock_wait|deadlock|blocked", Judge.RISE, 2.0, 4.0),
    _meaning(
        "slow_queries",
        (
            r"slow_quer|quer(?:y|ies)_?.{0,30}(?:duration|seconds|time|exec)|statements?.{0,20}(?:mean|seconds"
            r"|time)|select_full|rows_(?:examined|read|fetched)|seq_scan|seq_tup"
        ),
        Judge.RISE,
        0.01,
        3.0,
    ),
    _meaning("consumers", r"consumers?\b(?!.{0,20}lag)", Judge.EMPTY),
    _meaning(
        "queue",
        (
            r"queue.{0,30}(?:messages|ready|length|depth|size|jobs|waiting|pending)|messages_ready"
            r"|consumer_?group_lag|consumer.{0,20}lag|backlog|jobs?_(?:waiting|pending)|llen|_queue\b|unacked"
            r"|records_lag"
        ),
        Judge.RISE,
        50.0,
        4.0,
    ),
    _meaning(
        "backup",
        (
            r"backup.{0,40}(?:status|success|ok|result|failed|error|last)|(?:borg|restic|pbs).{0,40}(?:status"
            r"|success|last|error)"
        ),
        Judge.USED,
    ),
    _meaning("job", r"(?:job|task|cron|batch).{0,40}(?:status|fail|error|result|exit)", Judge.RISE, 1.0, 1.0),
    _meaning("flag", r"feature.?flag|flag_(?:enabled|state)|toggle|variant|experiment", Judge.RISE, 0.01, 1.5),
    _meaning("config_reload", r"config.{0,30}(?:success|reload)", Judge.EMPTY),
    _meaning("throttled", r"throttled", Judge.RISE, 0.1, 4.0),
    _meaning(
        "packet_loss",
        (
            r"if(?:In|Out)(?:Errors|Discards)|crc_err|packet.{0,10}loss|loss_(?:ratio|percent)|drop(?:s"
            r"|ped)?_total|transmit_drop|receive_drop|_errs_|retrans"
        ),
        Judge.RISE,
        0.02,
        4.0,
    ),
    _meaning(
        "round_trip",
        (
            r"probe_duration|rtt|round_?trip|icmp_duration|ping.{0,20}(?:seconds|ms|time)|smokeping"
            r"|latency.{0,10}(?:icmp|ping)|phase=.rtt"
        ),
        Judge.RISE,
        0.02,
        3.0,
    ),
    _meaning(
        "errors",
        r"error|fail|5\.\.|5xx|exception|status=~?.{0,2}5|code=~?.{0,2}5|rejected|aborted",
        Judge.RISE,
        0.01,
        3.0,
    ),
    _meaning("latency", r"quantile|latenc|duration|response_time|seconds_(?:sum|bucket)|p9[059]", Judge.RISE, 0.0, 1.8),
    _meaning("cpu_pressure", r"pressure_cpu|cpu.{0,10}pressure|psi.{0,10}cpu", Judge.RISE, 0.2, 4.0),
    _meaning(
        "cpu_host",
        r"mode=.{0,2}idle|node_cpu|host_cpu|cpu_usage_ratio|pve_cpu|cpu_(?:percent|utili[sz]ation|used)",
        Judge.FULL,
    ),
    _meaning("cpu", r"cpu_(?:usage_)?seconds|process_cpu|container_cpu|cpu", Judge.RISE, 0.5, 2.0),
    _meaning("load", r"\bnode_load|load(?:avg|1\b|5\b|average)", Judge.RISE, 2.0, 3.0),
    _meaning(
        "memory",
        r"resident_memory|working_set|memory_(?:usage|used|rss)|\brss\b|heap|memory_bytes|mem_used",
        Judge.RISE,
        1.0,
        1.5,
    ),
    _meaning(
        "traffic",
        (
            r"request|traffic|throughput|\brps\b|\bqps\b|messages?.{0,20}total|uplinks|hits|calls|sessions|orders"
            r"|logins|events_total|visits|checkouts|ingest"
        ),
        Judge.RISE,
        0.0,
        3.0,
    ),
)


@lru_cache(maxsize=QUERIES_KEPT)
def meaning_of(query: str) -> Meaning | None:
    """What a query asks for, or None where no metric in it is known."""
    return next((meaning for meaning in MEANINGS if meaning.pattern.search(query[:1000])), None)
