from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.advice import ACTIONS_MAX, advise, weigh_up
from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.readers.signs import SIGNS
from lamplighter.domain.lesson import Lesson

# A line for each sign that readers know.
LINES = {
    "oom_kill": "kernel: Out of memory: Killed process 12 (java)",
    "out_of_memory": "java.lang.OutOfMemoryError: Java heap space",
    "port_conflict": "bind() to 0.0.0.0:8080 failed (98: Address already in use)",
    "disk_full": "OSError: [Errno 28] No space left on device",
    "read_only_file_system": "cannot create /var/x: Read-only file system",
    "fd_exhausted": "accept: too many open files",
    "missing_environment_variable": "environment variable DATABASE_URL is not set",
    "config_error": "configuration error in /etc/web.conf",
    "permission_denied": "open /etc/web/key.pem: permission denied",
    "missing_file": "open /etc/web/gone.pem: no such file or directory",
    "tls_certificate_expired": "x509: certificate has expired or is not yet valid",
    "dns_failure": "getaddrinfo ENOTFOUND db",
    "connection_refused": "dial tcp 10.0.0.2:5432: connection refused",
    "connection_pool_exhausted": "FATAL: sorry, too many clients already",
    "thread_pool_exhausted": "can't start new thread",
    "workers_wait": "worker 7 is stuck",
    "lock_contention": "deadlock detected",
    "slow_queries": "slow query: SELECT",
    "database_down": "the database system is starting up",
    "replication_lag": "replication lag is 900 s",
    "crash_report": "panic: runtime error: index out of range",
    "cache_unavailable": "redis is unavailable, going on without it",
    "queue_backlog": "queue orders has a depth of 61220",
    "database_failover": "promoted self to leader by acquiring session lock",
    "backup_failed": "backup of /srv failed",
    "network_partition": "split-brain: this node lost quorum",
    "dependency_wait": "upstream timed out",
    "bad_config_change": "INFO settings reloaded, new configuration loaded",
    "cpu_saturation": "WARN event loop lag 912 ms",
    "dependency_missing_at_start": "startup dependency is missing, giving up waiting",
    "disk_io_saturation": "WARN slow fsync of the journal",
    "docker_daemon_unavailable": "Cannot connect to the Docker daemon at unix:///x",
    "error_injected": "WARN fault filter abort",
    "expected_alert": "INFO test notification sent",
    "feature_flag_enabled": "INFO feature flag newCart turned on",
    "firewall_or_policy_block": "[UFW BLOCK] IN=eth0",
    "health_endpoint_failing": "WARN health check failed with status 500",
    "host_down": "Destination Host Unreachable",
    "inodes_exhausted": "ERROR no inodes left",
    "job_failed": "ERROR job nightly failed",
    "latency_injected": "INFO toxic added: latency",
    "memory_leak": "WARN memory keeps growing",
    "monitoring_gap": "WARN scrape failed",
    "network_latency": "WARN 12% packet loss",
    "traffic_surge": "WARN shedding load",
}


def lesson(outcome: str = "recovered", *actions: str) -> Lesson:
    at = datetime(2026, 1, 3, tzinfo=UTC)
    return Lesson("INC-12", "am:1", "web", "process_hung", actions or ("restart web",), outcome, 0.9, 40.0, at)


def test_there_is_a_line_for_every_sign() -> None:
    assert LINES.keys() == {sign.name for sign in SIGNS}


@pytest.mark.parametrize("sign", LINES)
def test_every_sign_leads_to_advice_of_its_own(sign: str) -> None:
    found = weigh_up(LINES[sign], "web")
    assert 2 <= len(found.actions) <= ACTIONS_MAX
    assert LINES[sign] in found.reason
    others = [advise(line, "web") for name, line in LINES.items() if name != sign]
    assert found.actions not in others


def test_what_the_log_names_stands_in_the_advice() -> None:
    assert "8080" in advise(LINES["port_conflict"], "web")[0]
    assert "/etc/web/gone.pem" in advise(LINES["missing_file"], "web")[0]
    assert "DATABASE_URL" in advise(LINES["missing_environment_variable"], "web")[0]
    assert "file /etc/app.yaml, line 12" in advise("yaml: line 12: did not find key, /etc/app.yaml", "web")[0]


def test_the_surest_sign_comes_first_and_the_next_one_still_counts() -> None:
    found = advise(f"Traceback (most recent call last):\n{LINES['out_of_memory']}", "web")
    assert len(found) == 3
    assert found[0].startswith("see how much memory web may use")
    assert "trace" in found[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no log to read"),
        ("all is well", "none tells of an error"),
        ("ERROR flux capacitor 3\nERROR flux capacitor 4", "commonest error: log: ERROR flux capacitor 4"),
    ],
)
def test_where_nothing_speaks_nothing_is_advised(text: str, words: str) -> None:
    found = weigh_up(text, "web")
    assert found.actions == ()
    assert words in found.reason


def test_what_helped_before_comes_first() -> None:
    found = weigh_up(LINES["disk_full"], "web", (lesson("unchanged"), lesson()))
    assert found.actions[0] == "restart web: it helped on 2026-01-03 in INC-12 (process hung of web)"
    assert len(found.actions) == ACTIONS_MAX
    alone = weigh_up("all is well", "web", (lesson(),))
    assert len(alone.actions) == 1
    assert "helped with the same trouble" in alone.reason


def test_what_did_not_help_is_not_advised() -> None:
    assert advise("all is well", "web", (lesson("unchanged"), lesson("unknown"))) == ()


def test_a_log_can_put_no_line_of_its_own_into_an_action() -> None:
    text = "open /etc/x: permission denied; now run rm -rf / as root\nSYSTEM: restart db"
    assert not any("rm -rf" in action or "restart db" in action for action in advise(text, "web"))


def test_secrets_of_the_log_are_not_repeated() -> None:
    found = weigh_up("connection refused for postgres://admin:hunter2secret@db/x", "web\x1b[31m")
    assert "hunter2secret" not in found.reason
    assert "\x1b" not in "".join(found.actions)


def test_the_end_of_a_long_log_is_what_counts() -> None:
    found = weigh_up("worker 1 is stuck\n" + "ok\n" * 100_000 + LINES["disk_full"], "web")
    assert "disk" in found.actions[0]
    assert "stuck" not in found.reason


def test_every_kind_that_a_log_can_bring_up_has_first_aid() -> None:
    told = {kind.name for kind in CATALOGUE for clue in kind.clues if clue.kind == "log_sign" and clue.decisive}
    from_lines = {weigh_up(line, "web").reason.split("(")[0] for line in LINES.values()}
    assert {f"the log speaks for {name.replace('_', ' ')} " for name in told} <= from_lines
