from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

EXITED: dict[str, Any] = {
    "name": "store",
    "group": "shop",
    "statename": "EXITED",
    "state": 100,
    "exitstatus": 2,
    "spawnerr": "",
    "start": 1772366300,
    "stop": 1772366302,
    "now": 1772366400,
    "pid": 0,
    "description": "Mar 01 11:58 AM",
}


def _read(**changes: object) -> Fact:
    content = json.dumps(EXITED | changes)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    (fact,) = read(Evidence("e1", "supervisor.status", "store", {}, "application/json", content, at))
    return fact


def test_a_process_that_exited() -> None:
    fact = _read(memory_limit_bytes=67108864)
    assert (fact.kind, fact.number("running"), fact.number("exit_code")) == ("state", 0.0, 2.0)
    assert fact.number("ran_seconds") == 2.0
    assert fact.number("memory_limit_bytes") == 67108864.0
    assert fact.at == datetime(2026, 3, 1, 11, 58, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "key"),
    [("STOPPED", "stopped_on_purpose"), ("BACKOFF", "restarting"), ("FATAL", "gave_up"), ("RUNNING", "running")],
)
def test_states(state: str, key: str) -> None:
    assert _read(statename=state).number(key) == 1.0


def test_a_process_that_never_ran_was_not_stopped() -> None:
    assert _read(statename="STOPPED", start=0, stop=0).number("stopped_on_purpose") == 0.0


def test_a_signal_is_no_exit_status() -> None:
    assert "ended by a signal" in _read(exitstatus=-1).text


def test_a_running_process_has_no_exit_code() -> None:
    assert _read(statename="RUNNING").number("exit_code") is None


def test_a_failed_start_has_no_exit_status_though_supervisord_shows_zero() -> None:
    fact = _read(statename="FATAL", exitstatus=0, spawnerr="Exited too quickly (process log may have details)")
    assert fact.number("exit_code") is None


def test_rubbish() -> None:
    assert _read(statename=None).kind == "unreadable"


def test_what_the_process_uses_is_a_fact_of_its_own() -> None:
    usage = {"cpu_share": 0.4, "cpu_wanted_share": 1.0, "threads": 5, "files": 90, "files_max": 100}
    running = EXITED | {
        "statename": "RUNNING",
        "memory_limit_bytes": 64 * 2**20,
        "rss_bytes": 32 * 2**20,
        "usage": usage,
    }
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    state, used = read(Evidence("e1", "supervisor.status", "store", {}, "application/json", json.dumps(running), at))
    assert (state.kind, used.kind) == ("state", "usage")
    assert (used.number("memory_share"), used.number("fd_share")) == (0.5, 0.9)
    assert (used.number("cpu_share"), used.number("cpu_wanted_share")) == (0.4, 1.0)
    assert "32 MiB of memory (50%), 40% of the processor time that it may use and asks for 100%" in used.text
