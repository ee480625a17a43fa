from __future__ import annotations

import os

import psutil

from lamplighter.integrations.supervisor.process import Info
from lamplighter.integrations.supervisor.tools import resident_bytes


def info(pid: int, start: int) -> Info:
    return Info("store", "store", start, 0, 0, 20, "RUNNING", "", 0, pid)


def test_memory_is_told_only_of_the_process_that_supervisord_started() -> None:
    started = int(psutil.Process().create_time())
    assert (resident_bytes(info(os.getpid(), started)) or 0) > 1 << 20
    assert resident_bytes(info(os.getpid(), started - 1000)) is None
    assert resident_bytes(info(0, started)) is None
    assert resident_bytes(info(2**22 + 1, started)) is None
