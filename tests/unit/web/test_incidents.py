"""Incidents over REST."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.incident import CLOSED, State
from lamplighter.testing import NOON, firing, resolved
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


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]


def case_in(archive: bytes) -> dict[str, Any]:
    name = next(name for name in unpacked(archive) if name.endswith("/case.json"))
    read: dict[str, Any] = json.loads(unpacked(archive)[name])
    return read


async def test_an_incident_is_exported_as_the_case_that_it_was_diagnosed_by(bench: Bench) -> None:
    incident = bench.incidents.open(1)
    piece = Evidence("e1", "docker.logs", "nas", {}, "text/plain", "the disk is full", NOON)
    bench.cases["INC-1", 1] = Case("INC-1", NOON, "disk full", (incident.alert,), ("nas",), evidence=(piece,))
    async with bench.client(incidents.router) as client:
        answer = await client.get(f"{PATH}/INC-1/case")
        missing = await client.get(f"{PATH}/INC-9/case")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/gzip")
    assert answer.headers["content-disposition"] == 'attachment; filename="INC-1.tar.gz"'
    assert unpacked(answer.content)["INC-1/evidence/e1.txt"] == b"the disk is full"
    assert case_in(answer.content)["components"] == ["nas"]
    assert missing.status_code == 404


async def test_a_run_that_is_not_diagnosed_yet_gives_the_one_before(bench: Bench) -> None:
    bench.incidents.held["INC-1"] = replace(bench.incidents.open(1), run=3)
    bench.cases["INC-1", 2] = Case("INC-1.2", NOON, "the second")
    async with bench.client(incidents.router) as client:
        answer = await client.get(f"{PATH}/INC-1/case")
    assert case_in(answer.content)["symptom"] == "the second"


async def test_before_any_diagnosis_the_alerts_are_exported(bench: Bench) -> None:
    bench.incidents.open(1, firing("DiskFull", container="nas"), firing("Slow", container="web"))
    async with bench.client(incidents.router) as client:
        case = case_in((await client.get(f"{PATH}/INC-1/case")).content)
    assert [alert["labels"]["alertname"] for alert in case["alerts"]] == ["DiskFull", "Slow"]
    assert (case["subject"], case["evidence"]) == ("nas", [])


async def test_an_incident_is_had_as_markdown(bench: Bench) -> None:
    bench.incidents.open(1, firing("<b>Disk</b>", container="nas"))
    async with bench.client(incidents.router) as client:
        answer = await client.get("/api/v1/incidents/INC-1/markdown")
        none = await client.get("/api/v1/incidents/INC-9/markdown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# INC-1: \\<b\\>Disk")
    assert none.status_code == 404


async def test_the_draft_of_a_post_mortem_is_had_as_markdown(bench: Bench) -> None:
    bench.incidents.open(1, firing("<b>Disk</b>", container="nas"))
    async with bench.client(incidents.router) as client:
        answer = await client.get("/api/v1/incidents/INC-1/postmortem")
        none = await client.get("/api/v1/incidents/INC-9/postmortem")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.startswith("# Post-mortem draft: INC-1, \\<b\\>Disk")
    assert none.status_code == 404
