"""The dependents cry first, then the root: what was begun for a dependent never acts once the root leads."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

CASES = ("waiting", "looking", "deciding", "acting", "over")


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = [part for name in CASES for part in (Part(f"{name}-root"), Part(f"{name}-leaf", needs=f"{name}-root"))]
    for part in parts[:2]:
        part.allowed = False
    return stages.new(*parts, autonomy={"mode": "auto"})


def root_raised(stage: Stage, case: str, incident: str) -> None:
    """The root joins the incident of its dependent, and leads."""
    stage.raised(f"Root-{case}", f"{case}-root")
    wait_until("the root leads", lambda: stage.show(incident)["incident"]["component"] == f"{case}-root")
    assert "root_moved" in stage.moments(incident)


def both_healed(stage: Stage, case: str, incident: str) -> None:
    stage.outside.parts[f"{case}-leaf"].well = True
    stage.in_state(incident, "resolved")
    assert len(stage.holders(f"Leaf-{case}")) == 1
    assert stage.outside.effects.count(f"{case}-root") == 1


def test_the_question_about_the_dependent_cannot_be_answered_any_more(stage: Stage) -> None:
    stage.raised("Leaf-waiting", "waiting-leaf")
    incident = stage.holder("Leaf-waiting")["id"]
    old = stage.question(incident)
    root_raised(stage, "waiting", incident)
    wait_until("the second run", lambda: stage.show(incident)["incident"]["run"] == 2)
    new = wait_until(
        "its question",
        lambda: [
            one for one in stage.show(incident)["approvals"] if one["state"] == "pending" and one["id"] != old["id"]
        ],
    )[0]
    assert stage.yes(old).status_code == 409
    assert "waiting-root" in new["summary"]
    assert stage.outside.effects.count("waiting-leaf") == 0
    assert stage.yes(new).status_code == 200
    both_healed(stage, "waiting", incident)
    assert stage.outside.effects.count("waiting-leaf") == 0


@pytest.mark.parametrize(("case", "path"), [("looking", "evidence"), ("deciding", "look")])
def test_a_response_about_the_dependent_that_was_under_way_does_nothing(stage: Stage, case: str, path: str) -> None:
    with stage.outside.holding(f"/{path}/{case}-leaf") as arrived:
        stage.raised(f"Leaf-{case}", f"{case}-leaf")
        arrived()
        incident = stage.holder(f"Leaf-{case}")["id"]
        stage.raised(f"Root-{case}", f"{case}-root")
        wait_until("the root joins", lambda: len(stage.members(incident)) == 2)
    wait_until("the effect on the root", lambda: f"{case}-root" in stage.outside.effects)
    both_healed(stage, case, incident)
    assert stage.outside.effects.count(f"{case}-leaf") == 0


def test_a_root_that_is_heard_of_during_the_action_gets_one_more_run(stage: Stage) -> None:
    with stage.outside.holding("/restart/acting-leaf") as arrived:
        stage.raised("Leaf-acting", "acting-leaf")
        arrived()
        incident = stage.holder("Leaf-acting")["id"]
        stage.raised("Root-acting", "acting-root")
        wait_until("the root joins", lambda: len(stage.members(incident)) == 2)
    wait_until("the effect on the root", lambda: "acting-root" in stage.outside.effects)
    both_healed(stage, "acting", incident)
    time.sleep(1.5)
    assert stage.outside.effects.count("acting-leaf") == 1
    assert stage.show(incident)["incident"]["run"] == 2


@pytest.mark.parametrize("step", ["evidence", "look"])
def test_where_the_lead_is_over_and_another_alert_fires_the_lead_is_not_restarted(stage: Stage, step: str) -> None:
    stage.outside.parts["over-leaf"].allowed = False
    stage.surveyed()
    leaf = stage.raised("Leaf-over", "over-leaf")
    incident = stage.holder("Leaf-over")["id"]
    stage.question(incident)
    with stage.outside.holding(f"/{step}/over-root") as arrived:
        root = stage.raised("Root-over", "over-root")
        arrived()
        stage.ended(root)
        wait_until("the word of its end", lambda: "cleared" in stage.moments(incident))
    stage.in_state(incident, "needs_human", "awaiting_approval")
    time.sleep(2)
    assert stage.outside.effects.count("over-root") == 0
    assert stage.outside.effects.count("over-leaf") == 0
    stage.ended(leaf)
    stage.in_state(incident, "self_cleared")
    stage.later(3600)
