from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.psql_tables import read_psql
from lamplighter.domain.evidence import Evidence, Fact

SESSIONS = (
    " pid  | application_name | state               | since    | query\n"
    "------+------------------+---------------------+----------+--------\n"
    " 1201 | till             | idle in transaction | 00:21:10 | SELECT 1\n"
    " 1202 | till             | active              | 00:00:01 | SELECT 2\n"
    "(18 rows)\n"
)
REPLICAS = (
    " application_name |   state   |   replay_lag\n------------------+-----------+----------------\n"
    " standby          | streaming | 1 day 09:44:12.11\n(1 row)\n"
)
BLOCKED = (
    " pid | blocked_by | waited\n-----+------------+----------\n"
    " 7   | {9}        | 00:05:00\n 9   | {}         | \n(2 rows)\n"
)


def _read(text: str) -> list[Fact]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read_psql(Evidence("e1", "psql", "db", {}, "text/plain", text, at))


def test_sessions_are_counted_by_state_and_by_what_psql_says_below() -> None:
    (fact,) = _read(SESSIONS)
    values = fact.values
    assert (values["about"], values["connections"], values["idle_in_transaction"]) == ("connections", 18.0, 1.0)
    assert values["longest_idle_in_transaction_seconds"] == 1270.0
    assert fact.text == "db shows 18 sessions, 1 of them idle in a transaction, the longest for 1270 s (till)"


def test_how_far_a_replica_is_behind() -> None:
    (fact,) = _read(REPLICAS)
    assert (fact.values["about"], fact.values["lag_seconds"], fact.values["replica"]) == (
        "replication",
        121452.0,
        "standby",
    )


def test_who_is_blocked() -> None:
    (fact,) = _read(BLOCKED)
    assert (fact.values["about"], fact.values["blocked_count"], fact.values["longest_wait_seconds"]) == (
        "locks",
        1.0,
        300.0,
    )


def test_several_tables_in_one_text_and_none() -> None:
    assert [fact.values["about"] for fact in _read(SESSIONS + "\n" + REPLICAS)] == ["connections", "replication"]


@pytest.mark.parametrize(
    "text", ["", "-----+-----", " a | b\n---+---\n 1 | 2\n", " pid | state\n-----+-----\n(0 rows)\n"]
)
def test_other_tables_are_none(text: str) -> None:
    assert _read(text) == []
