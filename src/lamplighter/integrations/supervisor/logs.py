"""The ends of the log files that supervisord keeps; read through it, or beside it where it fails on this machine."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from lamplighter.integrations.supervisor.client import BadHttpAnswer, Supervisord, SupervisorFault
from lamplighter.integrations.supervisor.process import Info, ProcessId
from lamplighter.ports import ToolError

GUARD_LOG_BYTES = 65_536
LETTER_BYTES_MAX = 4
SHORTER_BYTES = (4096, 512)
NO_FILE = "NO_FILE"


async def log_tail(daemon: Supervisord, spec: str, stream: str, bytes_max: int) -> tuple[str, bool]:
    """The newest `bytes_max` bytes of `stream` ("Stdout" or "Stderr") where it keeps any, and whether more may be.

    Supervisord answers HTTP 500 to a tail that is not UTF-8, be it that the log holds other bytes or that the cut lies
    inside a letter. On this machine its file is read then; elsewhere the cut is moved, then shorter tails are asked
    for. Raises `ToolError`.
    """
    try:
        return _filled(await _asked(daemon, spec, stream, bytes_max), bytes_max)
    except BadHttpAnswer as problem:
        if daemon.config.local:
            return await _beside(daemon, spec, stream, bytes_max)
        last = problem
    for size in (*(bytes_max - shift for shift in range(1, LETTER_BYTES_MAX)), *SHORTER_BYTES):
        try:
            return _filled(await _asked(daemon, spec, stream, size), size)
        except BadHttpAnswer as problem:
            last = problem
    raise last


def _filled(text: str, size: int) -> tuple[str, bool]:
    # Supervisord does not say how long the log is: as much as was asked for means that there is more, or just so much.
    return text, len(text.encode("utf-8")) >= size


async def _asked(daemon: Supervisord, spec: str, stream: str, size: int) -> str:
    try:
        return await daemon.call(f"readProcess{stream}Log", spec, -size, 0, shape=str)
    except SupervisorFault as fault:
        if fault.name == NO_FILE:
            return ""
        raise


async def _beside(daemon: Supervisord, spec: str, stream: str, bytes_max: int) -> tuple[str, bool]:
    info = await daemon.call("getProcessInfo", spec, shape=Info)
    path = info.stdout_logfile if stream == "Stdout" else info.stderr_logfile
    try:
        return await asyncio.to_thread(_file_tail, Path(path), bytes_max)
    except OSError as problem:
        raise ToolError(f"readProcess{stream}Log({spec!r}) answered HTTP 500, and {path}: {problem}") from problem


def _file_tail(path: Path, bytes_max: int) -> tuple[str, bool]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - bytes_max))
        return file.read(bytes_max).decode("utf-8", "replace"), size > bytes_max


async def guard_log(daemon: Supervisord) -> str:
    """What the memory guard wrote last; empty where none is configured. Raises `ToolError`."""
    name = daemon.config.memory_guard
    if not name:
        return ""
    text, _ = await log_tail(daemon, ProcessId("", name, name).spec, "Stderr", GUARD_LOG_BYTES)
    return text
