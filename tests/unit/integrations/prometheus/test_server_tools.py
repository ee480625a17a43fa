from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.prometheus.client import Matrix, RuleSpec
from lamplighter.integrations.prometheus.rules import Rulebook
from lamplighter.integrations.prometheus.server_tools import (
    PrometheusInstant,
    PrometheusMetadata,
    PrometheusRules,
    PrometheusTargets,
    ServerTool,
    is_of,
    kept_groups,
    kept_targets,
    metrics_of,
)
from lamplighter.ports import EvidenceTool, ToolError
from lamplighter.testing import FakeClock, firing

AT = datetime(2026, 11, 22, tzinfo=UTC)
WEB = Component("docker", "container", "web", "c1", {SERVICE_LABEL: "front"})


class Server:
    def __init__(self, body: bytes = b"", *found: msgspec.Raw, warnings: tuple[str, ...] = ()) -> None:
        self.body = body
        self.found = found
        self.warnings = warnings

    async def alerting_rules(self) -> tuple[RuleSpec, ...]:
        return (RuleSpec("FrontDown", "up == 0"), RuleSpec("Other", "down == 1"))

    async def instant(self, _query: str) -> Matrix:
        return Matrix(self.found, self.warnings)

    async def document(self, _path: str, _params: Mapping[str, str]) -> bytes:
        if not self.body:
            raise ToolError("GET /api/v1/x: HTTP 503")
        return self.body


def question(alert: Alert | None = None) -> Question:
    return Question(WEB, alert or firing("FrontDown", container="web"), AT, AT)


def tool(kind: type[ServerTool], server: Server) -> EvidenceTool:
    clock = FakeClock()
    return kind(server, Rulebook(server, clock), clock.now)


async def test_a_partial_answer_says_so() -> None:
    series = msgspec.Raw(b'{"metric": {"job": "x"}, "value": [1, "0"]}')
    server = Server(b"", series, warnings=("one store did not answer",))
    (found,) = await tool(PrometheusInstant, server).gather(question())
    told = json.loads(found.content)
    assert told["warnings"] == ["one store did not answer"]
    assert (told["data"]["resultType"], len(told["data"]["result"])) == ("vector", 1)
    assert found.params["query"] == "up == 0"


async def test_only_the_alerts_own_rule_is_kept() -> None:
    rules = [{"name": name, "query": "up == 0", "state": "firing", "labels": {}} for name in ("FrontDown", "Other")]
    body = {"status": "success", "warnings": ["half"], "data": {"groups": [{"name": "g", "rules": rules}, "odd"]}}
    (found,) = await tool(PrometheusRules, Server(json.dumps(body).encode())).gather(question())
    told = json.loads(found.content)
    assert [rule["name"] for group in told["data"]["groups"] for rule in group["rules"]] == ["FrontDown"]
    assert told["warnings"] == ["half"]
    assert await tool(PrometheusRules, Server(json.dumps(body).encode())).gather(question(firing("Nobodys"))) == ()


@pytest.mark.parametrize("body", [b"{]", b"[]", b"\xff", b'{"data": {"activeTargets": 5}}', b'{"data": []}', b"{}"])
async def test_rubbish_is_a_failed_look(body: bytes) -> None:
    (found,) = await tool(PrometheusTargets, Server(body)).gather(question())
    assert found.error.startswith("GET /api/v1/targets?state=active: ")
    assert all(one.error for one in await tool(PrometheusRules, Server(body)).gather(question()))


@pytest.mark.parametrize(
    ("target", "own"),
    [
        ({"labels": {"job": "web", "instance": "10.0.0.1:80"}}, True),
        ({"labels": {"job": "x", "instance": "front:9100"}}, True),
        ({"labels": {"container": "/web"}}, True),
        ({"labels": {}, "discoveredLabels": {"__meta_docker_container_name": "/web"}}, True),
        ({"labels": {}, "scrapeUrl": "http://web:9100/metrics"}, True),
        ({"labels": {"job": "website"}, "scrapeUrl": "http://website:80/web"}, False),
        ({"labels": "odd", "discoveredLabels": None, "scrapeUrl": "http://[::1"}, False),
        ({"labels": {"job": 5}}, False),
    ],
)
def test_a_target_is_known_by_label_discovery_or_host(target: dict[str, Any], *, own: bool) -> None:
    assert is_of(target, WEB) is own


def test_of_too_many_targets_the_unhealthy_stay() -> None:
    up = {"health": "up", "labels": {"job": "web"}, "discoveredLabels": {"a": "x" * 900}, "lastError": "y" * 900}
    text, truncated = kept_targets([*[up] * 200, {**up, "health": "down"}], ["half"])
    told = json.loads(text)
    assert truncated
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    assert told["data"]["activeTargets"][0]["health"] == "down"
    assert told["warnings"] == ["half"]


def test_of_too_many_active_alerts_the_components_own_stay() -> None:
    others = [{"labels": {"job": f"j{n}", "pad": "x" * 500}} for n in range(300)]
    groups = [{"name": "g", "rules": [{"name": "FrontDown", "alerts": [*others, {"labels": {"job": "web"}}]}]}]
    text, truncated = kept_groups(groups, [], WEB)
    alerts = json.loads(text)["data"]["groups"][0]["rules"][0]["alerts"]
    assert truncated
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    assert alerts[0]["labels"]["job"] == "web"


async def test_metrics_are_described_by_the_server_that_keeps_them() -> None:
    body = b'{"status":"success","data":{"up":[{"type":"gauge","help":"x","unit":""}],"other":[{"type":"counter"}]}}'
    (found,) = await tool(PrometheusMetadata, Server(body)).gather(question())
    assert json.loads(found.content)["data"] == {"up": [{"type": "gauge", "help": "x", "unit": ""}]}
    assert (found.params["query"], found.error) == ("GET /api/v1/metadata?metric=up", "")


async def test_metrics_that_are_not_described_or_not_asked_for() -> None:
    (found,) = await tool(PrometheusMetadata, Server(b'{"status":"success","data":null}')).gather(question())
    assert json.loads(found.content)["data"] == {}
    (failed,) = await tool(PrometheusMetadata, Server()).gather(question())
    assert "HTTP 503" in failed.error
    assert (
        list(await tool(PrometheusMetadata, Server(b"{}")).gather(question(firing("Strange", container="web")))) == []
    )


def test_a_histogram_is_described_under_its_own_name() -> None:
    rule = "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m]))) > 1 and on() up == 1"
    assert metrics_of([rule, "latency_seconds_sum > 1"]) == ("latency_seconds", "up")
