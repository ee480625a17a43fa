"""What one process of this machine uses: memory, processor, open files, threads. Read only, and only from here."""

from __future__ import annotations

import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from lamplighter.integrations.supervisor.process import Info
from lamplighter.ports import Clock

START_SLACK_SECONDS = 2.0
SAMPLE_SECONDS = 0.25
THREADS_READ_MAX = 512
NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds of processor time that a process had, and that its threads stood in line for, up to a moment."""

    at: float
    used_seconds: float
    waited_seconds: float


def own_process(info: Info) -> psutil.Process | None:
    """The process that supervisord speaks of; None where it does not run, or the pid is another process here."""
    if not info.pid:
        return None
    try:
        process = psutil.Process(info.pid)
        return process if abs(process.create_time() - info.start) <= START_SLACK_SECONDS else None
    except psutil.Error:
        return None


def resident_bytes(info: Info) -> int | None:
    """The process's resident memory; None where it cannot be seen."""
    process = own_process(info)
    if process is None:
        return None
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return None


async def usage(info: Info, clock: Clock) -> dict[str, float] | None:
    """What it uses, over a quarter of a second; shares are from 0 to 1 of what it may use. None where unseen.

    `cpu_wanted_share` counts the time in line for a processor too: on a busy machine it tells who wants more.
    """
    process = own_process(info)
    if process is None:
        return None
    try:
        first = _spent(process, clock)
        await clock.sleep(SAMPLE_SECONDS)
        last = _spent(process, clock)
        cores = len(process.cpu_affinity() or ()) or 1
        files_max = process.rlimit(psutil.RLIMIT_NOFILE)[0]
        found = {"processors": float(cores), "threads": float(process.num_threads())}
        found |= {"files": float(process.num_fds())}
    except psutil.Error:
        return None
    if files_max not in {0, resource.RLIM_INFINITY}:
        found["files_max"] = float(files_max)
    seconds = (last.at - first.at) * cores
    if seconds > 0:
        used = max(0.0, last.used_seconds - first.used_seconds)
        waited = max(0.0, last.waited_seconds - first.waited_seconds)
        found["cpu_share"] = round(min(1.0, used / seconds), 3)
        found["cpu_wanted_share"] = round(min(1.0, (used + waited) / seconds), 3)
    return found


def _spent(process: psutil.Process, clock: Clock) -> _Spent:
    used = waited = 0.0
    for task in list(Path(f"/proc/{process.pid}/task").glob("*"))[:THREADS_READ_MAX]:
        # A thread may end between the two looks.
        with suppress(OSError, ValueError, IndexError):
            ran, stood = (task / "schedstat").read_text(encoding="ascii").split()[:2]
            used, waited = used + int(ran) / NANOSECONDS, waited + int(stood) / NANOSECONDS
    return _Spent(clock.monotonic(), used, waited)
