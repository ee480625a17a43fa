"""The file of a SQLite store: made with tight rights where there is none, looked through before it is trusted.

A file that is damaged is left as it is, and no other is ever put in its place.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import stamina

from lamplighter.ports import StoreUnavailable
from lamplighter.store.engine import BUSY_TIMEOUT_MS

MAGIC = b"SQLite format 3\x00"
OWNER_ONLY = 0o600


def prepare_file(path: Path) -> None:
    """Make the file or check it, and set it to write-ahead logging. Raises `StoreUnavailable` with what to do."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    except FileNotFoundError as error:
        words = f"the folder {path.parent} does not exist; make it, or change the database's path"
        raise StoreUnavailable(words) from error
    except OSError as error:
        words = f"{path} cannot be opened for writing ({error.strerror}); make it and its folder writable for me"
        raise StoreUnavailable(words) from error
    with os.fdopen(handle, "rb") as file:
        head = file.read(len(MAGIC))
    if head and head != MAGIC:
        raise StoreUnavailable(_damaged(path, "it does not begin as a SQLite database does"))
    _check(path)


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            if verdict != "ok":
                raise StoreUnavailable(_damaged(path, verdict.splitlines()[-1]))
            # Holds for a file that is made now; an older one reuses its free pages instead of giving them back.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            mode = _set_to_wal(connection)
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(
            f"{path} cannot be used now: {error}; free the file or its disk and start again"
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(_damaged(path, str(error))) from error
    if mode != "wal":
        raise StoreUnavailable(f"{path} lies on a file system without write-ahead logging; put it on a local disk")


def _is_busy(problem: Exception) -> bool:
    return isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode == sqlite3.SQLITE_BUSY


@stamina.retry(on=_is_busy, attempts=None, timeout=BUSY_TIMEOUT_MS / 1000, wait_initial=0.02, wait_max=0.2)
def _set_to_wal(connection: sqlite3.Connection) -> str:
    # Where several start on a file that is made now, SQLite refuses this one at once, without its own waiting.
    return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])


def _damaged(path: Path, why: str) -> str:
    return (
        f"{path} is damaged ({why}); I leave it as it is and start nothing in its place. "
        "Restore it from a backup, or move it away (with its -wal and -shm files) to begin anew"
    )
