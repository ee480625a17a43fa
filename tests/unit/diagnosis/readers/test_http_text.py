from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _probe(text: str, url: str = "https://wiki.lan:8443/x") -> list[Fact]:
    return read(Evidence("e1", "http.probe", "", {"url": url}, "text/plain", text, datetime(2026, 3, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("curl: (7) Failed to connect to wiki.lan port 8443 after 2 ms: Connection refused", "refused"),
        ("curl: (6) Could not resolve host: wiki.lan", "dns"),
        ("curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received", "timeout"),
        ("curl: (60) SSL certificate problem: certificate has expired", "tls"),
        ("curl: (7) Failed to connect to wiki.lan port 8443: No route to host", "no_route"),
    ],
)
def test_curls_complaint_becomes_the_error_of_a_probe(text: str, error: str) -> None:
    (fact,) = _probe(text)
    assert (fact.kind, fact.component) == ("probe", "wiki.lan")
    assert (fact.values["state"], fact.values["error"]) == ("failing", error)


def test_an_expired_certificate_is_told_apart() -> None:
    (fact,) = _probe("curl: (60) SSL certificate problem: certificate has expired")
    assert fact.values["certificate_expired"] == 1.0


def test_the_last_status_counts() -> None:
    (fact,) = _probe("< HTTP/1.1 301 Moved\n< location: /y\n< HTTP/1.1 503 Service Unavailable\n")
    assert (fact.values["state"], fact.values["status"]) == ("failing", 503.0)


def test_an_answer_with_its_time_is_well() -> None:
    (fact,) = _probe("HTTP/2 200\nserver: x\n\ntime_total: 0.118\n")
    assert (fact.values["state"], fact.values["seconds"]) == ("ok", 0.118)
    assert "slow" not in fact.values


def test_text_that_tells_nothing_gives_nothing() -> None:
    assert _probe("hello") == []
