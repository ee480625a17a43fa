from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _read(*series: dict[str, object], status: str = "success") -> list[Fact]:
    content = json.dumps({"status": status, "error": "bad query", "data": {"resultType": "matrix", "result": series}})
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "prometheus.query_range", "", {}, "application/json", content, at))


def _series(name: str, *values: float, **labels: str) -> dict[str, object]:
    points = [[1772366400 + 15 * n, str(value)] for n, value in enumerate(values)]
    return {"metric": {"__name__": name} | labels, "values": points}


def test_a_target_that_is_down() -> None:
    (fact,) = _read(_series("up", 1, 0, instance="store:9100"), _series("up", 0, 1, job="front"))
    assert (fact.kind, fact.component) == ("up", "store")


def test_a_level_that_rose_is_not_judged_by_one_series_alone() -> None:
    assert _read(_series("latency_average", 30, 31, 32, 250, 266, 260, service="store")) == []


def test_values_that_are_no_number_are_left_out() -> None:
    assert _read({"metric": {"__name__": "up"}, "values": [[1, "NaN"], [2], "x", [3, "+Inf"]]}) == []


def test_an_error_of_the_api_is_unreadable() -> None:
    (fact,) = _read(status="error")
    assert fact.kind == "unreadable"
    assert "bad query" in fact.text
