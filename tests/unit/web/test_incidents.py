"""Incidents over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.incident import CLOSED, State
from lamplighter.testing import firing, resolved
from lamplighter.web import incidents

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

PATH = "/api/v1/incidents"


async def test_the_pages_follow_each_other_to_the_end(bench: Bench) -> None:
    for number in range(1, 8):
        bench.incidents.open(number)
    found: list[str] = []
    cursor = ""
    async with bench.client(incidents.router) as client:
        for _ in range(4):
            page = (await client.get(PATH, params={"limit": 2, "cursor": cursor})).json()
            found += [one["id"] for one in page["incidents"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert found == [f"INC-{number}" for number in range(7, 0, -1)]


async def test_a_cursor_of_other_filters_or_of_nobody_is_400_with_a_fix(bench: Bench) -> None:
    for number in range(1, 4):
        bench.incidents.open(number)
    async with bench.client(incidents.router) as client:
        cursor = (await client.get(PATH, params={"limit": 1, "status": "open"})).json()["next"]
        foreign = await client.get(PATH, params={"limit": 1, "status": "closed", "cursor": cursor})
        forged = await client.get(PATH, params={"limit": 1, "status": "open", "cursor": cursor[:-4] + "AAAA"})
    assert (foreign.status_code, foreign.json()["code"]) == (400, "cursor-of-another-filter")
    assert (forged.status_code, forged.json()["code"]) == (400, "bad-cursor")
    assert foreign.json()["fix"]


async def test_all_filters_reach_the_store(bench: Bench) -> None:
    query = "status=OPEN&severity=critical&severity=warning&component=nas&q=disk&since=2h&until=1h&flapping=true"
    async with bench.client(incidents.router) as client:
        assert (await client.get(f"{PATH}?{query}")).status_code == 200
    wanted = bench.incidents.asked[-1]
    assert set(wanted.states) == set(State) - CLOSED
    assert (wanted.severities, wanted.component, wanted.text) == (("critical", "warning"), "nas", "disk")
    assert wanted.flapping is True
    assert wanted.since is not None
    assert wanted.until is not None
    assert wanted.since < wanted.until


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=true", "state=good", "state=", "status=fine", "severity=x", "since=never",
        "cursor=INC-1", "cursor=%00", "q=%00", "flapping=2", "status=closed&state=received",
    ],
)  # fmt: skip
async def test_a_wrong_query_is_422(bench: Bench, query: str) -> None:
    async with bench.client(incidents.router) as client:
        answer = await client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["fix"]


async def test_the_alerts_of_an_incident_say_why_they_are_there(bench: Bench) -> None:
    first = firing("DiskFull", container="nas")
    second = resolved(firing("SlowShare", container="jellyfin"), first.starts_at)
    bench.incidents.open(1, first, second)
    async with bench.client(incidents.router) as client:
        page = (await client.get(f"{PATH}/INC-1/alerts", params={"limit": 1})).json()
        rest = (await client.get(f"{PATH}/INC-1/alerts", params={"limit": 1, "cursor": page["next"]})).json()
    assert (page["total"], rest["next"]) == (2, None)
    shown = page["alerts"][0]
    assert (shown["name"], shown["link"], shown["reason"], shown["firing"]) == (
        "DiskFull", "opened", "why DiskFull", True,
    )  # fmt: skip
    assert (rest["alerts"][0]["link"], rest["alerts"][0]["firing"]) == ("depends", False)


@pytest.mark.parametrize("path", ["INC-9", "INC-9/timeline", "INC-9/alerts"])
async def test_what_is_not_there_is_404(bench: Bench, path: str) -> None:
    async with bench.client(incidents.router) as client:
        assert (await client.get(f"{PATH}/{path}")).status_code == 404


async def test_an_incident_is_shown_with_all_that_is_known(bench: Bench) -> None:
    bench.incidents.open(1, regression_of="INC-7", held="a storm")
    async with bench.client(incidents.router) as client:
        found = (await client.get(f"{PATH}/INC-1")).json()
        events = (await client.get(f"{PATH}/INC-1/timeline")).json()["events"]
    assert found["incident"]["held"] == "a storm"
    assert found["incident"]["regression_of"] == "INC-7"
    assert [event["moment"] for event in events] == ["opened"]
