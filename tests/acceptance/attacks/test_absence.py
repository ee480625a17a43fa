"""F17, F18: down, stale, partial, empty, an error in a good answer. None of it is health, and none of it a cause."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.quiet import expected
from lamplighter.diagnosis.readers import READERS
from lamplighter.domain.cause import LIKELY_FROM, Diagnosis
from lamplighter.domain.evidence import Case, Evidence
from tests.acceptance.attacks.corpus import cases

MATRIX = {"resultType": "matrix", "result": []}
NAN = {"metric": {"__name__": "up", "job": "web"}, "values": [[1772366400, "NaN"], [1772366460, "NaN"]]}
HISTOGRAM = {"metric": {"__name__": "latency"}, "histograms": [[1772366400, {"count": "1", "sum": "+Inf"}]]}
WELL = "nothing is wrong"
PROMETHEUS = {
    "empty": json.dumps({"status": "success", "data": MATRIX}),
    "partial": json.dumps({"status": "success", "warnings": ["some stores did not answer"], "data": MATRIX}),
    "NaN": json.dumps({"status": "success", "data": {**MATRIX, "result": [NAN]}}),
    "histograms": json.dumps({"status": "success", "data": {**MATRIX, "result": [HISTOGRAM]}}),
    "422": json.dumps({"status": "error", "errorType": "execution", "error": "query timed out"}),
    "HTML": "<html><body>502 Bad Gateway</body></html>",
    "nothing": "",
}
OTHERS = {
    "empty": {
        "loki": '{"status":"success","data":{"resultType":"streams","result":[]}}',
        "docker": "[]",
        "proxmox": '{"data":[]}',
        "kubectl": "No resources found in default namespace.",
        "journalctl": "-- No entries --",
        "systemctl": "Unit web.service could not be found.",
        "postgresql": "{}",
        "supervisor": "[]",
        "host": "{}",
        "traces": "",
        "alertmanager": "[]",
    },
    "an error in a good answer": {
        "loki": '{"status":"error","error":"too many outstanding requests"}',
        "docker": '{"message":"page not found"}',
        "proxmox": '{"data":null,"message":"permission check failed"}',
        "kubectl": '{"kind":"Status","status":"Failure","reason":"Forbidden","message":"forbidden","code":403}',
        "journalctl": "Hint: You are currently not seeing messages from other users and the system.",
        "systemctl": "Failed to connect to bus: No such file",
        "postgresql": '{"error":"permission denied for view pg_stat_activity"}',
        "supervisor": '{"error":"unix:///run/supervisor.sock refused connection"}',
        "host": '{"error":"no"}',
        "traces": "internal error",
        "alertmanager": '{"status":"error"}',
    },
}


def _blind(piece: Evidence, way: str) -> Evidence:
    family = piece.tool.split(".", maxsplit=1)[0]
    if family == "prometheus":
        return replace(piece, content=PROMETHEUS["empty" if way == "empty" else "422"])
    return replace(piece, content=OTHERS[way].get(family, ""))


def _assert_nothing_seen(found: Diagnosis) -> None:
    """What is likely rests on what the alerts or people said, and on no look."""
    for cause in found.causes:
        told = {fact.evidence for fact in found.cited(cause)}
        assert cause.confidence < LIKELY_FROM or told <= {"alerts", "symptom", "changes"}, cause


def _says_well(case: Case) -> bool:
    return diagnose(case).statement.startswith(WELL)


@pytest.mark.parametrize("case", [case for case in cases() if not expected(case.alerts)], ids=lambda case: case.id)
def test_who_sees_nothing_does_not_say_that_all_is_well(case: Case) -> None:
    for way in OTHERS:
        found = diagnose(replace(case, evidence=tuple(_blind(piece, way) for piece in case.evidence)))
        assert not found.statement.startswith(WELL)
        _assert_nothing_seen(found)
    failed = tuple(replace(piece, content="", error="no answer within 5 s") for piece in case.evidence)
    found = diagnose(replace(case, evidence=failed))
    assert not found.statement.startswith(WELL)
    _assert_nothing_seen(found)
    assert not case.evidence or any("failed: no answer" in fact.text for fact in found.facts)


@pytest.mark.parametrize("way", PROMETHEUS)
@pytest.mark.parametrize("tool", [tool for tool in READERS if tool.startswith("prometheus.")])
def test_a_prometheus_that_shows_nothing_is_no_health(tool: str, way: str) -> None:
    at = cases()[0].at
    piece = Evidence("e1", tool, "web", {"query": 'up{job="web"}'}, "application/json", PROMETHEUS[way], at)
    found = diagnose(Case("blind", at, "web is failing", evidence=(piece,) * 3, subject="web"))
    assert found.undetermined
    assert found.causes == ()
    assert not found.statement.startswith(WELL)
    assert found.needs


@pytest.mark.parametrize("state", ["cannot_see", "failing"])
def test_a_probe_that_cannot_see_is_no_health(state: str) -> None:
    at = cases()[0].at
    data = {"check": "c", "kind": "promql", "target": "up", "state": state, "detail": "422", "error": "", "samples": []}
    piece = Evidence("e1", "prometheus.probe", "web", {}, "application/json", json.dumps(data), at)
    assert not _says_well(Case("blind", at, "web is failing", evidence=(piece,), subject="web"))


def test_health_that_was_seen_before_the_trouble_is_no_health_where_the_newest_look_failed() -> None:
    """The older look said ok; the newest one could not see. What is not seen now is not well."""
    at = cases()[0].at
    data = {"check": "c", "kind": "http", "target": "http://web/", "detail": "", "error": "", "samples": []}
    old = Evidence(
        "e1", "http.probe", "web", {}, "application/json", json.dumps({**data, "state": "ok"}), at - timedelta(hours=1)
    )
    new = Evidence("e2", "http.probe", "web", {}, "application/json", json.dumps({**data, "state": "cannot_see"}), at)
    assert _says_well(Case("seen", at, "web is failing", evidence=(old,), subject="web"))
    assert not _says_well(Case("blind", at, "web is failing", evidence=(old, new), subject="web"))
