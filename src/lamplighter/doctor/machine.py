"""Looks at this machine: the data folder, its disk, the clock, who listens where. It blocks, and judges nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
import psutil

from lamplighter.domain.checkup import FolderLook, ServerLook
from lamplighter.store.data_folder import is_held
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.switch import FileSwitch

ENTRIES_MAX = 1000
TIMEX_BYTES = 1024
TIME_ERROR = 5
ANSWER_SECONDS_MAX = 3.0
REASON_CHARS_MAX = 300


def folder_look(folder: Path, *, sqlite: bool) -> FolderLook:
    """The data folder. Where it does not exist yet, the disk of the folder above it that does."""
    if not folder.is_dir():
        return FolderLook(str(folder), False, False, 0, 0, 0, sqlite=sqlite)
    usage = shutil.disk_usage(folder)
    return FolderLook(
        path=str(folder),
        exists=True,
        writable=os.access(folder, os.W_OK | os.X_OK),
        mode=folder.stat().st_mode & 0o777,
        free_bytes=usage.free,
        size_bytes=usage.total,
        file_system=_file_system(folder),
        newest=_newest(folder),
        sqlite=sqlite,
    )


def _file_system(folder: Path) -> str:
    """The type of the file system that the folder lies on; empty where that cannot be told."""
    real = folder.resolve()
    mounts = [mount for mount in psutil.disk_partitions(all=True) if real.is_relative_to(mount.mountpoint)]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else ""


def _newest(folder: Path) -> datetime | None:
    times = []
    with suppress(OSError):
        for entry in islice(os.scandir(folder), ENTRIES_MAX):
            with suppress(OSError):
                times.append(entry.stat().st_mtime)
    return datetime.fromtimestamp(max(times), UTC) if times else None


def clock_synchronised() -> bool | None:
    """Whether the kernel says that something keeps its clock right; None where it does not say."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def server_look(folder: Path, host: str, port: int, told_address: str) -> ServerLook:
    """Who holds the data folder, who answers, and whether the port could be had."""
    shown = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    paused = FileSwitch(folder, SystemClock()).paused() if folder.is_dir() else ""
    if not is_held(folder):
        return ServerLook(shown, mine=False, answers=False, taken=_is_taken(host, port), paused=paused)
    address = told_address or shown
    answers, reasons = _ready(address)
    return ServerLook(address, mine=True, answers=answers, taken=True, reasons=reasons, paused=paused)


def _ready(address: str) -> tuple[bool, str]:
    try:
        answer = httpx.get(f"{address}/-/ready", timeout=ANSWER_SECONDS_MAX, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return False, str(problem) or type(problem).__name__
    if answer.status_code == httpx.codes.OK:
        return True, ""
    try:
        reasons = str(answer.json().get("detail", ""))
    except (ValueError, AttributeError):
        reasons = ""
    return True, (reasons or f"HTTP {answer.status_code}")[:REASON_CHARS_MAX]


def _is_taken(host: str, port: int) -> bool:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trying.bind((host, port))
    except (OSError, UnicodeError):
        return True
    return False
