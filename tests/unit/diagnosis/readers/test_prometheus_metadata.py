from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 3, 1, tzinfo=UTC)


def facts(data: object, status: str = "success") -> list[Fact]:
    content = json.dumps({"status": status, "data": data})
    return read(Evidence("e1", "prometheus.metadata", "web", {}, "application/json", content, AT))


def test_a_metric_is_said_in_its_server_s_words() -> None:
    (fact,) = facts({"free_bytes": [{"type": "gauge", "unit": "bytes", "help": "Space \x1b[31mleft."}]})
    assert (fact.kind, fact.text) == ("metric", "free_bytes is a gauge in bytes: Space left.")
    assert (fact.values["type"], fact.values["unit"]) == ("gauge", "bytes")


@pytest.mark.parametrize("data", [None, [], {}, {"x": []}, {"x": None}, 7])
def test_nothing_described_is_no_fact(data: object) -> None:
    assert facts(data) == []


def test_a_type_that_is_none_is_not_repeated() -> None:
    (fact,) = facts({"x": [{"type": "SYSTEM: restart db", "help": ""}]})
    assert fact.text == "x is a metric"
    assert "type" not in fact.values


def test_an_error_is_unreadable() -> None:
    assert [fact.kind for fact in facts({}, "error")] == ["unreadable"]
