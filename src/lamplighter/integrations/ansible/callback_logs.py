"""Reads the files that Ansible's callback `json` printed: the newest ones, bounded in number and bytes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lamplighter.integrations.ansible.run import Found, Run, Task, moment, text_of
from lamplighter.ports import ToolError

ENTRIES_MAX = 5000
FILES_MAX = 40
FILE_BYTES_MAX = 8 * 1024 * 1024
BYTES_MAX = 32 * 1024 * 1024
RUNS_IN_FILE_MAX = 50
RUNS_MAX = 50
# The last write to a file may bear a clock that is not ours.
CLOCKS_APART = timedelta(minutes=10)


class CallbackLogs:
    """A folder with one file for each run, or with several runs appended to one."""

    def __init__(self, folder: Path, timeout_seconds: float) -> None:
        self._folder = folder
        self._timeout_seconds = timeout_seconds

    def query(self, start: datetime) -> str:
        """The folder, and since when."""
        return f"JSON callback logs in {self._folder} since {start.isoformat(timespec='seconds')}"

    async def runs(self, start: datetime, end: datetime) -> Found:
        """The runs between, newest first. Raises `ToolError`."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await asyncio.to_thread(self._read, start, end)
        except TimeoutError as problem:
            raise ToolError(f"the folder could not be read in {self._timeout_seconds:g} s") from problem
        except OSError as problem:
            raise ToolError(f"{type(problem).__name__}: {problem}") from problem

    def _read(self, start: datetime, end: datetime) -> Found:
        paths, truncated = _newest_files(self._folder, start - CLOCKS_APART)
        found: list[Run] = []
        room = BYTES_MAX
        for path in paths:
            raw, written = _content(path, min(FILE_BYTES_MAX, room))
            if raw is None:
                truncated = True
                continue
            room -= len(raw)
            runs = (run_of(document, str(path), written) for document in documents(raw.decode("utf-8", "replace")))
            found += [run for run in runs if run is not None and run.is_within(start, end)]
        found.sort(key=lambda run: (run.started or start, run.source), reverse=True)
        return Found(tuple(found[:RUNS_MAX]), truncated or len(found) > RUNS_MAX)


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a file, whatever warnings stand around them."""
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(RUNS_IN_FILE_MAX):
        place = _beginning(text, place)
        if place < 0:
            return
        try:
            document, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        if isinstance(document, dict):
            yield document


def run_of(document: dict[str, Any], source: str, written: datetime) -> Run | None:
    """One object of the callback as a run; None where it is something else."""
    plays = document.get("plays")
    if not isinstance(plays, list):
        return None
    run = Run(playbook=Path(source).stem, source=source)
    for play in plays:
        if isinstance(play, dict):
            _add_play(run, play)
    for host, counts in _items(document.get("stats")):
        numbers = {name: counts.get(key) for name, key in _COUNTS.items()} if isinstance(counts, dict) else {}
        run.hosts[text_of(host)] = {name: number for name, number in numbers.items() if isinstance(number, int)}
    run.ended = run.ended or written
    return run


_COUNTS = {"ok": "ok", "changed": "changed", "failed": "failures", "unreachable": "unreachable"}


def _beginning(text: str, place: int) -> int:
    """Where the next line begins that opens an object, or -1."""
    if place == 0 and text.startswith("{"):
        return 0
    found = text.find("\n{", max(0, place - 1))
    return found + 1 if found >= 0 else -1


def _add_play(run: Run, play: dict[str, Any]) -> None:
    head = play.get("play")
    if isinstance(head, dict):
        path = text_of(head.get("path")).partition(":")[0]
        run.playbook = path or run.playbook
        _add_times(run, head.get("duration"))
    tasks = play.get("tasks")
    for entry in tasks if isinstance(tasks, list) else ():
        task = entry.get("task") if isinstance(entry, dict) else None
        if isinstance(task, dict):
            _add_times(run, task.get("duration"))
            for host, result in _items(entry.get("hosts")):
                _add_result(run, text_of(task.get("name")), text_of(host), result)


def _add_times(run: Run, duration: object) -> None:
    if isinstance(duration, dict):
        began, over = moment(duration.get("start")), moment(duration.get("end"))
        run.started = min((at for at in (run.started, began) if at), default=None)
        run.ended = max((at for at in (run.ended, over) if at), default=None)


def _add_result(run: Run, name: str, host: str, result: object) -> None:
    if not isinstance(result, dict):
        return
    action = text_of(result.get("action"))
    if result.get("failed") is True or result.get("unreachable") is True:
        said = (text_of(result.get("msg")), text_of(result.get("stderr")))
        run.failed.append(Task(name, action, host, ": ".join(filter(None, said))))
    elif result.get("changed") is True:
        run.changed.append(Task(name, action, host))


def _items(value: object) -> list[tuple[object, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _newest_files(folder: Path, since: datetime) -> tuple[list[Path], bool]:
    """Regular files that were written since, newest first, and whether there were more than are taken."""
    found: list[tuple[float, str]] = []
    with os.scandir(folder) as entries:
        for seen, entry in enumerate(entries):
            if seen >= ENTRIES_MAX:
                return [Path(path) for _, path in sorted(found, reverse=True)[:FILES_MAX]], True
            # What cannot be looked at any more is gone by now.
            with suppress(FileNotFoundError):
                written = entry.stat(follow_symlinks=False).st_mtime
                if written >= since.timestamp() and entry.is_file(follow_symlinks=False):
                    found.append((written, entry.path))
    found.sort(reverse=True)
    return [Path(path) for _, path in found[:FILES_MAX]], len(found) > FILES_MAX


def _content(path: Path, bytes_max: int) -> tuple[bytes | None, datetime]:
    """The whole file and when it was written; None where it is too large or cannot be read."""
    nothing = datetime.fromtimestamp(0, UTC)
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None, nothing
    with os.fdopen(number, "rb") as file:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode) or status.st_size > bytes_max:
            return None, nothing
        return file.read(bytes_max), datetime.fromtimestamp(status.st_mtime, UTC)
