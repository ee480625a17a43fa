from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.prometheus_targets import error_of
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(*targets: object, status: str = "success", component: str = "web") -> list[Fact]:
    content = json.dumps({"status": status, "data": {"activeTargets": list(targets)}})
    return read(Evidence("e1", "prometheus.targets", component, {}, "application/json", content, AT))


def target(health: str = "up", error: str = "", **more: str) -> dict[str, object]:
    labels = {"job": "web", "instance": "web:9100"}
    scraped = {"lastScrape": "2026-11-21T11:59:50.123456789Z", "scrapeInterval": "15s", "scrapeTimeout": "10s"}
    return (
        {"labels": labels, "health": health, "lastError": error, "scrapeUrl": "http://web:9100/metrics"}
        | scraped
        | more
    )


def test_a_target_that_refuses_is_down_and_does_not_answer() -> None:
    (fact,) = facts(
        target("down", 'Get "http://web:9100/metrics": dial tcp 10.0.0.1:9100: connect: connection refused')
    )
    assert (fact.kind, fact.component, fact.number("up"), fact.values["error"]) == ("up", "web", 0.0, "refused")
    assert fact.number("answers") == 0.0
    assert fact.at == datetime(2026, 11, 21, 11, 59, 50, 123456, tzinfo=UTC)


def test_a_target_that_wants_a_password_answers() -> None:
    (fact,) = facts(target("down", "server returned HTTP status 401 Unauthorized"))
    assert (fact.values["error"], fact.number("status"), fact.number("answers")) == ("unauthorized", 401.0, 1.0)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ('Get "http://web/metrics": context deadline exceeded', "timeout"),
        ("dial tcp: lookup web on 10.0.0.10:53: no such host", "dns"),
        ("dial tcp: lookup web on 10.0.0.10:53: read udp: i/o timeout", "dns"),
        ("dial tcp 10.0.0.1:9100: i/o timeout", "timeout"),
        ("connect: no route to host", "unreachable"),
        ("tls: failed to verify certificate: x509: certificate has expired or is not yet valid", "tls"),
        ("read: connection reset by peer", "reset"),
        ('Get "http://web/metrics": EOF', "reset"),
        ("sample limit exceeded", "limit"),
        ('expected a valid start token, got "<" ("INVALID") while parsing: "<"', "format"),
        ("server returned HTTP status 404 Not Found", "not_found"),
        ("server returned HTTP status 503 Service Unavailable", "http"),
        ("", ""),
    ],
)
def test_why_a_scrape_failed(raw: str, word: str) -> None:
    assert error_of(raw)[0] == word


def test_a_healthy_target_is_no_sign_of_anything_unless_its_last_scrape_is_old() -> None:
    (fresh,) = facts(target())
    assert (fresh.kind, fresh.number("stale")) == ("target", 0.0)
    (old,) = facts(target(lastScrape="2026-11-21T11:50:00Z"))
    assert old.number("stale") == 1.0
    (slow,) = facts(target(lastScrape="2026-11-21T11:50:00Z", scrapeInterval="5m"))
    assert slow.number("stale") == 0.0
    (never,) = facts(target("unknown", lastScrape="0001-01-01T00:00:00Z"))
    assert "has not scraped" in never.text


def test_a_file_of_nobody_names_the_component_by_labels() -> None:
    (fact,) = facts(target("down", "EOF"), component="")
    assert fact.component == "web"


def test_rubbish() -> None:
    assert [fact.kind for fact in facts(status="error")] == ["unreadable"]
    assert facts("odd", {}, None, {"health": ""}) == []
    (fact,) = facts({"health": "down", "labels": "odd", "lastError": 5, "lastScrape": "never"})
    assert fact.kind == "up"
