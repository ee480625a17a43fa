from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _read(content: str) -> Fact:
    (fact,) = read(Evidence("e1", "uptime", "nas", {}, "text/plain", content, datetime(2026, 3, 1, tzinfo=UTC)))
    return fact


def test_the_load_for_each_processor() -> None:
    fact = _read(" 12:00:00 up 3 days,  4:05,  1 user,  load average: 9.50, 5.00, 1.00\n4\n")
    assert (fact.kind, fact.component) == ("usage", "nas")
    assert (fact.number("load_share"), fact.number("load_fifteen_minutes")) == (2.375, 1.0)
    assert fact.number("uptime_seconds") == 3 * 86_400 + 4 * 3_600 + 5 * 60


def test_without_the_number_of_processors_there_is_no_share() -> None:
    fact = _read(" 12:00:00 up 7 min,  0 users,  load average: 0.10, 0.20, 0.30")
    assert (fact.number("load_share"), fact.number("uptime_seconds")) == (None, 420.0)


@pytest.mark.parametrize("rubbish", ["", "up", "load average: x"])
def test_rubbish_is_one_fact_that_says_so(rubbish: str) -> None:
    assert _read(rubbish).kind == "unreadable"
