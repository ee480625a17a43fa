"""B21: what an engine says of containers in every state, with nothing else known of them. Only what runs is up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.catalogue.fault_kind import Condition
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.standing import standings
from lamplighter.domain.evidence import Case, Evidence

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEVER = "0001-01-01T00:00:00Z"
BARE: dict[str, Any] = {
    "Name": "/web",
    "Config": {"Image": "shop:1", "Labels": None, "Env": None},
    "HostConfig": {"Memory": 0, "RestartPolicy": {"Name": "", "MaximumRetryCount": 0}},
}


def state(status: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever an engine says
    flags = {"Running": False, "Paused": False, "Restarting": False, "OOMKilled": False, "Dead": False}
    return {"Status": status, **flags, "ExitCode": 0, "Error": "", "StartedAt": NEVER, "FinishedAt": NEVER, **more}


STATES = [
    (state("running", Running=True, StartedAt="2026-03-01T11:00:00Z"), Condition.RUNNING),
    (state("running", Running=True, Health=None), Condition.RUNNING),
    (state("running", Running=True, Health={"Status": "none"}), Condition.RUNNING),
    (state("running", Running=True, Health={"Status": "starting"}), Condition.RUNNING),
    (state("running", Running=True, Health={"Status": "healthy", "Log": None}), Condition.HEALTHY),
    (state("running", Running=True, Health={"Status": "unhealthy", "FailingStreak": 3}), Condition.FAILING),
    (state("paused", Running=True, Paused=True), Condition.DOWN),
    (state("restarting", Running=True, Restarting=True), Condition.RESTARTING),
    (state("created"), Condition.DOWN),
    (state("exited", ExitCode=137, FinishedAt="2026-03-01T11:59:00Z"), Condition.DOWN),
    (state("dead", Dead=True, FinishedAt="2026-03-01T11:59:00Z"), Condition.DOWN),
    (state("removing"), Condition.DOWN),
    ({}, Condition.UNKNOWN),
    (None, Condition.UNKNOWN),
]


def case(inspected: object) -> Case:
    piece = Evidence("e1", "docker.inspect", "", {"container": "web"}, "application/json", json.dumps(inspected), AT)
    return Case("states", AT, "web is failing", evidence=(piece,), subject="web")


@pytest.mark.parametrize(("said", "condition"), STATES, ids=lambda value: json.dumps(value)[:60])
@pytest.mark.parametrize("form", ["object", "list"])
def test_only_what_runs_is_up(said: object, condition: Condition, form: str) -> None:
    inspected: object = {**BARE, "State": said}
    one = case([inspected] if form == "list" else inspected)
    assert standings(one, collect(one))["web"].condition is condition
    found = diagnose(one)
    assert found.statement.startswith("nothing is wrong") is (condition is Condition.HEALTHY)


@pytest.mark.parametrize("name", ["/web", "web", "//web", "/", "", None, 7])
def test_a_name_of_any_shape_is_read(name: object) -> None:
    found = diagnose(case({**BARE, "Name": name, "State": state("exited", ExitCode=1)}))
    assert {fact.component for fact in found.facts if fact.kind == "state"} == {"web"}
