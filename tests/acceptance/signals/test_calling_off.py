"""Resolved, muted or closed by hand at each step before the effect: nothing is done, and the timeline says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

WAYS = ("resolved", "silenced", "maintenance", "closed")
STEPS = ("investigating", "waiting", "approved", "acting")
REASONS = {"resolved": "over", "silenced": "silenced until", "maintenance": "maintenance", "closed": "not now"}
HALTED = {"needs_human", "self_cleared", "rejected"}


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    """What is investigated would be restarted unasked, as it is for the twin; the rest is asked for first."""
    parts = [
        Part(f"{way}-{step}", allowed=step in {"investigating", "acting"})
        for way in (*WAYS, "nothing")
        for step in STEPS
    ]
    return stages.new(*parts, autonomy={"mode": "auto"}, responses={"storm_from": 10_000})


def call_off(stage: Stage, way: str, part: str, fired: dict[str, Any]) -> None:
    """Let it be known to the server that nothing is to be done."""
    if way == "resolved":
        stage.ended(fired)
        incident = stage.holders(fired["labels"]["alertname"])[0]["id"]
        wait_until("the word of its end", lambda: "cleared" in stage.moments(incident))
    elif way == "silenced":
        body = {"matchers": [f"container={part}"], "duration": "1h", "reason": "moving disks"}
        stage.post("/api/v1/silences", body, 201)
    elif way == "maintenance":
        stage.post("/api/v1/maintenance", {"targets": [part], "duration": "1h", "reason": "moving disks"}, 201)
    elif way == "closed":
        incident = stage.holders(fired["labels"]["alertname"])[0]["id"]
        stage.post(f"/api/v1/incidents/{incident}/resolve", {"resolution": "not now"}, 200)


def at_step(stage: Stage, step: str, part: str, then: Callable[[dict[str, Any]], None]) -> str:
    """Bring an incident as far as the step, do something there, and go on; returns the incident's id."""
    name = f"Down-{part}"
    if step in {"investigating", "acting"}:
        path = f"/evidence/{part}" if step == "investigating" else f"/look/{part}"
        with stage.outside.holding(path) as arrived:
            fired = stage.raised(name, part)
            arrived()
            then(fired)
        return str(stage.holders(name)[0]["id"])
    fired = stage.raised(name, part)
    incident = str(stage.holder(name)["id"])
    question = stage.question(incident)
    if step == "waiting":
        then(fired)
        stage.yes(question)
        return incident
    with stage.outside.holding(f"/look/{part}") as arrived:
        assert stage.yes(question).status_code == 200
        arrived()
        then(fired)
    return incident


def going(stage: Stage, incident: str) -> bool:
    """Whether an action of it may still come to something."""
    return any(one["state"] in {"planned", "started"} for one in stage.show(incident)["attempts"])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_done_and_the_timeline_says_why(stage: Stage, way: str, step: str) -> None:
    part = f"{way}-{step}"
    incident = at_step(stage, step, part, lambda fired: call_off(stage, way, part, fired))
    stage.in_state(incident, *(HALTED if way != "closed" else {"resolved"}))
    wait_until("the end of the response", lambda: not stage.pending(incident) and not going(stage, incident))
    words = stage.words(incident)
    assert part not in stage.outside.effects
    reasons = {
        "resolved": ("over", "ended"),
        "silenced": ("silenced", "moving disks"),
        "maintenance": ("maintenance",),
        "closed": ("not now",),
    }
    assert any(reason in words for reason in reasons[way]), words
    assert all(one["state"] != "done" for one in stage.show(incident)["attempts"])
    if way == "resolved":
        assert stage.show(incident)["incident"]["state"] == "self_cleared", words


@pytest.mark.parametrize("step", STEPS)
def test_its_twin_that_nobody_calls_off_is_restarted_once(stage: Stage, step: str) -> None:
    part = f"nothing-{step}"
    incident = at_step(stage, step, part, lambda _fired: None)
    stage.in_state(incident, "resolved")
    assert stage.outside.effects.count(part) == 1
