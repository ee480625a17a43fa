from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

HOST: dict[str, Any] = {
    "host": "nas",
    "uptime_seconds": 86400.0,
    "cpu": {"count": 4, "percent_by_second": [99.0, 97.0], "io_wait_percent": 20.0, "steal_percent": 0.0},
    "load": {"one_minute": 9.2, "five_minutes": 5.0, "fifteen_minutes": 2.0},
    "memory": {"total_bytes": 1000, "available_bytes": 50},
    "swap": {"total_bytes": 100, "used_bytes": 90},
    "files": {"open": 900, "max": 100000},
    "disks": [
        {"device": "/dev/sda1", "mount": "/", "used_share": 0.995, "inodes_used_share": 0.2},
        {"device": "/dev/loop1", "mount": "/snap/x/1", "used_share": 1.0},
    ],
    "disk_io": [{"disk": "sda", "busy_share": 0.97}],
    "process_count": 312,
    "zombies": 2,
    "processes": [
        {
            "name": "store",
            "pid": 7,
            "cpu_percent": 390.0,
            "memory_percent": 40.0,
            "rss_bytes": 400,
            "files": 1020,
            "files_max": 1024,
        }
    ],
    "kernel": ["Mar 01 11:59:00 nas kernel: Out of memory: Killed process 12 (java) total-vm:9kB, anon-rss:900kB"],
}


def _read(content: object, component: str = "store") -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "host.state", component, {}, "application/json", text, at))


def test_the_machine_is_short_and_not_the_component_that_was_asked_about() -> None:
    usage = _read(HOST)[0]
    assert (usage.kind, usage.component) == ("usage", "nas")
    assert usage.number("cpu_share") == 0.98
    assert usage.number("memory_share") == 0.95
    assert usage.number("swap_share") == 0.9
    assert usage.number("load_share") == 2.3
    assert usage.number("io_busy_share") == 0.97
    assert usage.number("io_wait_share") == 0.2


def test_a_full_disk_and_a_program_without_descriptors_are_facts_of_their_own() -> None:
    facts = _read(HOST)
    (probe,) = [fact for fact in facts if fact.kind == "probe"]
    assert (probe.component, probe.values["target"]) == ("nas", "/")
    (files,) = [fact for fact in facts if fact.kind == "usage" and "files" in fact.values]
    assert (files.component, round(files.number("fd_share") or 0.0, 2)) == ("store", 1.0)


def test_all_processes_are_counted_though_few_are_told() -> None:
    (counts,) = [fact for fact in _read(HOST) if fact.kind == "processes"]
    assert (counts.number("processes"), counts.number("zombies")) == (312.0, 2.0)


def test_whom_the_kernel_killed_is_told_under_its_own_name() -> None:
    (kill,) = [fact for fact in _read(HOST) if fact.values.get("sign") == "oom_kill"]
    assert kill.component == "java"


def test_what_is_missing_is_left_out() -> None:
    (usage, counts) = _read({"host": "nas", "cpu": {"count": 1}})
    assert (usage.values, counts.number("processes")) == ({}, 0.0)


def test_rubbish_is_one_fact_that_says_so() -> None:
    for rubbish in ("", "{}", "[]", '{"cpu": 5}', '{"cpu": {"count": "x"}}'):
        assert [fact.kind for fact in _read(rubbish)] == ["unreadable"]
