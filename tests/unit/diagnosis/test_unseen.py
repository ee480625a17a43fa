from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.unseen import UNSEEN
from lamplighter.domain.evidence import Case, Evidence
from tests.unit.diagnosis.home import NOW

RANGE = "prometheus.query_range"


def answered(*series: object, **more: object) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(series)}, **more})


def values(*points: tuple[float, str]) -> dict[str, object]:
    return {"metric": {"__name__": "up", "job": "web"}, "values": [list(point) for point in points]}


def case(tool: str, content: str, **params: str) -> Case:
    piece = Evidence("e1", tool, "web", {"query": "asked", **params}, "application/json", content, NOW)
    return Case("c", NOW, "web is slow", evidence=(piece,), subject="web")


def said(one: Case) -> list[str]:
    return [fact.text for fact in collect(one) if fact.kind == UNSEEN]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (answered(), "no series"),
        (answered(values((NOW.timestamp(), "NaN"))), "no number"),
        (answered(values((NOW.timestamp(), "1")), warnings=["one store did not answer"]), "a part only: one store"),
        (answered(values((NOW.timestamp() - 3600, "1"))), "only old samples: the newest is of 11:00:00 UTC"),
    ],
)
def test_series_that_show_less_than_they_seem_to(content: str, words: str) -> None:
    (text,) = said(case(RANGE, content))
    assert text.startswith(f"{RANGE} showed {words}")
    assert text.endswith("asked")


def test_series_that_show_what_was_asked_for_say_nothing_of_this() -> None:
    fresh = answered(values((NOW.timestamp() - 60, "1")), values((NOW.timestamp() - 7200, "1")))
    assert said(case(RANGE, fresh)) == []
    ended = (NOW - timedelta(hours=2)).timestamp()
    assert said(case(RANGE, answered(values((ended - 15, "1"))), end=f"{ended:.3f}")) == []


def test_an_expression_that_gives_nothing_now_is_no_blind_look_but_a_partial_one_is() -> None:
    assert said(case("prometheus.query", answered())) == []
    assert len(said(case("prometheus.query", answered(warnings=["partial"])))) == 1


@pytest.mark.parametrize("tool", ["kubectl.logs", "docker.logs", "supervisor.logs"])
def test_a_log_without_a_line(tool: str) -> None:
    assert said(case(tool, " \n")) == [f"{tool} showed no line: asked"]
    assert said(case(tool, "INFO ready")) == []


def test_streams_without_a_line() -> None:
    empty = json.dumps({"status": "success", "data": {"resultType": "streams", "result": []}})
    assert said(case("loki.query_range", empty)) == ["loki.query_range showed no line: asked"]
    line = {"stream": {"job": "web"}, "values": [["1772366400000000000", "hello"]]}
    full = {"status": "success", "data": {"resultType": "streams", "result": [line]}}
    assert said(case("loki.query_range", json.dumps(full))) == []


def test_a_list_that_cannot_be_empty() -> None:
    assert said(case("proxmox.nodes", '{"data":[]}')) == ["proxmox.nodes showed nothing: asked"]


def test_what_the_baseline_does_not_show_is_not_said() -> None:
    assert said(case(RANGE, answered(), phase="baseline")) == []


def test_a_diagnosis_says_what_it_could_not_see() -> None:
    found = diagnose(case(RANGE, answered()))
    assert found.undetermined
    assert found.needs[0] == f"{RANGE} showed no series: asked"
    assert "looks that showed nothing, a part, or what is old: 1" in found.statement


def test_who_says_that_all_is_well_says_what_was_not_seen() -> None:
    ok = {
        "check": "c",
        "kind": "http",
        "target": "http://web/",
        "state": "ok",
        "detail": "",
        "error": "",
        "samples": [],
    }
    probe = Evidence("e2", "http.probe", "web", {}, "application/json", json.dumps(ok), NOW)
    blind = case(RANGE, answered())
    found = diagnose(replace(blind, evidence=(*blind.evidence, probe)))
    assert found.statement.startswith("nothing is wrong now: web answered")
    assert found.statement.endswith(f"showed nothing, or not all: {RANGE}")
