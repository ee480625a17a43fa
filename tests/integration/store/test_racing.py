"""Processes that act on one store at once make one chain: none is refused, none waits for another in a circle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from lamplighter.domain.access import Role
from lamplighter.domain.account import Account
from lamplighter.domain.audit import What
from lamplighter.domain.chain import Broken, judged, looked_through
from lamplighter.store import SqlStore

PROCESSES, ROUNDS = 3, 20
SECONDS_MAX = 300


def test_processes_that_act_at_once_make_one_chain(url: str, opened: Callable[..., SqlStore], now: datetime) -> None:
    store = opened(url)
    store.accounts.add(Account("kim", Role.ADMIN, "$argon2id$…", "s", now, now))
    harness = str(Path(__file__).with_name("racing.py"))
    names = [f"p{number}" for number in range(PROCESSES)]
    running = [
        subprocess.Popen([sys.executable, harness, url, name, str(ROUNDS)], stderr=subprocess.PIPE, text=True)
        for name in names
    ]
    try:
        said = [one.communicate(timeout=SECONDS_MAX)[1] for one in running]
    finally:
        for one in running:
            one.kill()
    assert [one.returncode for one in running] == [0] * PROCESSES, "\n".join(said)
    rows = store.audit.after(0, 2000)
    head = store.audit.head()
    known = looked_through(rows, head=head)
    assert not isinstance(known, Broken)
    assert judged(known, head) is None
    done = PROCESSES * ROUNDS
    assert head.seq >= 7 * done, "no act is without its row"
    assert any(row.what == What.ROWS_PRUNED for row in rows)
    begun, ended = (sum(row.what == what for row in rows) for what in (What.ACTION_BEGUN, What.ACTION_ENDED))
    assert abs(begun - ended) <= 1
    assert [account.name for account in store.accounts.listed()] == ["kim"]
