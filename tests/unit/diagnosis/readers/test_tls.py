from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

EXPIRED: dict[str, Any] = {
    "target": "shop.lan:443",
    "state": "failing",
    "error": "tls",
    "detail": "certificate has expired",
    "connected": True,
    "protocol": "TLSv1.3",
    "name_matches": True,
    "chain": [
        {
            "subject": "shop.lan",
            "issuer": "Home CA",
            "not_after": "2026-02-26T12:00:00Z",
            "days_left": -3.0,
            "names": ["shop.lan"],
        }
    ],
}


def _read(content: object) -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "tls.probe", "shop", {}, "application/json", text, at))


def test_an_expired_certificate() -> None:
    (fact,) = _read(EXPIRED)
    assert (fact.kind, fact.values["probe"], fact.values["error"]) == ("probe", "tls", "tls")
    assert (fact.number("certificate_expired"), fact.number("days_left")) == (1.0, -3.0)
    assert "ended, 2026-02-26" in fact.text


def test_another_failure_of_tls_is_no_expiry() -> None:
    chain = [EXPIRED["chain"][0] | {"days_left": 80.0}]
    (fact,) = _read(EXPIRED | {"detail": "hostname mismatch", "chain": chain, "name_matches": False})
    assert fact.number("certificate_expired") is None
    assert fact.number("name_matches") == 0.0


def test_rubbish_is_one_fact_that_says_so() -> None:
    for rubbish in ("", "{}", '{"state": "great"}'):
        assert [fact.kind for fact in _read(rubbish)] == ["unreadable"]
