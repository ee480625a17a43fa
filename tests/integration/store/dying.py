"""Adds one account and kills itself with SIGKILL right after a given statement; started by test_dying.py.

Usage: dying.py URL STATEMENT. Ends by itself where the work has fewer statements.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import event

from lamplighter.domain.access import Role
from lamplighter.domain.account import Account
from lamplighter.store import open_store
from lamplighter.testing import FakeClock


def main(url: str, statement: int) -> None:
    store = open_store(url, clock=FakeClock())
    seen = count(1)

    def executed(*_: object) -> None:
        if next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store._database._engine, "after_cursor_execute", executed)
    now = datetime.now(UTC)
    store.accounts.add(Account(f"ann{statement}", Role.VIEWER, "$argon2id$…", "s", now, now), by="kim")
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
