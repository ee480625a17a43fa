"""Evidence from log files: their newest lines. Read only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.logfile.config import LogfileConfig
from lamplighter.integrations.logfile.tail import newest_files, tail
from lamplighter.ports import ToolError

FILES_MAX = 5
CONTACT_FILES_MAX = 100
ERROR_CHARS_MAX = 300


class LogFiles:
    """Tool `logs`: the newest lines of each of the component's files, at most 64 KiB of each and five files."""

    name = "logs"

    def __init__(self, config: LogfileConfig, now: Callable[[], datetime]) -> None:
        self._config = config
        self._now = now

    async def contact(self) -> str:
        """How many files there are to read now. Raises `ToolError` where one of them cannot be read."""
        patterns = [pattern for patterns in self._config.files.values() for pattern in patterns]
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                paths, _ = await asyncio.to_thread(newest_files, patterns, CONTACT_FILES_MAX)
                for path in paths:
                    await asyncio.to_thread(tail, path, self._config.folders, 1)
        except TimeoutError as problem:
            raise ToolError(f"the files could not be looked at in {self._config.timeout_seconds:g} s") from problem
        except OSError as problem:
            raise ToolError(str(problem)) from problem
        return f"{len(paths)} files can be read"

    def serves(self, component: Component) -> bool:
        """Components that the configuration gives files to."""
        return bool(self._patterns(component))

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each file, last written first; `error` is set where it could not be read."""
        part = question.component
        patterns = self._patterns(part)
        listed = f"ls {' '.join(patterns)}"
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                paths, more = await asyncio.to_thread(newest_files, patterns, FILES_MAX)
                looks = [await asyncio.to_thread(self._look, path, part, more=more) for path in paths]
        except TimeoutError:
            error = f"{listed}: not read in {self._config.timeout_seconds:g} s"
            return (self._evidence(part, Path(patterns[0]), listed, error=error),)
        if not looks:
            return (self._evidence(part, Path(patterns[0]), listed, error=f"{listed}: there is no such file"),)
        return looks

    def _patterns(self, component: Component) -> tuple[str, ...]:
        chosen = (
            paths
            for pattern, paths in self._config.files.items()
            if any(fnmatchcase(name, pattern) for name in component.names)
        )
        return tuple(dict.fromkeys(path for paths in chosen for path in paths))

    def _look(self, path: Path, part: Component, *, more: bool) -> Evidence:
        query = f"tail -c {EVIDENCE_BYTES_MAX} {path}"
        try:
            content, cut = tail(path, self._config.folders, EVIDENCE_BYTES_MAX)
        except OSError as problem:
            error = f"{query}: {type(problem).__name__}: {problem}"
            return self._evidence(part, path, query, error=error)
        return self._evidence(part, path, query, content, truncated=cut or more)

    def _evidence(
        self, part: Component, path: Path, query: str, content: str = "", *, error: str = "", truncated: bool = False
    ) -> Evidence:
        params = {"query": query, "component": part.name, "path": str(path)}
        key = f"{self.name}:{part.name}:{path}"
        error = error[:ERROR_CHARS_MAX]
        return Evidence(key, self.name, part.name, params, "text/plain", content, self._now(), error, truncated)
