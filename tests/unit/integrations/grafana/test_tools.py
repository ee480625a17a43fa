from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.grafana.config import GrafanaConfig
from lamplighter.integrations.grafana.tools import GrafanaAlerts, GrafanaAnnotations, api_of, fitting
from lamplighter.testing import JsonServer, firing

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORE = Component("docker", "container", "shop-store-1", "c1", {SERVICE_LABEL: "store"})
ANNOTATIONS, ALERTS = "/api/annotations", "/api/alertmanager/grafana/api/v2/alerts"


async def ask(server: JsonServer, kind: type[GrafanaAnnotations | GrafanaAlerts]) -> Evidence:
    config = GrafanaConfig.model_validate({"url": server.url, "token": "t-1"})
    tool = kind(api_of(config), lambda: END)
    (found,) = await tool.gather(Question(STORE, firing(), END - timedelta(hours=1), END))
    return found


async def test_annotations_of_the_day_before_are_asked_for_and_those_of_the_component_come_first(
    json_server: JsonServer,
) -> None:
    other = {"id": 2, "text": "release of store-db", "tags": []}
    own = {"id": 1, "text": "release", "tags": ["service:Store"], "email": "bob@lan", "login": "bob"}
    json_server.answers = {ANNOTATIONS: [other, own, 5]}
    found = await ask(json_server, GrafanaAnnotations)
    (_, params) = json_server.asked[0]
    assert params["type"] == "annotation"
    assert int(params["to"]) - int(params["from"]) == 25 * 3600 * 1000
    assert json_server.headers[0]["authorization"] == "Bearer t-1"
    assert json.loads(found.content) == [
        {"id": 1, "text": "release", "tags": ["service:Store"], "component": "shop-store-1"},
        other,
    ]
    assert found.params["query"].startswith("GET /api/annotations?from=")
    assert not found.truncated


async def test_as_many_as_were_asked_for_means_that_there_may_be_more(json_server: JsonServer) -> None:
    json_server.answers = {ANNOTATIONS: [{"id": number} for number in range(200)]}
    assert (await ask(json_server, GrafanaAnnotations)).truncated


async def test_what_fires_is_asked_for_without_what_is_silenced(json_server: JsonServer) -> None:
    json_server.answers = {ALERTS: [{"labels": {"alertname": "Slow"}}]}
    found = await ask(json_server, GrafanaAlerts)
    assert json_server.asked == [(ALERTS, {"active": "true", "silenced": "false", "inhibited": "false"})]
    assert json.loads(found.content) == [{"labels": {"alertname": "Slow"}}]


@pytest.mark.parametrize("kind", [GrafanaAnnotations, GrafanaAlerts])
@pytest.mark.parametrize("answer", [None, {"message": "Unauthorized"}], ids=str)
async def test_a_failed_look_names_the_query_and_the_raw_reason(
    json_server: JsonServer, kind: type[GrafanaAnnotations | GrafanaAlerts], answer: object
) -> None:
    json_server.answers = {} if answer is None else {ANNOTATIONS: answer, ALERTS: answer}
    found = await ask(json_server, kind)
    assert found.error.startswith(f"GET {kind.path}?")
    assert ("HTTP 404" if answer is None else "Unauthorized") in found.error
    assert found.content == ""


def test_only_whole_elements_are_kept() -> None:
    items: list[dict[str, object]] = [{"text": "é" * 1000} for _ in range(100)]
    content, cut = fitting(items)
    assert cut
    assert len(content.encode()) <= EVIDENCE_BYTES_MAX
    assert json.loads(content) == items[: len(json.loads(content))] != []
