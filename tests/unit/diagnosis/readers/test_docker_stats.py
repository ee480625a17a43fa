from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence


def _look(content: object) -> Evidence:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Evidence("e1", "docker.stats", "store", {}, "application/json", json.dumps(content), at)


def test_shares_are_of_what_the_container_may_use() -> None:
    stats = {
        "memory_stats": {"usage": 70, "limit": 100, "stats": {"inactive_file": 20}},
        "cpu_stats": {
            "cpu_usage": {"total_usage": 600},
            "system_cpu_usage": 2000,
            "online_cpus": 4,
            "throttling_data": {"periods": 10, "throttled_periods": 5},
        },
        "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
        "pids_stats": {"current": 9, "limit": 18446744073709551615},
    }
    (fact,) = read(_look(stats))
    assert fact.number("memory_share") == 0.5
    assert fact.number("cpu_share") == 0.5
    assert fact.number("throttled_share") == 0.5
    assert fact.number("pids") == 9.0


def test_a_single_sample_says_nothing_of_the_processor() -> None:
    stats = {
        "memory_stats": {"usage": 1, "limit": 2},
        "cpu_stats": {"cpu_usage": {"total_usage": 5}},
        "precpu_stats": {},
    }
    (fact,) = read(_look(stats))
    assert fact.number("cpu_share") is None


def test_the_stats_of_a_stopped_container_are_no_fact() -> None:
    assert read(_look({"memory_stats": {}, "cpu_stats": {}})) == []


def test_throttling_is_that_of_now_where_there_is_a_reading_before() -> None:
    stats = {
        "cpu_stats": {"throttling_data": {"periods": 1020, "throttled_periods": 25}},
        "precpu_stats": {"throttling_data": {"periods": 1000, "throttled_periods": 5}},
    }
    (fact,) = read(_look(stats))
    assert fact.number("throttled_share") == 1.0
    (whole,) = read(_look({"cpu_stats": stats["cpu_stats"]}))
    assert whole.number("throttled_share") == pytest.approx(25 / 1020)
