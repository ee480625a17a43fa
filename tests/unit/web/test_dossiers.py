"""What the API tells of one incident: facts with pictures and links, doubts, changes, and what was seen before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.incident import State
from lamplighter.testing import NOON, firing
from lamplighter.web import incidents
from lamplighter.web.dossiers import places_of
from tests.unit.reports.conftest import diagnosis, lesson

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

PATH = "/api/v1/incidents/INC-1"
METRIC = "memory_bytes"


def measured() -> Evidence:
    values = [[NOON.timestamp() + 15 * place, str(1 if place < 100 else 9)] for place in range(200)]
    content = json.dumps(
        {"status": "success", "data": {"result": [{"metric": {"__name__": METRIC, "job": "shop"}, "values": values}]}}
    )
    return Evidence("e7", "prometheus.query_range", "shop", {"query": METRIC}, "application/json", content, NOON)


def shift() -> Fact:
    values: dict[str, str | float] = {"metric": METRIC, "before": 1.0, "after": 9.0}
    return Fact("f7", "e7", "shop", "metric_shift", "memory rose", NOON, METRIC, values)


async def test_each_fact_has_number_query_series_and_links(bench: Bench) -> None:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.dossiers.found = diagnosis(facts=(*diagnosis().facts, shift()))
    bench.dossiers.pieces = (measured(),)
    bench.sources |= {
        "prometheus": SimpleNamespace(url="http://prom:9090"),
        "grafana": SimpleNamespace(url="http://g:3000"),
    }
    async with bench.client(incidents.router) as client:
        told = (await client.get(PATH)).json()
    last = told["facts"][-1]
    assert [fact["number"] for fact in told["facts"]] == list(range(1, 8))
    assert {key: last[key] for key in ("id", "component", "kind", "text", "evidence", "query")} == {
        "id": "f7",
        "component": "shop",
        "kind": "metric_shift",
        "text": "memory rose",
        "evidence": "e7",
        "query": METRIC,
    }
    assert 30 <= len(last["series"]["points"]) <= 60
    assert (last["series"]["unit"], last["series"]["changed_at"]) == ("B", "2026-01-05T12:00:00Z")
    assert last["links"]["prometheus"].startswith("http://prom:9090/graph?g0.expr=memory_bytes&")
    assert last["links"]["grafana"].startswith("http://g:3000/explore?")
    assert told["facts"][1]["series"] is None


async def test_it_tells_what_is_known_not_proven_ruled_out_and_changed(bench: Bench) -> None:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.dossiers.found = diagnosis()
    async with bench.client(incidents.router) as client:
        told = (await client.get(PATH)).json()
    assert (told["known"]["called"], told["known"]["word"]) == ("root cause", "likely")
    assert [one["component"] for one in told["not_proven"]["causes"]] == ["nas"]
    assert told["ruled_out"][0]["because"] == ["nas answers"]
    assert [one["fact"] for one in told["changes"]] == ["f3", "f4"]
    assert told["diagnosis"]["causes"][0]["fault"] == "oom"


async def test_it_tells_of_earlier_incidents_and_lessons(bench: Bench) -> None:
    alert = firing("Down", container="shop")
    bench.incidents.open(1, alert, state=State.RESOLVED, resolution="a new disk", closed_at=NOON)
    bench.incidents.open(2, alert)
    bench.lessons.append(replace(lesson(7, NOON - timedelta(days=1)), trouble=alert.trouble))
    async with bench.client(incidents.router) as client:
        told = (await client.get("/api/v1/incidents/INC-2")).json()
    assert [(one["incident_id"], one["done"]) for one in told["seen_before"]] == [
        ("INC-1", ["a new disk"]),
        ("INC-7", ["restart shop"]),
    ]


async def test_nothing_known_is_nothing_told(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(incidents.router) as client:
        told = (await client.get(PATH)).json()
        assert (await client.get("/api/v1/incidents/INC-9")).status_code == 404
    assert told["known"] is None
    assert told["facts"] == told["changes"] == told["ruled_out"] == told["seen_before"] == []
    assert told["not_proven"] == {"needs": [], "causes": []}


def test_places_are_those_of_the_configured_sources(bench: Bench) -> None:
    assert places_of(bench.context).prometheus == ""
    bench.sources["prometheus"] = SimpleNamespace(url="http://prom:9090")
    bench.sources["grafana"] = SimpleNamespace(url="")
    assert (places_of(bench.context).prometheus, places_of(bench.context).grafana) == ("http://prom:9090", "")
