"""A trouble that was resolved and comes back: on probation the same incident, later a regression that names the fix."""

from __future__ import annotations

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

PROBATION_SECONDS = 11 * 60


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = [Part(name) for name in ("regressed", "probed", "by-hand", "alone")]
    return stages.new(*parts, autonomy={"mode": "auto"})


def healed(stage: Stage, name: str, part: str) -> str:
    """One incident of a part that was healed by a restart; the alert's end comes after it."""
    fired = stage.raised(name, part)
    incident = str(stage.holder(name)["id"])
    stage.in_state(incident, "resolved")
    stage.ended(fired)
    stage.settled()
    return incident


def test_back_after_probation_it_is_a_new_incident_one_step_graver_that_names_the_fix(stage: Stage) -> None:
    first = healed(stage, "RegressedDown", "regressed")
    stage.later(PROBATION_SECONDS)
    stage.outside.parts["regressed"].well = False
    stage.raised("RegressedDown", "regressed")
    second = stage.holder("RegressedDown")
    assert second["id"] != first
    assert second["regression_of"] == first
    assert second["severity"] == "critical"
    words = stage.words(second["id"])
    assert first in words
    assert "restart regressed" in words
    assert "did not hold" in words
    assert stage.show(first)["incident"]["state"] == "resolved"


def test_back_on_probation_it_is_the_same_incident_with_a_second_run(stage: Stage) -> None:
    first = healed(stage, "ProbedDown", "probed")
    stage.later(5 * 60)
    stage.outside.parts["probed"].well = False
    stage.raised("ProbedDown", "probed")
    wait_until("the second run", lambda: stage.show(first)["incident"]["run"] == 2)
    assert len(stage.holders("ProbedDown")) == 1
    assert "reopened" in stage.moments(first)


def test_what_a_person_resolved_is_a_regression_when_it_returns_and_the_words_of_the_person_are_named(
    stage: Stage,
) -> None:
    stage.outside.parts["by-hand"].allowed = False
    stage.surveyed()
    fired = stage.raised("HandDown", "by-hand", severity="info")
    first = stage.holder("HandDown")["id"]
    stage.question(first)
    stage.post(f"/api/v1/incidents/{first}/resolve", {"resolution": "a new disk", "by": "alice"}, 200)
    stage.ended(fired)
    stage.later(PROBATION_SECONDS)
    stage.raised("HandDown", "by-hand", severity="info")
    second = stage.holder("HandDown")
    assert (second["regression_of"], second["severity"]) == (first, "warning")
    assert "a new disk" in stage.words(second["id"])
    assert "by-hand" not in stage.outside.effects


def test_what_cleared_by_itself_is_no_regression_when_it_returns(stage: Stage) -> None:
    fired = stage.raised("Transient")
    first = stage.holder("Transient")["id"]
    stage.in_state(first, "needs_human")
    stage.ended(fired)
    stage.in_state(first, "self_cleared")
    stage.later(2 * PROBATION_SECONDS)
    stage.raised("Transient")
    second = stage.holder("Transient")
    assert second["id"] != first
    assert (second["regression_of"], second["severity"]) == ("", "warning")
