from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

WIDE = """\
               total        used        free      shared  buff/cache   available
Mem:      8000000000  7000000000   200000000     9084928   800000000   400000000
Swap:     2000000000  1500000000   500000000
"""
OLD = """\
             total       used       free     shared    buffers     cached
Mem:       1000000     900000     100000          0      50000     250000
-/+ buffers/cache:     600000     400000
Swap:            0          0          0
"""
HUMAN = """\
               total        used        free      shared  buff/cache   available
Mem:            16Gi       2.0Gi        10Gi       100Mi       4.0Gi        12Gi
Swap:             0B          0B          0B
"""


def _read(content: str, **params: str) -> list[Fact]:
    return read(Evidence("e1", "free", "nas", params, "text/plain", content, datetime(2026, 3, 1, 12, tzinfo=UTC)))


def test_what_can_be_given_back_is_not_in_use() -> None:
    (fact,) = _read(WIDE, query="free -b")
    assert (fact.kind, fact.component) == ("usage", "nas")
    assert fact.number("memory_share") == 0.95
    assert fact.number("swap_share") == 0.75
    assert fact.number("memory_ceiling_bytes") == 8_000_000_000.0


def test_without_a_unit_only_shares_are_known() -> None:
    (fact,) = _read(WIDE)
    assert fact.number("memory_share") == 0.95
    assert fact.number("memory_used_bytes") is None


def test_an_old_table_without_available_memory() -> None:
    (fact,) = _read(OLD)
    assert fact.number("memory_share") == 0.6
    assert fact.number("swap_share") is None


def test_sizes_for_people() -> None:
    (fact,) = _read(HUMAN, query="free -h")
    assert fact.number("memory_share") == 0.25
    assert fact.number("memory_ceiling_bytes") == 16.0 * 1024**3


@pytest.mark.parametrize("rubbish", ["", "total used", "Mem: 1 2 3", "total used free\nMem: x y z"])
def test_rubbish_is_one_fact_that_says_so(rubbish: str) -> None:
    assert [fact.kind for fact in _read(rubbish)] == ["unreadable"]
