from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = {"max_connections": 100, "reserved_connections": 3, "in_recovery": False, "sees_all": True}


def _read(tool: str, error: str = "", **content: object) -> list[Fact]:
    whole = json.dumps({"query": "q", "settings": SETTINGS, **content})
    return read(Evidence("e1", f"postgresql.{tool}", "db", {}, "application/json", whole, AT, error))


def test_connections_are_told_beside_what_is_allowed() -> None:
    totals = {"connections": 96, "idle_in_transaction": 80, "longest_transaction_seconds": 812.4}
    (fact,) = _read("activity", totals=totals, rows=[])
    assert (fact.kind, fact.component, fact.at, fact.values["about"]) == ("database", "db", AT, "connections")
    assert (fact.number("connections"), fact.number("connections_max")) == (96.0, 97.0)
    assert fact.number("connections_share") == pytest.approx(96 / 97)
    assert fact.number("in_recovery") == 0.0
    assert "96 connections of 97, 80 of them idle in a transaction; the longest transaction is 812 s old" in fact.text


def test_without_totals_the_rows_are_counted() -> None:
    (fact,) = _read("activity", rows=[{"state": "idle", "connections": 4}, {"state": "active", "connections": 3}])
    assert fact.number("connections") == 7.0


def test_who_holds_the_lock_is_the_one_that_waits_for_nobody() -> None:
    rows = [
        {"pid": 7, "blocked_by": [8], "waited_seconds": 30.2, "statement": "UPDATE a"},
        {"pid": 8, "blocked_by": [9], "waited_seconds": 41.0, "statement": "UPDATE b"},
    ]
    root = {"pid": 9, "blocked_by": [], "state": "idle in transaction", "application": "cron"}
    root |= {"transaction_seconds": 600.0, "statement": "DELETE FROM b"}
    (fact,) = _read("locks", rows=rows, blockers=[{"pid": 8, "blocked_by": [9]}, root])
    assert (fact.number("blocked_count"), fact.number("blockers_count")) == (2.0, 1.0)
    assert fact.values["blocker_state"] == "idle in transaction"
    assert "2 sessions of db wait for locks, the longest for 41 s; session 9 (cron, idle in transaction)" in fact.text
    assert fact.text.endswith("holds them since 600 s: DELETE FROM b")


def test_no_locks_is_a_fact_too() -> None:
    (fact,) = _read("locks", rows=[], blockers=[])
    assert fact.number("blocked_count") == 0.0


def test_the_longest_and_the_costliest_statement_are_told() -> None:
    running = [{"running_seconds": 0.1, "statement": "SELECT 1"}, {"running_seconds": 95.5, "statement": "SELECT 2"}]
    rows = [{"statement": "SELECT 3", "calls": 10, "mean_milliseconds": 30.0, "total_milliseconds": 300.0}]
    now, counted = _read("statements", running=running, rows=rows)
    assert (now.number("running"), now.number("longest_statement_seconds")) == (2.0, 95.5)
    assert now.text.endswith("the longest for 95.5 s: SELECT 2")
    assert (counted.number("time_share"), counted.number("mean_milliseconds")) == (1.0, 30.0)


def test_a_primary_tells_of_its_slowest_replica_and_a_replica_of_itself() -> None:
    rows = [{"replay_lag_seconds": 0.1, "lag_bytes": 10}, {"replay_lag_seconds": 7.5, "lag_bytes": 9_000}]
    (primary,) = _read("replication", rows=rows, slots=[{"active": False, "kept_bytes": 5}], receiver={})
    assert (primary.number("lag_seconds"), primary.number("lag_bytes")) == (7.5, 9000.0)
    assert primary.number("unused_slots") == 1.0
    receiver = {"status": None, "lag_seconds": 310.0, "lag_bytes": 0, "replay_paused": True}
    settings = SETTINGS | {"in_recovery": True}
    (replica,) = _read("replication", rows=[], slots=[], receiver=receiver, settings=settings)
    assert (replica.values["receiver"], replica.number("lag_seconds")) == ("none", 310.0)
    assert "its receiver is none, 310.0 s behind by 0 bytes, replay is paused" in replica.text


def test_nobody_who_listens_is_a_failing_probe_and_said_once() -> None:
    error = 'q: OperationalError: connection failed: connection to server at "10.0.0.7", port 5432: Connection refused'
    failed, probe = _read("activity", error)
    assert (failed.kind, probe.kind, probe.values["error"]) == ("look_failed", "probe", "refused")
    assert [fact.kind for fact in _read("locks", error)] == ["look_failed"]


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("FATAL: sorry, too many clients already", "connection_pool_exhausted"),
        ("FATAL: remaining connection slots are reserved for roles with the SUPERUSER", "connection_pool_exhausted"),
        ("FATAL: the database system is starting up", "database_down"),
    ],
)
def test_the_servers_own_words_of_refusal_are_a_sign(words: str, sign: str) -> None:
    _, fact = _read("activity", f"q: OperationalError: {words}")
    assert (fact.kind, fact.component, fact.values["sign"]) == ("log_sign", "db", sign)


def test_a_wrong_password_tells_nothing_of_the_server() -> None:
    kinds = [fact.kind for fact in _read("activity", "q: FATAL: password authentication failed for user x")]
    assert kinds == ["look_failed"]


@pytest.mark.parametrize("tool", ["activity", "locks", "statements", "replication"])
def test_rubbish(tool: str) -> None:
    assert [fact.kind for fact in _read(tool, rows=7)] == ["unreadable"]
    odd: list[object] = [None, 5, {"blocked_by": 7, "running_seconds": "x"}, {"statement": ["\x1b[31m"]}]
    assert _read(tool, rows=odd, running=odd, blockers=odd, slots=odd, receiver=odd, settings=odd, totals=odd)
