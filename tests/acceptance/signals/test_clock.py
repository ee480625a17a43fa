"""The wall clock jumps by two hours, both ways: approvals stay dead, silences stay, nothing opens, closes or acts."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.signals.conftest import OPEN, Part, Stage, Stages, alert, stamp, wait_until

HOURS_2 = 7200.0
EXPIRES_SECONDS = 6


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    asked = [Part(f"asked-{number}", allowed=False) for number in range(4)]
    alone = [Part(f"alone-{number}") for number in range(4)]
    autonomy = {
        "mode": "auto",
        "approval_expires": f"{EXPIRES_SECONDS}s",
        "limits": {"per_target": "1/1h", "between": "1s", "total": "100/1h"},
    }
    return stages.new(*asked, *alone, Part("blind", allowed=False, blind=True), autonomy=autonomy)


@pytest.fixture(autouse=True)
def right_again(stage: Stage) -> None:
    stage.wrong_by(0)


def refused(stage: Stage, question: dict[str, str], part: str) -> None:
    answer = stage.yes(question)
    time.sleep(1.5)
    assert part not in stage.outside.effects
    assert answer.status_code == 409, answer.text


def test_an_approval_that_expired_in_a_jump_is_not_revived_by_the_jump_back(stage: Stage) -> None:
    stage.raised("AskedDown0", "asked-0")
    incident = stage.holder("AskedDown0")["id"]
    question = stage.question(incident)
    stage.wrong_by(HOURS_2)
    stage.in_state(incident, "needs_human")
    stage.wrong_by(0)
    refused(stage, question, "asked-0")


def test_an_approval_lives_no_longer_because_the_clock_went_back(stage: Stage) -> None:
    stage.raised("AskedDown1", "asked-1")
    incident = stage.holder("AskedDown1")["id"]
    question = stage.question(incident)
    stage.wrong_by(-HOURS_2)
    time.sleep(EXPIRES_SECONDS + 3)
    refused(stage, question, "asked-1")


def test_a_yes_that_the_clock_outran_is_no_yes(stage: Stage) -> None:
    stage.raised("AskedDown2", "asked-2")
    question = stage.question(stage.holder("AskedDown2")["id"])
    with stage.outside.holding("/look/asked-2"):
        stage.wrong_by(HOURS_2)
        refused(stage, question, "asked-2")


@pytest.mark.parametrize(("part", "jump"), [("alone-0", -HOURS_2), ("alone-1", 1800.0)])
def test_a_silence_still_mutes_after_a_jump(stage: Stage, part: str, jump: float) -> None:
    body = {"matchers": [f"container={part}"], "duration": "1h", "reason": "moving disks"}
    silence = stage.post("/api/v1/silences", body, 201)
    stage.wrong_by(jump)
    time.sleep(1.5)
    stage.raised(f"Down-{part}", part)
    incident = stage.holder(f"Down-{part}")["id"]
    wait_until("it is held", lambda: "silenced" in stage.show(incident)["incident"]["held"])
    time.sleep(1.0)
    assert part not in stage.outside.effects
    assert stage.outside.told(incident) == []
    stage.wrong_by(0)
    stage.client.delete(f"/api/v1/silences/{silence['id']}").raise_for_status()
    stage.in_state(incident, "resolved")
    assert stage.outside.effects.count(part) == 1


def test_a_budget_that_is_used_up_stays_so_when_the_clock_goes_back(stage: Stage) -> None:
    stage.outside.parts["alone-2"].heals = False
    stage.raised("Down-alone-2", "alone-2")
    incident = stage.holder("Down-alone-2")["id"]
    stage.in_state(incident, "needs_human")
    assert stage.outside.effects.count("alone-2") == 1
    stage.wrong_by(-HOURS_2)
    stage.raised("Other-alone-2", "alone-2", at=stage.now())
    stage.post(f"/api/v1/incidents/{incident}/resolve", {"resolution": "looked"}, 200)
    stage.post(f"/api/v1/incidents/{incident}/reopen", {}, 200)
    stage.in_state(incident, "needs_human", "awaiting_approval")
    time.sleep(1.5)
    assert stage.outside.effects.count("alone-2") == 1


def test_jumps_close_nothing_open_nothing_and_make_nothing_flap(stage: Stage) -> None:
    waiting = stage.raised("BlindDown", "blind")
    lone = stage.raised("NobodyKnows")
    stage.in_state(stage.holder("BlindDown")["id"], "awaiting_approval", "needs_human")
    stage.in_state(stage.holder("NobodyKnows")["id"], "needs_human")
    before = {one["id"] for one in stage.incidents()}
    for jump in (HOURS_2, -HOURS_2, HOURS_2, 0.0, -HOURS_2, HOURS_2, -HOURS_2, 0.0):
        stage.wrong_by(jump)
        time.sleep(0.7)
        assert stage.send(waiting, lone).status_code == 202
        stage.settled()
    time.sleep(1.5)
    for name in ("BlindDown", "NobodyKnows"):
        incident = stage.holder(name)
        assert incident["state"] in OPEN
        assert not incident["flapping"]
        assert incident["run"] == 1
        assert "signal_cleared_at" not in incident or incident["signal_cleared_at"] is None
    assert {one["id"] for one in stage.incidents()} == before
    assert "blind" not in stage.outside.effects


def looked_twice(stage: Stage) -> None:
    """Wait until the signal was asked for and, so that the answer counts, asked for again."""
    before = stage.outside.arrived["/parts"]
    wait_until("two looks", lambda: stage.outside.arrived["/parts"] >= before + 2)


def test_a_jump_is_no_proof_of_health(stages: Stages) -> None:
    verify = {"for": "60s", "deadline": "120s", "every": "0.2s"}
    stage = stages.new(Part("relapsing", heals=False), autonomy={"mode": "auto"}, verify=verify)
    part = stage.outside.parts["relapsing"]
    with stage.outside.holding("/restart/relapsing") as arrived:
        stage.raised("RelapsingDown", "relapsing")
        arrived()
        part.well = True
    incident = stage.holder("RelapsingDown")["id"]
    wait_until("the verification", lambda: stage.show(incident)["incident"]["state"] == "verifying")
    looked_twice(stage)
    stage.wrong_by(HOURS_2)
    looked_twice(stage)
    assert stage.show(incident)["incident"]["state"] == "verifying"
    part.well = False
    looked_twice(stage)
    stage.later(120)
    stage.in_state(incident, "needs_human")
    assert stage.outside.effects == ["relapsing"]
    assert "resolved" not in stage.outside.told(incident)


def test_a_watchdog_is_not_missed_because_the_clock_went_forward(stages: Stages) -> None:
    stage = stages.new(watchdog={"within": "30m"})
    bark = alert("Watchdog", labels={"severity": "none"}, startsAt=stamp(stage.now()))
    assert stage.send(bark).status_code == 202
    stage.settled()
    # It looks every five seconds, and first has to have looked at all.
    time.sleep(6)
    stage.wrong_by(HOURS_2)
    time.sleep(6)
    assert stage.incidents() == []
