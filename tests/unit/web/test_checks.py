"""Checks and heartbeats over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.check import Sample, SampleState, Watch
from lamplighter.domain.heartbeat import ping_word
from lamplighter.testing import NOON
from lamplighter.web import checks

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


async def test_every_check_says_how_it_stands_and_unseen_is_not_good(bench: Bench) -> None:
    sample = Sample("Front / page", NOON, SampleState.FAILING, "answered 502")
    part = Watch(failing_since=NOON, last=Sample("x", NOON, SampleState.FAILING, "down"))
    bench.patrol.watches["Front / page"] = Watch(failing_since=NOON, firing=True, last=sample, parts={"web-1": part})
    async with bench.client(checks.router) as client:
        beat, front = (await client.get("/api/v1/checks")).json()["checks"]
    assert (beat["state"], beat["at"]) == ("cannot_see", None)
    assert (front["state"], front["detail"], front["firing"]) == ("failing", "answered 502", True)
    assert front["since"] == "2026-01-05T12:00:00Z"
    assert front["ping_url"] is None
    assert front["parts"] == [{"subject": "web-1", "detail": "down", "since": "2026-01-05T12:00:00Z"}]


async def test_a_check_is_run_by_its_name_even_with_a_slash(bench: Bench) -> None:
    async with bench.client(checks.router) as client:
        ran = await client.post("/api/v1/checks/Front%20%2F%20page/run", json={})
        missing = await client.post("/api/v1/checks/Nothing/run")
    assert (ran.json()["name"], ran.json()["state"]) == ("Front / page", "ok")
    assert missing.status_code == 404


async def test_the_ping_url_is_where_the_heartbeat_is_heard(bench: Bench) -> None:
    async with bench.client(checks.router) as client:
        url = (await client.get("/api/v1/checks")).json()["checks"][0]["ping_url"]
        assert url.startswith("http://lamp.lan/ping/backups-")
        for method in ("GET", "POST", "HEAD"):
            answer = await client.request(method, url, content=b"log of the job" if method == "POST" else None)
            assert answer.status_code == 200
    assert bench.patrol.pings == ["Backups"] * 3


async def test_the_site_url_is_the_address_where_there_is_one(make_bench: type[Bench]) -> None:
    bench = make_bench(site={"url": "https://ops.home.lan/"})
    async with bench.client(checks.router) as client:
        url = (await client.get("/api/v1/checks")).json()["checks"][0]["ping_url"]
    assert url == f"https://ops.home.lan/ping/{ping_word('Backups', 'correct-horse')}"


@pytest.mark.parametrize("word", ["backups", "backups-", "x" * 199, "x" * 500, "%00", "backups-" + "0" * 32])
async def test_a_guessed_ping_is_404_and_heard_by_nobody(bench: Bench, word: str) -> None:
    async with bench.client(checks.router) as client:
        answer = await client.get(f"/ping/{word}")
    assert answer.status_code in {404, 422}
    assert answer.json()["fix"]
    assert bench.patrol.pings == []


async def test_a_heartbeat_of_another_check_name_is_not_heard(bench: Bench) -> None:
    async with bench.client(checks.router) as client:
        assert (await client.get(f"/ping/{ping_word('Front / page', 'correct-horse')}")).status_code == 404
