"""The whole app is killed at its worst moments: at most one effect, nothing is lost, and questions outlive it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.acceptance.faults.conftest import Lives, await_that

Begin = Callable[..., Lives]
RESTARTS_MIN = 20
# Each of more than twenty lives imports the whole program.
CRASH_LOOP_SECONDS_MAX = 600


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.soak])])
def store(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("new_postgres_url")())


def test_a_crash_loop_in_the_action_has_one_effect_and_ends_with_a_person(lives: Begin, store: str) -> None:
    app = lives("web", dies="act", store=store)
    app.alert("web")
    await_that("the end of the crash loop", lambda: app.door.states()["needs_human"], CRASH_LOOP_SECONDS_MAX)
    assert app.life[0] > RESTARTS_MIN
    assert app.engine.effects == {"web": 1}
    (incident,) = app.door.incidents()
    attempts = app.door.get(f"/api/v1/incidents/{incident['id']}")["attempts"]
    assert [one["state"] for one in attempts] in (["done"], ["unknown"])
    assert "closed" in app.door.moments(incident["id"])


def test_fifty_questions_outlive_a_kill_and_each_yes_counts_once(lives: Begin, store: str) -> None:
    names = [f"web{number}" for number in range(50)]
    app = lives(*names, mode="ask", store=store)
    app.alert(*names)
    await_that("fifty questions", lambda: app.door.states()["awaiting_approval"] == len(names))
    app.kill()
    assert app.door.states() == {"awaiting_approval": len(names)}
    assert app.engine.effects == {}

    questions = app.door.get("/api/v1/approvals?limit=200")["approvals"]
    assert len(questions) == len(names)
    wrong = app.door.call("POST", f"/api/v1/approvals/{questions[0]['id']}/approve", {"plan_hash": "0" * 24})
    assert wrong.status_code == 409

    def approve(question: dict[str, str]) -> httpx.Response:
        return app.door.call(
            "POST", f"/api/v1/approvals/{question['id']}/approve", {"plan_hash": question["plan_hash"]}
        )

    chosen = questions[:5]
    with ThreadPoolExecutor(8) as crowd:
        answers = [answer.status_code for answer in crowd.map(approve, chosen * 3)]
    assert sorted(answers) == [200] * 5 + [409] * 10
    await_that("five resolved", lambda: app.door.states()["resolved"] == len(chosen))
    app.kill()
    assert app.door.states() == {"awaiting_approval": 45, "resolved": 5}
    assert sorted(app.engine.effects.values()) == [1] * 5
    assert [approve(question).status_code for question in chosen] == [409] * 5


def test_a_yes_given_and_then_killed_is_acted_on_once_after_the_restart(lives: Begin) -> None:
    app = lives("web", mode="ask")
    app.alert("web")
    (question,) = await_that("the question", lambda: app.door.get("/api/v1/approvals")["approvals"])
    answer = app.door.call("POST", f"/api/v1/approvals/{question['id']}/approve", {})
    assert answer.status_code == 200
    app.kill()
    (incident,) = app.door.ended()
    assert incident["state"] in {"resolved", "needs_human", "self_cleared"}
    assert app.engine.effects["web"] == 1


def test_the_same_alert_many_times_at_once_is_one_incident_and_one_effect(lives: Begin) -> None:
    app = lives("web", "other")
    with ThreadPoolExecutor(8) as crowd:
        taken = [answer.status_code for answer in crowd.map(lambda _: app.alert("web", "web"), range(20))]
    assert set(taken) == {202}
    (incident,) = app.door.ended()
    assert incident["state"] == "resolved"
    assert app.engine.effects == {"web": 1}
    await_that("all forty counted", lambda: app.door.incidents()[0]["alert_count"] == 40)


def test_resolved_while_waiting_closes_the_question_and_does_nothing(lives: Begin) -> None:
    app = lives("web", mode="ask")
    app.alert("web")
    (question,) = await_that("the question", lambda: app.door.get("/api/v1/approvals")["approvals"])
    app.alert("web", resolved=True)
    (incident,) = app.door.ended()
    assert incident["state"] == "self_cleared"
    late = app.door.call("POST", f"/api/v1/approvals/{question['id']}/approve", {})
    assert late.status_code == 409
    assert app.engine.effects == {}


def test_resolved_while_the_process_is_away_is_not_acted_on_after_the_yes(lives: Begin) -> None:
    app = lives("web", mode="ask")
    app.alert("web")
    (question,) = await_that("the question", lambda: app.door.get("/api/v1/approvals")["approvals"])
    app.kill()
    app.alert("web", resolved=True)
    app.door.call("POST", f"/api/v1/approvals/{question['id']}/approve", {})
    (incident,) = app.door.ended()
    assert incident["state"] == "self_cleared"
    assert app.engine.effects == {}


def test_the_kill_switch_outlives_a_kill(lives: Begin) -> None:
    app = lives("web")
    assert app.door.call("POST", "/api/v1/pause", {"reason": "deploying"}).status_code == 200
    app.kill()
    app.alert("web")
    (incident,) = app.door.ended()
    assert incident["state"] == "needs_human"
    assert app.engine.effects == {}
