"""Maintenance over REST."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.quiet import mutes
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.web import maintenance

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


async def test_windows_say_when_they_are_open_and_when_next(make_bench: type[Bench]) -> None:
    bench = make_bench(
        maintenance=[
            {"name": "Now", "when": "daily 12:30-13:30", "targets": ["nas"]},
            {"name": "Later", "when": "Sun 02:00-04:00", "targets": ["pve*", "nas"], "timezone": "Europe/London"},
        ]
    )
    async with bench.client(maintenance.router) as client:
        found = (await client.get("/api/v1/maintenance")).json()["windows"]
    assert (found[0]["open_until"], found[1]["open_until"]) == ("2026-01-05T13:30:00Z", None)
    assert found[1]["next_start"] == "2026-01-11T02:00:00Z"
    assert (found[1]["when"], found[1]["timezone"], found[1]["id"]) == ("Sun 02:00-04:00", "Europe/London", "")


async def test_planned_work_by_hand_is_a_silence_of_its_targets(bench: Bench) -> None:
    body = {"targets": ["nas", "web-*", "a.b"], "duration": "2h", "reason": "new disks"}
    async with bench.client(maintenance.router) as client:
        made = await client.post("/api/v1/maintenance", json=body)
        listed = (await client.get("/api/v1/maintenance")).json()["windows"]
        ended = await client.delete(f"/api/v1/maintenance/{made.json()['id']}")
        after = (await client.get("/api/v1/maintenance")).json()["windows"]
    assert made.status_code == 201
    held = bench.silences.held[made.json()["id"]]
    muted = [part for part in ("nas", "web-7", "a.b", "aXb", "dns", "") if _mutes(bench, made.json(), part)]
    assert muted == ["nas", "web-7", "a.b"]
    assert held.reason == "maintenance: new disks"
    assert listed[0]["id"] == made.json()["id"]
    assert listed[0]["targets"] == body["targets"]
    assert listed[0]["open_until"] == made.json()["ends_at"]
    assert ended.status_code == 200
    assert after == []


def _mutes(bench: Bench, made: dict[str, Any], component: str) -> bool:
    matchers = tuple(Matcher(one["name"], Op(one["op"]), one["value"]) for one in made["matchers"])
    starts, ends = datetime.fromisoformat(made["starts_at"]), datetime.fromisoformat(made["ends_at"])
    return mutes(Silence("", matchers, starts, ends, "a", "r"), {"component": component}, bench.clock.now())


@pytest.mark.parametrize("targets", [[], [""], ["alertname=X"], ["a b"], [5], ["x" * 201], ["x" * 150, "y" * 150]])
async def test_targets_that_are_no_components_are_422(bench: Bench, targets: list[Any]) -> None:
    async with bench.client(maintenance.router) as client:
        answer = await client.post("/api/v1/maintenance", json={"targets": targets, "duration": "1h"})
    assert answer.status_code == 422
    assert answer.json()["fix"]
