"""Silences over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.web import silences

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

SILENCE = {"matchers": ["jellyfin", 'severity=~"warning|info"'], "duration": "2h", "reason": "moving disks"}


async def test_a_silence_is_made_listed_and_ended(bench: Bench) -> None:
    async with bench.client(silences.router) as client:
        made = await client.post("/api/v1/silences", json={**SILENCE, "author": "alice"})
        listed = (await client.get("/api/v1/silences")).json()["silences"]
        ended = await client.delete(f"/api/v1/silences/{made.json()['id']}")
        left = (await client.get("/api/v1/silences")).json()["silences"]
        ever = (await client.get("/api/v1/silences?ended=true")).json()["silences"]
    assert made.status_code == 201
    shown = made.json()
    assert shown["matchers"][0] == {"name": "component", "op": "=", "value": "jellyfin"}
    assert (shown["author"], shown["reason"], shown["state"]) == ("alice", "moving disks", "active")
    held = bench.silences.held[shown["id"]]
    assert held.ends_at <= held.starts_at + timedelta(hours=2)
    assert [one["id"] for one in listed] == [shown["id"]]
    assert ended.json()["state"] == "ended"
    assert left == []
    assert len(ever) == 1


async def test_matchers_may_be_objects_and_the_end_a_time(bench: Bench) -> None:
    body = {
        "matchers": [{"name": "alertname", "op": "=~", "value": "Disk.*"}],
        "ends_at": (bench.clock.now() + timedelta(days=1)).isoformat(),
        "reason": "x",
    }
    async with bench.client(silences.router) as client:
        made = (await client.post("/api/v1/silences", json=body)).json()
    assert made["words"] == 'alertname=~"Disk.*"'


async def test_the_same_key_makes_one_silence(bench: Bench) -> None:
    headers = {"Idempotency-Key": "k"}
    async with bench.client(silences.router) as client:
        first = await client.post("/api/v1/silences", json=SILENCE, headers=headers)
        second = await client.post("/api/v1/silences", json=SILENCE, headers=headers)
    assert first.json() == second.json()
    assert len(bench.silences.held) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"matchers": []},
        {"matchers": ["{}"]},
        {"matchers": ['alertname=~"(a+)+"']},
        {"matchers": ['alertname=~".*"']},
        {"matchers": [5]},
        {"matchers": [{"name": "a", "op": ">", "value": "b"}]},
        {"duration": "31d"},
        {"duration": "0s"},
        {"duration": "for ever"},
        {"duration": 3600},
        {"duration": ""},
        {"ends_at": "2026-01-05T00:00:00Z", "duration": ""},
        {"ends_at": "2026-02-01T00:00:00Z"},
        {"ends_at": "soon", "duration": ""},
        {"starts_at": "2999-01-01"},
        {"starts_at": "9999-12-31T23:59:59Z"},
        {"reason": ""},
        {"author": ""},
        {"surprise": 1},
    ],
    ids=str,
)
async def test_a_silence_that_must_not_be_is_422_with_a_fix(bench: Bench, change: dict[str, Any]) -> None:
    async with bench.client(silences.router) as client:
        answer = await client.post("/api/v1/silences", json={**SILENCE, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["fix"]
    assert bench.silences.held == {}


async def test_what_is_not_there_cannot_be_ended(bench: Bench) -> None:
    async with bench.client(silences.router) as client:
        assert (await client.delete("/api/v1/silences/SIL-9")).status_code == 404
        assert (await client.delete("/api/v1/silences/x%2f..")).status_code in {404, 405, 422}
