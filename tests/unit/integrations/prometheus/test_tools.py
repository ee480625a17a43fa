from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import promql_parser
import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.prometheus.client import Matrix, RuleSpec
from lamplighter.integrations.prometheus.rules import Rulebook
from lamplighter.integrations.prometheus.tools import PrometheusRanges, component_query, kept_json, speaks_of, window_of
from lamplighter.ports import ToolError
from lamplighter.testing import FakeClock, firing

START = datetime(2026, 11, 22, tzinfo=UTC)
WEB = Component("docker", "container", "web", "c1", {SERVICE_LABEL: "front"})


def series(points: int = 1, **metric: str) -> msgspec.Raw:
    values = [[n, "1"] for n in range(points)]
    return msgspec.Raw(json.dumps({"metric": metric, "values": values}).encode())


class Server:
    def __init__(self, *found: msgspec.Raw, error: str = "") -> None:
        self.found = found
        self.error = error
        self.queries: list[str] = []

    async def alerting_rules(self) -> tuple[RuleSpec, ...]:
        if self.error:
            raise ToolError(self.error)
        return (RuleSpec("FrontDown", "up == 0 and on(job) load > 3"),)

    async def query_range(self, query: str, window: Mapping[str, str]) -> Matrix:
        self.queries.append(query)
        if self.error:
            raise ToolError(self.error)
        return Matrix(self.found, ())


def tool(server: Server) -> PrometheusRanges:
    clock = FakeClock()
    return PrometheusRanges(server, Rulebook(server, clock), clock.now)


@pytest.mark.parametrize(("seconds", "step"), [(0, 1), (60, 1), (239, 1), (240, 2), (3_600, 16), (86_400, 362)])
def test_no_window_has_more_than_240_points(seconds: int, step: int) -> None:
    window = window_of(START, START + timedelta(seconds=seconds))
    assert int(window["step"]) == step
    assert (float(window["end"]) - float(window["start"])) / step + 1 <= 240


@pytest.mark.parametrize("name", ["web", '"} or vector(1) #', "a.b|c\\"])
def test_a_hostile_name_stays_a_value(name: str) -> None:
    parsed = promql_parser.parse(component_query(Component("docker", "container", name, "c1")))
    kinds: list[str] = []
    promql_parser.walk(parsed, lambda node: kinds.append(type(node).__name__))
    assert set(kinds) == {"BinaryExpr", "VectorSelector"}
    assert kinds.count("VectorSelector") == 5


async def test_the_rules_series_come_only_for_the_component_the_alert_means() -> None:
    server = Server()
    alert = firing("FrontDown", job="web")
    alert.labels.pop("name", None)
    end = START + timedelta(hours=1)
    found = await tool(server).gather(Question(WEB, alert, START, end))
    assert server.queries == ["up{}", "load{}", component_query(WEB), "load{}", "load{}"]
    assert len({item.id for item in found}) == 3
    other = Component("docker", "container", "db", "c2")
    assert not speaks_of(Question(other, alert, START, end))
    assert len(await tool(server).gather(Question(other, alert, START, end))) == 1


async def test_the_rules_level_is_asked_for_a_day_and_a_week_earlier_as_a_normal_stretch() -> None:
    end = START + timedelta(hours=1)
    found = await tool(Server(series(3, job="web"))).gather(Question(WEB, firing("FrontDown", job="web"), START, end))
    calm = [item.params for item in found if item.params.get("phase") == "baseline"]
    starts = [float(params["start"]) for params in calm]
    assert starts == [(START - timedelta(days=days)).timestamp() for days in (1, 7)]
    assert {params["query"] for params in calm} == {"load{}"}
    assert len({item.id for item in found}) == 5


async def test_days_without_data_give_no_evidence() -> None:
    found = await tool(Server()).gather(Question(WEB, firing("FrontDown", job="web"), START, START))
    assert not any("phase" in item.params for item in found)


async def test_a_failure_names_the_query_and_the_raw_error() -> None:
    alert = firing("FrontDown", job="web")
    found = await tool(Server(error="HTTP 503")).gather(Question(WEB, alert, START, START))
    assert found
    assert all("HTTP 503" in item.error and not item.content for item in found)
    assert any(component_query(WEB) in item.error for item in found)


def test_too_much_is_cut_between_series_and_the_alerts_own_come_first() -> None:
    many = [series(240, job="other", n=str(n)) for n in range(60)]
    text, truncated = kept_json([*many, series(240, job="web")], ["half is missing"], {"job": "web"}, WEB)
    assert truncated
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    answer = json.loads(text)
    assert answer["warnings"] == ["half is missing"]
    assert answer["data"]["result"][0]["metric"] == {"job": "web", "component": "web"}


def test_only_what_is_the_components_bears_its_name() -> None:
    found = [series(container="front"), series(instance="web:9100"), series(job="db"), series(component="own")]
    text, truncated = kept_json(found, [], {}, WEB)
    metrics = [one["metric"] for one in json.loads(text)["data"]["result"]]
    assert [metric.get("component") for metric in metrics] == ["web", "web", None, "own"]
    assert truncated is False
