from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _read(tool: str, content: object) -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    return read(Evidence("e1", tool, "store", {}, "", text, datetime(2026, 3, 1, 12, tzinfo=UTC)))


def test_a_probe_that_connects_and_gets_no_answer() -> None:
    data = {
        "check": "store",
        "kind": "http",
        "target": "http://127.0.0.1:1/",
        "state": "failing",
        "detail": "no answer",
    }
    (fact,) = _read("http.probe", data | {"connected": True, "status": None, "error": "timeout", "value": None})
    assert (fact.values["probe"], fact.values["error"], fact.number("connected")) == ("http", "timeout", 1.0)
    assert fact.number("status") is None
    assert fact.text == "http probe of store fails: no answer"


def test_an_expired_certificate_is_told_from_another_failure_of_tls() -> None:
    data = {"kind": "http", "state": "failing", "error": "tls", "detail": "certificate has expired"}
    assert _read("http.probe", data)[0].number("certificate_expired") == 1.0
    assert _read("http.probe", data | {"detail": "wrong host"})[0].number("certificate_expired") is None


def test_an_unknown_state_is_unreadable() -> None:
    assert [fact.kind for fact in _read("tcp.probe", {"state": "great"})] == ["unreadable"]
