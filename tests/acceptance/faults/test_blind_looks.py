"""F17, F18 on the looks and checks themselves: down, stale, NaN, partial, refused or empty is never health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.investigator import DETERMINED_FROM
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import SOURCE, CheckKind, CheckSpec, Expected, SampleState
from lamplighter.domain.evidence import Case, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import SignalState
from lamplighter.integrations.prometheus.checks import PrometheusCheckReader, PrometheusChecks
from lamplighter.integrations.prometheus.client import PrometheusClient, PrometheusConfig
from lamplighter.testing import NOON, FakeClock, JsonServer, firing, roles_of, serving_json

WEB = Component("docker", "container", "web", "c1")
AT = NOON.timestamp()
QUERY, RANGE = "/api/v1/query", "/api/v1/query_range"
CHECK = CheckSpec("errors", CheckKind.PROMQL, "sum(errors) or vector(0)", expects=Expected(above=5))
PLAIN = CheckSpec("errors", CheckKind.PROMQL, "sum(errors)", expects=Expected(above=5))


@pytest.fixture
def server() -> Iterator[JsonServer]:
    with serving_json() as told:
        yield told


def vector(*values: str, **more: object) -> dict[str, object]:
    result = [{"metric": {}, "value": [AT, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


@dataclass(frozen=True, slots=True)
class Script:
    """What Prometheus answers to the query itself, and to the age of what it rests on; its own clock is right."""

    value: dict[str, object]
    age: dict[str, object]

    def __call__(self, params: dict[str, str]) -> object:
        if params["query"] == "time()":
            return {"status": "success", "data": {"resultType": "scalar", "result": [AT, str(AT)]}}
        return self.age if "timestamp(" in params["query"] else self.value


FRESH, STALE = vector(str(AT - 3)), vector(str(AT - 600))
REFUSED = {"status": "error", "errorType": "execution", "error": "query timed out in expression evaluation"}


@pytest.mark.parametrize(
    ("script", "spec"),
    [
        (Script(vector("0"), STALE), PLAIN),
        (Script(vector("NaN"), FRESH), PLAIN),
        (Script(vector(), FRESH), PLAIN),
        (Script(vector("0", warnings=["one store did not answer"]), FRESH), PLAIN),
        (Script(vector("0"), vector(str(AT - 3), warnings=["one store did not answer"])), PLAIN),
        (Script(vector("0"), vector()), CHECK),
        (Script(REFUSED, FRESH), PLAIN),
        (Script(vector("0"), REFUSED), PLAIN),
        (Script({"status": "success"}, FRESH), PLAIN),
    ],
    ids=["stale", "NaN", "empty", "partial", "partly aged", "a number of nothing", "422", "no age", "no data"],
)
async def test_a_check_that_cannot_see_neither_verifies_nor_fails(
    server: JsonServer, script: Script, spec: CheckSpec
) -> None:
    server.answers = {QUERY: script}
    clock = FakeClock(NOON)
    checks = PrometheusChecks(PrometheusClient(PrometheusConfig(url=server.url), clock), clock, 60.0)
    sample = await checks.sample(spec)
    assert sample.state is SampleState.CANNOT_SEE
    assert sample.detail
    labels = {"alertname": spec.name, "check": spec.name}
    alert = Alert(SOURCE, "a", AlertStatus.FIRING, labels, {}, NOON)
    reading = await PrometheusCheckReader((spec,), checks).read(alert)
    assert reading is not None
    assert reading.state is SignalState.NO_DATA


async def test_a_prometheus_that_is_down_neither_verifies_nor_fails() -> None:
    clock = FakeClock(NOON)
    checks = PrometheusChecks(PrometheusClient(PrometheusConfig(url="http://127.0.0.1:9"), clock), clock, 60.0)
    sample = await checks.sample(PLAIN)
    assert sample.state is SampleState.CANNOT_SEE
    assert "Connect" in sample.detail


async def test_the_clean_twin_of_these_is_well(server: JsonServer) -> None:
    server.answers = {QUERY: Script(vector("0"), FRESH)}
    clock = FakeClock(NOON)
    checks = PrometheusChecks(PrometheusClient(PrometheusConfig(url=server.url), clock), clock, 60.0)
    assert [(await checks.sample(spec)).state for spec in (PLAIN, CHECK)] == [SampleState.OK, SampleState.OK]


def matrix(*series: object, **more: object) -> dict[str, object]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}, **more}


def up(value: str, ago: timedelta = timedelta(), **more: object) -> dict[str, object]:
    metric = {"__name__": "up", "job": "web"}
    return matrix({"metric": metric, "values": [[(NOON - ago).timestamp(), value]]}, **more)


def good(data: object) -> dict[str, object]:
    return {"status": "success", "data": data}


LOKI = {"/loki/api/v1/labels": good(["job"]), "/loki/api/v1/label/job/values": good(["web"])}
LINES = "/loki/api/v1/query_range"
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"
NOTES = "/api/annotations"
STREAMS = {"resultType": "streams", "result": []}
# By tool: the answers, the statuses, and the words that the diagnosis must say of what it did not see.
BLIND: dict[str, tuple[str, dict[str, Any], dict[str, int], str]] = {
    "prometheus empty": ("prometheus", {RANGE: matrix()}, {}, "no series"),
    "prometheus NaN": ("prometheus", {RANGE: up("NaN")}, {}, "no number"),
    "prometheus partial": ("prometheus", {RANGE: up("1", warnings=["a store was away"])}, {}, "a store was away"),
    "prometheus stale": ("prometheus", {RANGE: up("1", timedelta(minutes=40))}, {}, "only old samples"),
    "prometheus 422": ("prometheus", {RANGE: REFUSED}, {RANGE: 422}, "HTTP 422 execution: query timed out"),
    "prometheus error in a 200": ("prometheus", {RANGE: REFUSED}, {}, "query timed out"),
    "prometheus away": ("prometheus", {}, {}, "HTTP 404"),
    "loki empty": ("loki", {**LOKI, LINES: good(STREAMS)}, {}, "no line"),
    "loki without a label of ours": ("loki", {**LOKI, "/loki/api/v1/labels": good([])}, {}, "no line"),
    "loki partial": ("loki", {**LOKI, LINES: {**good(STREAMS), "warnings": ["an ingester was away"]}}, {}, "ingester"),
    "loki error in a 200": ("loki", {**LOKI, LINES: {"status": "error", "error": "too many"}}, {}, "too many"),
    "loki 429": ("loki", {**LOKI, LINES: {"message": "too many outstanding requests"}}, {LINES: 429}, "HTTP 429"),
    "loki null": ("loki", {**LOKI, LINES: good(None)}, {}, "no streams"),
    "grafana error in a 200": ("grafana", {ALERTS: {"message": "no"}, NOTES: {"message": "no"}}, {}, "is no list"),
    "grafana 401": ("grafana", {ALERTS: {"message": "expired"}, NOTES: []}, {ALERTS: 401}, "HTTP 401"),
    "grafana away": ("grafana", {}, {}, "HTTP 404"),
    "alertmanager away": ("alertmanager", {}, {}, "HTTP 404"),
}


async def _gathered(system: str, url: str) -> list[Evidence]:
    question = Question(WEB, firing("WebDown"), NOON - timedelta(minutes=30), NOON)
    tools = roles_of(system, {"url": url}, NOON).tools
    return [piece for tool in tools if tool.serves(WEB) for piece in await tool.gather(question)]


def _case(pieces: list[Evidence], at: datetime = NOON) -> Case:
    return Case("blind", at, "web is failing", evidence=tuple(pieces), subject="web")


@pytest.mark.parametrize("way", BLIND)
async def test_a_look_that_shows_nothing_is_no_health_and_is_said(server: JsonServer, way: str) -> None:
    system, server.answers, server.statuses, words = BLIND[way]
    found = diagnose(_case(await _gathered(system, server.url)))
    assert found.undetermined
    assert all(cause.confidence < DETERMINED_FROM for cause in found.causes)
    assert "well" not in found.statement
    assert not found.statement.startswith("nothing is wrong")
    assert any(words in need for need in found.needs), found.needs
    assert any(words in fact.text for fact in found.facts)


async def test_nobody_answers_at_all() -> None:
    for system in ("prometheus", "loki", "grafana", "alertmanager"):
        found = diagnose(_case(await _gathered(system, "http://127.0.0.1:9")))
        assert found.undetermined
        assert "looks failed" in found.statement
        assert found.needs


@pytest.mark.parametrize("way", [way for way in BLIND if way.startswith(("prometheus", "loki"))])
async def test_a_blind_look_beside_a_good_one_is_named_where_all_is_well(server: JsonServer, way: str) -> None:
    system, server.answers, server.statuses, _ = BLIND[way]
    ok = {
        "check": "c",
        "kind": "http",
        "target": "http://web/",
        "state": "ok",
        "detail": "",
        "error": "",
        "samples": [],
    }
    probe = Evidence("probe", "http.probe", "web", {}, "application/json", json.dumps(ok), NOON)
    found = diagnose(_case([*await _gathered(system, server.url), probe]))
    # That the watching is broken where the component itself answers is a finding of its own.
    if found.causes:
        assert [cause.fault for cause in found.causes] == ["monitoring_gap"]
        assert {fact.kind for fact in found.cited(found.causes[0])} >= {"look_failed", "probe"}
        return
    assert "showed nothing, or not all: " in found.statement
    assert system in found.statement.rpartition("not all: ")[2]


async def test_what_a_blind_look_leaves_out_changes_no_cause_that_was_seen(server: JsonServer) -> None:
    dead = {"Name": "/web", "State": {"Status": "exited", "Running": False, "ExitCode": 137, "OOMKilled": True}}
    seen = Evidence("seen", "docker.inspect", "web", {"container": "web"}, "application/json", json.dumps([dead]), NOON)
    clean = diagnose(_case([seen]))
    assert clean.best is not None
    for system, server.answers, server.statuses, _ in BLIND.values():
        best = diagnose(_case([seen, *await _gathered(system, server.url)])).best
        assert best is not None
        assert (best.component, best.fault) == (clean.best.component, clean.best.fault)
