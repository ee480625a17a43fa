from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("disk_full", "OSError: [Errno 28] No space left on device"),
        ("fd_exhausted", "accept4: too many open files"),
        ("connection_pool_exhausted", "FATAL: sorry, too many clients already"),
        ("thread_pool_exhausted", "java.util.concurrent.RejectedExecutionException: Task rejected"),
        ("out_of_memory", "java.lang.OutOfMemoryError: Java heap space"),
    ],
)
def test_a_log_and_a_failing_probe_agree(shop: Shop, fault: str, line: str) -> None:
    shop.gateway("front", 502).gateway("store", 500).container("store").log("store", line, line, line)
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.component, best.fault) == ("store", fault)
    assert best.confidence >= 0.6


def test_a_full_disk_is_told_by_df(shop: Shop) -> None:
    shop.exited("store", 1).log("store", "No space left on device")
    table = "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda1 100 100 0 100% /var/lib/store\n"
    best = diagnose(shop.raw("df", "store", table).case()).best
    assert best is not None
    assert best.fault == "disk_full"
    assert "/var/lib/store" in best.statement


def test_a_saturated_processor(shop: Shop) -> None:
    cpu = {"cpu_usage": {"total_usage": 1950}, "system_cpu_usage": 2000, "online_cpus": 2}
    stats = {"cpu_stats": cpu, "precpu_stats": {"cpu_usage": {"total_usage": 1000}, "system_cpu_usage": 1000}}
    shop.probe("store", "failing", error="timeout", connected=False).container("store").raw(
        "docker.stats", "store", stats
    )
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.fault, best.confidence >= 0.6) == ("cpu_saturation", True)


def test_a_kill_without_a_limit_is_still_a_kill(shop: Shop) -> None:
    shop.process("store", "EXITED", exitstatus=137, memory_limit_bytes=None)
    best = diagnose(shop.log("store", "OOMKilled", tool="journalctl").case()).best
    assert best is not None
    assert best.fault == "oom_killed"
    assert "limit" not in best.statement


def test_memory_that_is_used_up_by_a_process_that_still_runs(shop: Shop) -> None:
    stats = {"memory_stats": {"usage": 60 * 2**20, "limit": 64 * 2**20}}
    shop.container("store").probe("store", "failing", status=503, connected=True)
    best = diagnose(shop.raw("docker.stats", "store", json.dumps(stats)).case()).best
    assert best is not None
    assert (best.component, best.fault, best.confidence >= 0.6) == ("store", "memory_leak", True)


def test_a_process_that_computes_is_late_and_does_not_hang(shop: Shop) -> None:
    cpu = {"throttling_data": {"periods": 100, "throttled_periods": 90}}
    shop.container("store").probe("store", "failing", error="timeout", connected=True)
    shop.raw("docker.stats", "store", json.dumps({"cpu_stats": cpu}))
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.component, best.fault, best.confidence >= 0.6) == ("store", "cpu_saturation", True)
