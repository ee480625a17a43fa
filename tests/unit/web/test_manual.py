"""B16 and the manual door: what is reported goes the way of every alert, and rubbish is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.incident import State
from lamplighter.web import manual

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

REPORT = {
    "log": "ERROR connect ECONNREFUSED db:5432: connection refused password=hunter2",
    "service": "shop",
    "severity": "critical",
}


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/incident"])
async def test_a_new_trouble_is_201_with_its_incident_and_hints(bench: Bench, path: str) -> None:
    bench.incidents.open(1, state=State.RECEIVED)
    bench.journal.outcomes = [None, ("opens", "INC-1", "nobody works on it yet")]
    async with bench.client(manual.router) as client:
        answer = await client.post(path, json=REPORT)
    found = answer.json()
    assert (answer.status_code, found["status"], found["incident_id"]) == (201, "new", "INC-1")
    assert found["incident"]["id"] == "INC-1"
    assert found["reason"] == "nobody works on it yet"
    assert found["runbooks"] == [{"name": "dns", "title": "Restart the DNS stack", "score": 4.2}]
    assert found["recommendations"]
    assert "refused" in found["recommended_because"]
    assert found["response_time_ms"] > 0
    assert bench.told.nudges == 1
    taken = bench.journal.taken[0]
    assert (taken.source, taken.labels["service"], taken.severity) == ("manual", "shop", "critical")
    assert "hunter2" not in str(taken)


async def test_a_known_trouble_is_200_and_a_returned_one_a_regression(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.incidents.open(2, regression_of="INC-1")
    bench.journal.outcomes = [("joins", "INC-1", "the same trouble"), ("opens", "INC-2", "it is back")]
    async with bench.client(manual.router) as client:
        known = await client.post("/incident", json=REPORT)
        back = await client.post("/incident", json=REPORT)
    assert (known.status_code, known.json()["status"]) == (200, "existing")
    assert (back.status_code, back.json()["status"]) == (201, "regression")


async def test_what_takes_longer_is_202_and_says_where_to_look(bench: Bench) -> None:
    async with bench.client(manual.router) as client:
        answer = await client.post("/incident", json=REPORT)
    found = answer.json()
    assert (answer.status_code, found["status"], found["incident"]) == (202, "pending", None)
    assert "/api/v1/alerts" in found["reason"]
    assert 3000 <= found["response_time_ms"] < 3500


async def test_what_is_put_aside_says_why(bench: Bench) -> None:
    bench.journal.outcomes = [("suppresses", "", "a sign of life")]
    async with bench.client(manual.router) as client:
        answer = await client.post("/incident", json=REPORT)
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (
        200,
        "put_aside",
        "a sign of life",
    )


async def test_the_same_key_reports_once(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.journal.outcomes = [("opens", "INC-1", "why")]
    headers = {"Idempotency-Key": "k"}
    async with bench.client(manual.router) as client:
        first = await client.post("/incident", json=REPORT, headers=headers)
        second = await client.post("/incident", json=REPORT, headers=headers)
        other = await client.post("/incident", json={**REPORT, "service": "x"}, headers=headers)
    assert first.json() == second.json()
    assert other.status_code == 422
    assert len(bench.journal.taken) == 1


async def test_a_store_that_is_away_is_503_and_may_be_tried_again_with_the_key(bench: Bench) -> None:
    bench.journal.away = True
    headers = {"Idempotency-Key": "k"}
    async with bench.client(manual.router) as client:
        assert (await client.post("/incident", json=REPORT, headers=headers)).status_code == 503
        bench.journal.away = False
        assert (await client.post("/incident", json=REPORT, headers=headers)).status_code == 202


BAD: list[Any] = [
    {},
    {"log": "x"},
    {"service": "x"},
    {"log": "", "service": "x"},
    {"log": "  ", "service": "x"},
    {"log": 1, "service": "x"},
    {"log": True, "service": "x"},
    {"log": 1.5, "service": "x"},
    {"log": None, "service": "x"},
    {"log": ["x"], "service": "x"},
    {"log": "x", "service": -1},
    {"log": "x", "service": 10**40},
    {"log": "x", "service": "y" * 201},
    {"log": "x" * 16_001, "service": "x"},
    {"log": "x", "service": "x", "severity": "bad"},
    {"log": "x", "service": "x", "severity": 1},
    {"log": "x", "service": "x", "id": -1},
    [],
    None,
    "x",
    7,
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body)[:40])
async def test_rubbish_is_422_and_nothing_is_journaled(bench: Bench, body: object) -> None:
    async with bench.client(manual.router) as client:
        answer = await client.post("/incident", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["fix"]
    assert bench.journal.taken == []


async def test_half_a_character_is_taken_in_as_one_that_can_be_shown(bench: Bench) -> None:
    async with bench.client(manual.router) as client:
        answer = await client.post("/incident", content=b'{"log": "a\\ud800b", "service": "x"}')
    assert answer.status_code in {202, 422}
    assert "\ud800" not in str(bench.journal.taken)


@pytest.mark.parametrize("given", ["INC-1", 1])
async def test_the_ancestors_resolve_by_id_or_number(bench: Bench, given: object) -> None:
    bench.incidents.open(1)
    async with bench.client(manual.router) as client:
        answer = await client.post(
            "/resolve", json={"incident_id": given, "resolution": "rebooted", "resolved_by": "bob"}
        )
    assert (answer.json()["state"], answer.json()["resolved_by"]) == ("resolved", "bob")


@pytest.mark.parametrize("given", [-1, 0, 10**18, 10**400, 1.0, True, "1", "INC--1", "INC-1\n", None, [], {}, "INC-٣"])
async def test_the_ancestors_resolve_refuses_what_is_no_id(bench: Bench, given: object) -> None:
    bench.incidents.open(1)
    async with bench.client(manual.router) as client:
        answer = await client.post("/resolve", json={"incident_id": given})
    assert answer.status_code == 422
    assert bench.incidents.held["INC-1"].is_open
