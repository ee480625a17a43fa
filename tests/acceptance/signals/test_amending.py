"""Amending a plan over the API: who may, for which question, with what; and what becomes of the old one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

MIB = 1024**2
PARTS = ("heavy-one", "heavy-two", "heavy-three")


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    return stages.new(*(Part(name, allowed=False) for name in PARTS), autonomy={"mode": "ask"})


@pytest.fixture(scope="module")
def questions(stage: Stage) -> dict[str, dict[str, Any]]:
    """A question about each part."""
    found = {}
    for name in PARTS:
        stage.raised(f"Down-{name}", name)
        found[name] = stage.question(stage.holder(f"Down-{name}")["id"])
    return found


def path(question: dict[str, Any]) -> str:
    return f"/api/v1/approvals/{question['id']}/amend"


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("operate", 403), ("deliver", 403), ("approve", 409)])
def test_only_who_may_approve_may_amend(
    stage: Stage, questions: dict[str, dict[str, Any]], scope: str, status: int
) -> None:
    token = stage.post("/api/v1/tokens", {"name": f"{scope}-amends", "scopes": [scope]}, 201)["token"]
    headers = {"authorization": f"Bearer {token}"}
    # For the approver the wrong hash is what stands in the way, and nothing else.
    body = {"plan_hash": questions["heavy-two"]["plan_hash"], "keep": [1]}
    with httpx.Client(base_url=str(stage.client.base_url), trust_env=False, timeout=60) as client:
        assert client.post(path(questions["heavy-one"]), json=body, headers=headers).status_code == status
        assert client.post(path(questions["heavy-one"]), json=body).status_code == 401
    assert stage.get(f"/api/v1/approvals/{questions['heavy-one']['id']}")["state"] == "pending"


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_people_of_a_lower_role_are_told_403(stage: Stage, questions: dict[str, dict[str, Any]], role: str) -> None:
    words = "four words will do"
    stage.post("/api/v1/users", {"name": f"{role}-amends", "password": words, "role": role}, 201)
    with httpx.Client(base_url=str(stage.client.base_url), trust_env=False, timeout=60) as client:
        signed_in = client.post("/login", json={"username": f"{role}-amends", "password": words}).json()
        headers = {"authorization": f"Bearer {signed_in['access_token']}"}
        one = questions["heavy-one"]
        body = {"plan_hash": one["plan_hash"], "keep": [1]}
        assert client.post(path(one), json=body, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"plan_hash": None},
        {"plan_hash": "x" * 24},
        {"keep": ["1"]},
        {"keep": [1.0]},
        {"keep": [True]},
        {"keep": [-1]},
        {"keep": [10**30]},
        {"keep": [1] * 50},
        {"keep": [3]},
        {"keep": [2, 1]},
        {"keep": []},
        {"keep": [1, 2]},
        {"limits": [{"action": 1, "bytes": 129 * MIB}]},
        {"limits": [{"action": 1, "bytes": 64 * MIB}]},
        {"limits": [{"action": 1, "bytes": 96.5}]},
        {"limits": [{"action": 2, "bytes": 96 * MIB}]},
        {"limits": [{"action": 1}]},
        {"keep": [1], "target": "other"},
        {"keep": [1], "reason": "x" * 3000},
    ],
)
def test_what_is_more_other_or_rubbish_is_422_and_the_question_stays(
    stage: Stage, questions: dict[str, dict[str, Any]], wrong: dict[str, object]
) -> None:
    one = questions["heavy-one"]
    body = {"plan_hash": one["plan_hash"], **wrong} if wrong else {}
    answer = stage.client.post(path(one), json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["fix"]
    assert stage.get(f"/api/v1/approvals/{one['id']}")["state"] == "pending"


def test_a_question_that_is_not_there_is_404_and_reading_never_amends(
    stage: Stage, questions: dict[str, dict[str, Any]]
) -> None:
    body = {"plan_hash": "0" * 24, "keep": [1]}
    assert stage.client.post("/api/v1/approvals/INC-999-x/amend", json=body).status_code == 404
    assert stage.client.get(path(questions["heavy-one"])).status_code == 405
    cross = stage.client.post(path(questions["heavy-one"]), json=body, headers={"origin": "http://evil.example"})
    assert cross.status_code == 403


def test_while_actions_are_paused_the_question_is_kept_from_being_lost(
    stage: Stage, questions: dict[str, dict[str, Any]]
) -> None:
    one = questions["heavy-three"]
    stage.post("/api/v1/pause", {"reason": "moving disks"}, 200)
    answer = stage.client.post(path(one), json={"plan_hash": one["plan_hash"], "keep": [1]})
    stage.post("/api/v1/resume", None, 200)
    assert answer.status_code == 409
    assert "paused" in answer.json()["detail"]
    assert stage.pending(one["incident_id"]) == [one["id"]]


def test_the_old_question_is_amended_and_only_a_yes_to_the_new_one_counts(
    stage: Stage, questions: dict[str, dict[str, Any]]
) -> None:
    one = questions["heavy-two"]
    body = {"plan_hash": one["plan_hash"], "keep": [1], "limits": [{"action": 1, "bytes": 96 * MIB}], "reason": "less"}
    held = stage.post(path(one), body, 200)
    assert (held["state"], held["reason"]) == ("amended", "less")
    old = stage.client.post(f"/api/v1/approvals/{one['id']}/approve", json={})
    assert old.status_code == 409
    assert "the question is amended by" in old.json()["detail"]
    fresh = wait_until("the new question", lambda: stage.pending(one["incident_id"]))[0]
    assert fresh != one["id"]
    assert not [effect for effect in stage.outside.effects if "heavy-two" in effect]
    swapped = stage.client.post(f"/api/v1/approvals/{fresh}/approve", json={"plan_hash": one["plan_hash"]})
    assert swapped.status_code == 409
    stage.post(f"/api/v1/approvals/{fresh}/approve", {}, 200)
    wait_until("the effect", lambda: f"limit heavy-two {96 * MIB}" in stage.outside.effects)
    stage.in_state(one["incident_id"], "needs_human", "resolved")
    assert [effect for effect in stage.outside.effects if "heavy-two" in effect] == [f"limit heavy-two {96 * MIB}"]
    assert "less" in stage.words(one["incident_id"])
