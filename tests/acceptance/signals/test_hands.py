"""People split, merge and reopen, also while a response runs: it is remembered, and nothing is done twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

LONG_SECONDS = 20 * 60


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    pairs = [
        part
        for name in ("split", "void", "acting", "early")
        for part in (Part(f"{name}-store"), Part(f"{name}-front", needs=f"{name}-store"))
    ]
    for part in pairs[:4]:
        part.allowed = False
    lone = [Part(name, allowed=False) for name in ("merge-a", "merge-b", "again")]
    busy = [Part(name) for name in ("busy-a", "busy-b")]
    return stages.new(*pairs, *lone, *busy, autonomy={"mode": "auto"})


def pair_raised(stage: Stage, name: str) -> tuple[dict[str, object], dict[str, object]]:
    store = stage.raised(f"Store-{name}", f"{name}-store")
    stage.settled()
    front = stage.raised(f"Front-{name}", f"{name}-front")
    stage.settled()
    return store, front


def trouble_of(stage: Stage, incident: str, name: str) -> str:
    return next(str(one["trouble"]) for one in stage.members(incident) if one["name"] == name)


def test_a_split_is_remembered_when_the_pair_fires_again_also_after_a_restart(stage: Stage) -> None:
    alerts = pair_raised(stage, "split")
    whole = stage.holder("Store-split")["id"]
    assert stage.holder("Front-split")["id"] == whole
    trouble = trouble_of(stage, whole, "Front-split")
    alone = stage.post(f"/api/v1/incidents/{whole}/split", {"trouble": trouble, "by": "alice"}, 201)["id"]
    assert alone != whole
    assert "split" in stage.moments(whole)
    assert stage.holder("Front-split")["id"] == alone
    stage.ended(*alerts)
    for incident in (whole, alone):
        stage.in_state(incident, "self_cleared", "resolved")
    # Only now, because a question that time ends is refused, whatever its alert says.
    stage.later(LONG_SECONDS)
    stage.restarted()
    pair_raised(stage, "split")
    assert stage.holder("Store-split")["id"] != stage.holder("Front-split")["id"]


def test_split_off_the_lead_takes_its_question_with_it(stage: Stage) -> None:
    pair_raised(stage, "void")
    whole = stage.holder("Front-void")["id"]
    wait_until("the store leads", lambda: stage.show(whole)["incident"]["component"] == "void-store")
    question = wait_until("its question", lambda: about(stage, whole, "void-store"))[0]
    trouble = trouble_of(stage, whole, "Store-void")
    alone = stage.post(f"/api/v1/incidents/{whole}/split", {"trouble": trouble}, 201)["id"]
    wait_until("the question is closed", lambda: question["id"] not in stage.pending(whole))
    assert stage.yes(question).status_code == 409
    fresh = wait_until("a question of its own", lambda: about(stage, alone, "void-store"))[0]
    wait_until("one about the rest", lambda: about(stage, whole, "void-front"))
    assert not [one for one in stage.outside.effects if one.startswith("void")]
    assert stage.yes(fresh).status_code == 200
    stage.in_state(alone, "resolved")
    assert [one for one in stage.outside.effects if one.startswith("void")] == ["void-store"]


def about(stage: Stage, incident: str, part: str) -> list[dict[str, Any]]:
    """The open questions of an incident that would change this part."""
    found = stage.show(incident)["approvals"]
    return [one for one in found if one["state"] == "pending" and part in one["summary"]]


def test_merged_by_hand_there_is_one_incident_whose_old_question_cannot_be_answered(stage: Stage) -> None:
    first = stage.raised("MergeA", "merge-a")
    second = stage.raised("MergeB", "merge-b")
    into, other = stage.holder("MergeA")["id"], stage.holder("MergeB")["id"]
    assert into != other
    stage.question(into)
    question = stage.question(other)
    stage.post(f"/api/v1/incidents/{other}/merge", {"into": into, "by": "alice"}, 200)
    assert stage.show(other)["incident"]["state"] == "merged"
    assert stage.show(other)["incident"]["merged_into"] == into
    assert {one["name"] for one in stage.members(into)} == {"MergeA", "MergeB"}
    wait_until("its question is closed", lambda: stage.yes(question).status_code == 409)
    time.sleep(1.0)
    assert not {"merge-a", "merge-b"} & set(stage.outside.effects)
    stage.ended(second)
    stage.settled()
    assert stage.show(into)["incident"]["signal_cleared_at"] is None
    stage.ended(first)
    stage.in_state(into, "self_cleared")
    assert stage.show(other)["incident"]["state"] == "merged"


def test_reopened_by_hand_it_has_a_further_run_and_the_old_yes_counts_for_nothing(stage: Stage) -> None:
    stage.raised("AgainDown", "again")
    incident = stage.holder("AgainDown")["id"]
    old = stage.question(incident)
    stage.post(f"/api/v1/incidents/{incident}/resolve", {"resolution": "it looked well"}, 200)
    stage.post(f"/api/v1/incidents/{incident}/reopen", {"reason": "it is not"}, 200)
    wait_until("the old question is closed", lambda: old["id"] not in stage.pending(incident))
    new = stage.question(incident)
    assert stage.yes(old).status_code == 409
    assert "again" not in stage.outside.effects
    assert stage.yes(new).status_code == 200
    stage.in_state(incident, "resolved")
    assert stage.outside.effects.count("again") == 1
    assert stage.show(incident)["incident"]["run"] == 2


def test_split_while_the_effect_is_under_way_each_is_restarted_at_most_once(stage: Stage) -> None:
    store, front = stage.outside.parts["acting-store"], stage.outside.parts["acting-front"]
    with stage.outside.holding("/restart/acting-store") as arrived:
        pair_raised(stage, "acting")
        arrived()
        whole = stage.holder("Store-acting")["id"]
        trouble = trouble_of(stage, whole, "Front-acting")
        stage.post(f"/api/v1/incidents/{whole}/split", {"trouble": trouble}, 201)
    alone = stage.holders("Front-acting", open_only=True)
    stage.in_state(whole, "resolved", "needs_human")
    for incident in alone:
        stage.in_state(incident["id"], "resolved", "needs_human", "self_cleared")
    time.sleep(2)
    assert stage.outside.effects.count(store.name) == 1
    assert stage.outside.effects.count(front.name) <= 1


def test_split_while_it_is_investigated_neither_is_restarted_twice(stage: Stage) -> None:
    with stage.outside.holding("/evidence/early-store") as arrived:
        pair_raised(stage, "early")
        arrived()
        whole = stage.holder("Store-early")["id"]
        trouble = trouble_of(stage, whole, "Store-early")
        alone = stage.post(f"/api/v1/incidents/{whole}/split", {"trouble": trouble}, 201)["id"]
    for incident in (whole, alone):
        stage.in_state(incident, "resolved", "needs_human", "self_cleared")
    time.sleep(2)
    assert stage.outside.effects.count("early-store") == 1
    assert stage.outside.effects.count("early-front") <= 1


@pytest.mark.parametrize("path", ["restart", "look"])
def test_merged_away_while_it_acts_it_acts_at_most_once(stage: Stage, path: str) -> None:
    part = "busy-a" if path == "restart" else "busy-b"
    stage.raised(f"Host-{part}")
    into = stage.holder(f"Host-{part}")["id"]
    with stage.outside.holding(f"/{path}/{part}") as arrived:
        stage.raised(f"Busy-{part}", part)
        arrived()
        busy = stage.holder(f"Busy-{part}")["id"]
        answer = stage.client.post(f"/api/v1/incidents/{busy}/merge", json={"into": into})
        assert answer.status_code in {200, 409}
    time.sleep(3)
    holder = stage.holders(f"Busy-{part}", open_only=True)
    for incident in holder:
        stage.in_state(incident["id"], "resolved", "needs_human", "self_cleared", "awaiting_approval")
    assert stage.outside.effects.count(part) == 1 if path == "restart" else stage.outside.effects.count(part) <= 1
