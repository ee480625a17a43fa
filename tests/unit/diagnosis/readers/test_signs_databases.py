from __future__ import annotations

import re

import pytest

from lamplighter.diagnosis.readers.signs import first_sign
from lamplighter.diagnosis.readers.signs_databases import DATABASE_SIGNS

SPOKEN = [
    ("2026-03-01 LOG:  received promote request", "database_failover"),
    ("ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction", "lock_contention"),
    ("Seconds_Behind_Source: 4211", "replication_lag"),
    ("FATAL:  sorry, too many clients already", "connection_pool_exhausted"),
    ("MISCONF Redis is configured to save RDB snapshots", "cache_unavailable"),
    ("# Query_time: 14.2  Lock_time: 0.0", "slow_queries"),
]


@pytest.mark.parametrize(("line", "name"), SPOKEN)
def test_a_line_is_known_by_its_mechanism(line: str, name: str) -> None:
    found = first_sign(line)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("row", DATABASE_SIGNS, ids=lambda row: str(row[0]))
def test_a_pattern_can_be_read_and_does_not_match_everything(row: tuple[str, str, int]) -> None:
    pattern = re.compile(row[1])
    assert pattern.search("") is None
    assert pattern.search("INFO request 7 served in 12 ms") is None
