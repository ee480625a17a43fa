"""The chain is looked through piece by piece, and what is wrong is said as soon as it is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.audit import What, act, chained, hash_of
from lamplighter.domain.chain import LOST, Fault, Head
from lamplighter.testing import NOON, FakeClock
from lamplighter.web.chain import AGAIN_SECONDS, ChainWatch, Seen, with_rows

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench, MemoryAudit


@pytest.fixture
def log(bench: Bench) -> MemoryAudit:
    for number in range(24):
        bench.audit.write(act(NOON, "ann", What.PAUSED, "all actions", number=str(number)))
    return bench.audit


def test_an_empty_log_is_whole(bench: Bench) -> None:
    seen = ChainWatch(FakeClock().monotonic).look(bench.audit)
    assert (seen, seen.whole, seen.words) == (Seen(), True, "chain ok")


def test_each_look_goes_on_where_the_one_before_ended(log: MemoryAudit) -> None:
    watch = ChainWatch(FakeClock().monotonic, rows_max=10)
    assert watch.look(log).words == "chain ok, checked up to row 10 of 25"
    assert watch.look(log).words == "chain ok, checked up to row 20 of 25"
    assert watch.look(log).words == "chain ok"
    log.write(act(NOON, "ann", What.RESUMED, "all actions"))
    assert watch.look(log) == Seen(26, 26)


def test_a_changed_row_is_said_when_it_is_reached(log: MemoryAudit) -> None:
    log.rows[14] = replace(log.rows[14], actor="eve")
    watch = ChainWatch(FakeClock().monotonic, rows_max=10)
    assert watch.look(log).broken is None
    for _ in range(2):
        seen = watch.look(log)
        assert (seen.words, seen.whole) == ("broken at row 15", False)
        assert seen.broken is not None
        assert seen.broken.fault is Fault.CHANGED


def test_a_row_that_was_written_anew_with_its_hash_is_said(log: MemoryAudit) -> None:
    anew = replace(log.rows[9], actor="eve")
    log.rows[9] = replace(anew, hash=hash_of(anew))
    watch = ChainWatch(FakeClock().monotonic, rows_max=10)
    watch.look(log)
    assert watch.look(log).words == "broken at row 10"


def test_what_was_looked_at_is_looked_at_again_after_a_while(log: MemoryAudit) -> None:
    clock = FakeClock()
    watch = ChainWatch(clock.monotonic)
    assert watch.look(log).whole
    log.rows[3] = replace(log.rows[3], actor="eve")
    assert watch.look(log).whole
    clock.advance(AGAIN_SECONDS)
    watch.look(log)
    assert watch.look(log).words == "broken at row 4"


def test_a_row_behind_the_newest_and_a_lost_head_are_said(log: MemoryAudit) -> None:
    newest = log.head()
    log.end = newest
    log.rows.append(chained(act(NOON, "eve", What.RESUMED, "all actions"), 26, newest.hash))
    seen = ChainWatch(FakeClock().monotonic).look(log)
    assert (seen.words, seen.whole) == ("broken at row 26", False)
    log.end = Head()
    assert ChainWatch(FakeClock().monotonic).look(log).words == "broken at row 1"
    log.end = LOST
    assert not ChainWatch(FakeClock().monotonic).look(log).whole


def test_rows_that_were_pruned_while_it_looked_are_no_fault(log: MemoryAudit) -> None:
    watch = ChainWatch(FakeClock().monotonic, rows_max=10)
    watch.look(log)
    gone = log.rows[11]
    log.write(act(NOON, "lamplighter", What.ROWS_PRUNED, "audit", through="12", hash=gone.hash))
    del log.rows[:12]
    assert [watch.look(log).broken for _ in range(3)] == [None] * 3
    del log.rows[:3]
    fresh = ChainWatch(FakeClock().monotonic)
    assert fresh.look(log).words == "broken at row 1"


def test_the_rows_of_one_page_are_looked_at_by_themselves(log: MemoryAudit) -> None:
    seen = ChainWatch(FakeClock().monotonic, rows_max=10).look(log)
    assert with_rows(seen, log.rows[20:]) == seen
    spoiled = replace(log.rows[22], on="INC-9")
    assert with_rows(seen, [log.rows[21], spoiled]).words == "broken at row 23"
