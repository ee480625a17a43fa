"""Killed at any statement between an act and its commit, the store has both the act and its row, or neither."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lamplighter.domain.chain import Broken, judged, looked_through
from lamplighter.store import SqlStore

STATEMENTS_MAX = 30
SECONDS_MAX = 120


def test_a_kill_leaves_the_act_and_its_row_or_neither(url: str, opened: Callable[..., SqlStore]) -> None:
    opened(url).close()
    harness = str(Path(__file__).with_name("dying.py"))
    killed = 0
    for statement in range(1, STATEMENTS_MAX):
        run = subprocess.run([sys.executable, harness, url, str(statement)], check=False, timeout=SECONDS_MAX)
        store = opened(url)
        made = {account.name for account in store.accounts.listed()}
        rows = store.audit.after(0, 100)
        head = store.audit.head()
        assert {row.on for row in rows if row.what == "account_made"} == made
        known = looked_through(rows, head=head)
        assert not isinstance(known, Broken)
        assert judged(known, head) is None
        store.close()
        if run.returncode == 0:
            break
        assert made == set(), "nothing was committed before the end"
        killed += 1
    assert made == {f"ann{killed + 1}"}
    assert killed >= 4, "the act, the lock on the head, the row and the head are statements of their own"
