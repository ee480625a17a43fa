"""Measures this machine for two seconds: processor, memory, disks, open files and its busiest processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

SAMPLES = 3
SAMPLE_SECONDS = 0.7
PROCESSES_READ_MAX = 3_000
TOP = 5
DISKS_MAX = 60
MILLISECONDS = 1000.0
FILES = Path("/proc/sys/fs/file-nr")
UNLIMITED_FILES = 2**40


@dataclass(slots=True)
class _Process:
    """One process between two readings."""

    handle: psutil.Process
    cpu_seconds: float
    zombie: bool = False
    told: dict[str, Any] = field(default_factory=dict)


def measured(host: str, *, sample_seconds: float = SAMPLE_SECONDS) -> dict[str, Any]:
    """The machine's state as JSON values; takes `SAMPLES` times `sample_seconds`. What may not be read is left out."""
    began = time.monotonic()
    processes = _readings()
    io_before = _busy_milliseconds()
    cpu: list[Any] = [psutil.cpu_times()]
    for _ in range(SAMPLES):
        time.sleep(sample_seconds)
        cpu.append(psutil.cpu_times())
    passed = max(0.001, time.monotonic() - began)
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    load = os.getloadavg()
    return {
        "host": host,
        "uptime_seconds": round(time.time() - psutil.boot_time(), 1),
        "cpu": _cpu(cpu),
        "load": {"one_minute": load[0], "five_minutes": load[1], "fifteen_minutes": load[2]},
        "memory": {"total_bytes": memory.total, "available_bytes": memory.available, "percent": memory.percent},
        "swap": {"total_bytes": swap.total, "used_bytes": swap.used},
        "files": open_files(FILES),
        "disks": disks(psutil.disk_partitions(all=False)),
        "disk_io": busy_shares(io_before, _busy_milliseconds(), passed),
        "process_count": len(processes),
        "zombies": sum(1 for one in processes if one.zombie),
        "processes": _top(processes, passed, memory.total),
        "sample_seconds": round(passed, 2),
    }


def _cpu(readings: list[Any]) -> dict[str, Any]:
    pairs = list(pairwise(readings))
    return {
        "count": psutil.cpu_count() or 1,
        "percent_by_second": [round(100.0 - _percent(a, b, ("idle", "iowait")), 1) for a, b in pairs],
        "io_wait_percent": round(_percent(readings[0], readings[-1], ("iowait",)), 1),
        "steal_percent": round(_percent(readings[0], readings[-1], ("steal",)), 1),
    }


def _percent(before: Any, after: Any, names: Iterable[str]) -> float:  # noqa: ANN401 - psutil's named tuple
    # Guests' time is counted in user's time too.
    fields = [name for name in after._fields if not name.startswith("guest")]
    total = sum(getattr(after, name) - getattr(before, name) for name in fields)
    part = sum(getattr(after, name, 0.0) - getattr(before, name, 0.0) for name in names)
    return min(100.0, max(0.0, 100.0 * part / total)) if total > 0 else 0.0


def disks(partitions: Iterable[Any]) -> list[dict[str, Any]]:
    """Shares of bytes and inodes in use, as df counts them, one for each device."""
    found: dict[str, dict[str, Any]] = {}
    for partition in list(partitions)[:DISKS_MAX]:
        try:
            disk = os.statvfs(partition.mountpoint)
        except OSError as problem:
            found.setdefault(
                partition.device, {"device": partition.device, "mount": partition.mountpoint, "error": str(problem)}
            )
            continue
        usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
        told: dict[str, Any] = {"device": partition.device, "mount": partition.mountpoint, "type": partition.fstype}
        told["read_only"] = bool(disk.f_flag & os.ST_RDONLY)
        told["total_bytes"] = disk.f_blocks * disk.f_frsize
        told["free_bytes"] = disk.f_bavail * disk.f_frsize
        if usable:
            told["used_share"] = round(1.0 - disk.f_bavail / usable, 4)
        if disk.f_files:
            told["inodes_used_share"] = round(1.0 - disk.f_ffree / disk.f_files, 4)
        found.setdefault(partition.device, told)
    return list(found.values())


def _busy_milliseconds() -> dict[str, float]:
    try:
        counters = psutil.disk_io_counters(perdisk=True) or {}
    except (OSError, RuntimeError):
        return {}
    return {name: float(getattr(one, "busy_time", 0.0)) for name, one in counters.items()}


def busy_shares(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> list[dict[str, Any]]:
    """How much of the time each disk was busy, busiest first; what never was is left out."""
    shares = {
        name: round(min(1.0, max(0.0, (busy - before[name]) / MILLISECONDS / seconds)), 3)
        for name, busy in after.items()
        if name in before and not name.startswith(("loop", "ram")) and busy > 0
    }
    busiest = sorted(shares.items(), key=lambda pair: -pair[1])[:DISKS_MAX]
    return [{"disk": name, "busy_share": share} for name, share in busiest]


def open_files(file: Path) -> dict[str, int]:
    """How many files the machine has open, and how many it may; empty where that cannot be read."""
    try:
        words = file.read_text(encoding="ascii").split()
        return {"open": int(words[0]) - int(words[1]), "max": int(words[2])}
    except (OSError, ValueError, IndexError):
        return {}


def _readings() -> list[_Process]:
    found: list[_Process] = []
    for process in psutil.process_iter():
        if len(found) >= PROCESSES_READ_MAX:
            break
        try:
            times = process.cpu_times()
            zombie = process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        found.append(_Process(process, times.user + times.system, zombie))
    return found


def _top(processes: list[_Process], seconds: float, memory_bytes: int) -> list[dict[str, Any]]:
    """The busiest, the largest, and those nearest to their limit of open files; command lines may hold secrets."""
    for one in processes:
        try:
            with one.handle.oneshot():
                times, memory = one.handle.cpu_times(), one.handle.memory_info()
                one.told = {
                    "name": one.handle.name(),
                    "pid": one.handle.pid,
                    "state": "D" if one.handle.status() == psutil.STATUS_DISK_SLEEP else "",
                    "cpu_percent": round(100.0 * (times.user + times.system - one.cpu_seconds) / seconds, 1),
                    "rss_bytes": memory.rss,
                    "memory_percent": round(100.0 * memory.rss / memory_bytes, 2) if memory_bytes else 0.0,
                    **_files(one.handle),
                }
        except psutil.Error:
            continue
    told = [one.told for one in processes if one.told]
    ranked = [sorted(told, key=lambda row: -row["cpu_percent"]), sorted(told, key=lambda row: -row["rss_bytes"])]
    ranked.append(sorted(told, key=lambda row: -row.get("files", 0) / row.get("files_max", UNLIMITED_FILES)))
    ranked.append([row for row in told if row["state"] == "D"])
    return list({row["pid"]: row for rows in ranked for row in rows[:TOP]}.values())


def _files(process: psutil.Process) -> dict[str, int]:
    """Open files and their limit, for processes that we may look into."""
    try:
        soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
        return {"files": process.num_fds(), "files_max": soft if soft > 0 else UNLIMITED_FILES}
    except (psutil.Error, OSError):
        return {}
