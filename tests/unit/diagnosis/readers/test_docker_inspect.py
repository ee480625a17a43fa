from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence

# Cut from what engine 20.10 answered for a container with 16 MiB that was killed for memory.
KILLED: dict[str, Any] = {
    "Name": "/oom",
    "RestartCount": 0,
    "State": {
        "Status": "exited",
        "Running": False,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": True,
        "Dead": False,
        "Pid": 0,
        "ExitCode": 137,
        "Error": "",
        "StartedAt": "2026-11-21T01:32:49.117025371Z",
        "FinishedAt": "2026-11-21T01:32:49.367025371Z",
    },
    "HostConfig": {"Memory": 16777216, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}},
    "Config": {"Image": "bb:1", "Labels": {}},
}


def _look(content: object, component: str = "oom") -> Evidence:
    text = content if isinstance(content, str) else json.dumps(content)
    return Evidence("e1", "docker.inspect", component, {}, "application/json", text, datetime(2026, 11, 21, tzinfo=UTC))


def test_a_container_that_was_killed_for_memory() -> None:
    (fact,) = read(_look(KILLED))
    assert (fact.kind, fact.component) == ("state", "oom")
    assert fact.at == datetime(2026, 11, 21, 1, 32, 49, 367025, tzinfo=UTC)
    assert fact.number("oom_killed") == 1.0
    assert fact.number("exit_code") == 137.0
    assert fact.number("memory_limit_bytes") == 16777216.0
    assert fact.number("ran_seconds") == 0.25
    assert "OOMKilled" in fact.text


def test_no_limit_is_no_value() -> None:
    (fact,) = read(_look([KILLED | {"HostConfig": {"Memory": 0}}]))
    assert fact.number("memory_limit_bytes") is None


def test_the_engines_health_check_is_a_fact_of_its_own() -> None:
    state = {"Status": "running", "Running": True, "Health": {"Status": "unhealthy", "FailingStreak": 4}}
    facts = read(_look(KILLED | {"State": state}))
    assert [(fact.kind, fact.values.get("status")) for fact in facts] == [("state", "running"), ("health", "unhealthy")]
    assert facts[0].number("exit_code") is None


def test_the_name_stands_in_for_a_missing_component() -> None:
    assert read(_look(KILLED, ""))[0].component == "oom"


def test_rubbish_is_one_fact_that_says_so() -> None:
    for rubbish in ("", "no such container", "[]", "{}", '{"State": 5}'):
        assert [fact.kind for fact in read(_look(rubbish))] == ["unreadable"]
