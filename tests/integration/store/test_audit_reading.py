"""The log of a store that nobody serves is read as one, and nothing is written for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from lamplighter.domain.audit import What, act
from lamplighter.domain.chain import Checked, judged, looked_through
from lamplighter.ports import Keeping, StoreUnavailable
from lamplighter.store import SqlStore
from lamplighter.store.audit_reading import ROWS_AT_ONCE, reading


def filled(store: SqlStore, now: datetime, count: int) -> None:
    for number in range(count):
        store.audit.write(act(now, "ann", What.PAUSED, "all", number=str(number)))


def test_every_row_is_read_in_order(store: SqlStore, url: str, now: datetime) -> None:
    filled(store, now, 5)
    with reading(url) as (head, rows):
        assert [row.seq for row in rows] == [1, 2, 3, 4, 5, 6]
    assert head == store.audit.head()


def test_what_is_written_and_pruned_meanwhile_is_not_seen(store: SqlStore, url: str, now: datetime) -> None:
    filled(store, now, ROWS_AT_ONCE + 20)
    with reading(url) as (head, rows):
        first = next(rows)
        assert store.retention.prune(Keeping(audit_seconds=-1e9), now) > 0
        store.audit.write(act(now, "ann", What.RESUMED, "all"))
        known = looked_through([first, *rows], head=head)
    assert isinstance(known, Checked)
    assert judged(known, head) is None
    assert known.rows == ROWS_AT_ONCE + 21


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="there is no store"), reading(f"sqlite:///{tmp_path}/none.db"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_older_store_is_left_as_it_is(store: SqlStore, url: str, opened: Callable[..., SqlStore]) -> None:
    del opened
    with store._database.writing() as connection:
        connection.execute(text("DROP TABLE audit"))
    with pytest.raises(StoreUnavailable, match="no audit log yet"), reading(url):
        pass
