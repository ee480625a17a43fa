"""Read-only looks at the whole engine for one container's sake: what runs beside it, and what fills the disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker.client import Engine
from lamplighter.integrations.docker.container import RUNNING, decoded
from lamplighter.integrations.docker.inventory import LIST, SYSTEM
from lamplighter.integrations.docker.tools import JSON_MEDIA, Look
from lamplighter.ports import Clock, ToolError

DISK = "/system/df"
DISK_KEPT_SECONDS = 60.0
# A look may take ten seconds in all, and the engine measures every volume for this answer.
DISK_WAIT_SECONDS = 8.0
DISK_POLL_SECONDS = 0.05
ENTRIES_KEPT = (200, 100, 50, 20, 5, 0)
_LISTS = ("Images", "Containers", "Volumes", "BuildCache")
_BULKY = frozenset({"Labels", "RepoDigests", "Ports", "NetworkSettings", "Options", "Description", "Parents"})


class Processes:
    """Tool `docker.ps`: every container of the engine, stopped ones too."""

    name = "docker.ps"

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Containers of this engine."""
        return component.system == SYSTEM

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece: the engine's list as it gave it."""
        params = {"all": "1"}
        query = f"GET {LIST}?{urlencode(params)}"
        try:
            body = await self._engine.read(LIST, params)
            look, error = listed(decoded(body, list[dict[str, Any]], query)), ""
        except ToolError as problem:
            look, error = Look(""), f"{query}: {problem}"
        return (_evidence(self.name, question, query, look, self._clock, error),)


@dataclass(slots=True)
class _Answer:
    look: Look
    error: str
    asked_at: float


class DiskUsage:
    """Tool `docker.df`: what images, containers, volumes and the build cache hold.

    The engine measures every volume for it, so that one answer serves all questions of a minute, a failed one too.
    """

    name = "docker.df"

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._answer: _Answer | None = None
        self._asking = False

    def serves(self, component: Component) -> bool:
        """Containers of this engine."""
        return component.system == SYSTEM

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece: the engine's own answer, the largest entries of each list where not all fit."""
        answer = await self._fresh()
        return (_evidence(self.name, question, f"GET {DISK}", answer.look, self._clock, answer.error),)

    async def _fresh(self) -> _Answer:
        deadline = self._clock.monotonic() + DISK_WAIT_SECONDS
        while self._asking:
            if self._clock.monotonic() >= deadline:
                words = f"GET {DISK}: another look at it did not end in {DISK_WAIT_SECONDS:g} s"
                return _Answer(Look(""), words, deadline)
            await self._clock.sleep(DISK_POLL_SECONDS)
        now = self._clock.monotonic()
        if self._answer is None or now - self._answer.asked_at >= DISK_KEPT_SECONDS:
            self._asking = True
            try:
                self._answer = await self._ask(now)
            finally:
                self._asking = False
        return self._answer

    async def _ask(self, now: float) -> _Answer:
        try:
            async with asyncio.timeout(DISK_WAIT_SECONDS):
                body = await self._engine.read(DISK)
            return _Answer(largest(decoded(body, dict[str, Any], f"GET {DISK}")), "", now)
        except TimeoutError:
            return _Answer(Look(""), f"GET {DISK}: no answer in {DISK_WAIT_SECONDS:g} s", now)
        except ToolError as problem:
            return _Answer(Look(""), str(problem), now)


def listed(entries: Sequence[Mapping[str, Any]]) -> Look:
    """The containers that fit: without their labels and ports where they are many, those that do not run first."""
    text = json.dumps(entries)
    if len(text) <= EVIDENCE_BYTES_MAX:
        return Look(text)
    ordered = sorted(entries, key=lambda entry: entry.get("State") == RUNNING)
    kept: list[str] = []
    room = EVIDENCE_BYTES_MAX - 2
    for entry in ordered:
        part = json.dumps(_slim(entry))
        room -= len(part) + 2
        if room < 0:
            break
        kept.append(part)
    return Look(f"[{', '.join(kept)}]", truncated=True)


def largest(usage: Mapping[str, Any]) -> Look:
    """The engine's answer with as many of the largest entries of each list as fit."""
    text = json.dumps(usage)
    if len(text) <= EVIDENCE_BYTES_MAX:
        return Look(text)
    for count in ENTRIES_KEPT:
        cut = {key: _largest(value, count) for key, value in usage.items() if key in _LISTS}
        text = json.dumps({"LayersSize": usage.get("LayersSize"), **cut})
        if len(text) <= EVIDENCE_BYTES_MAX:
            return Look(text, truncated=True)
    return Look("{}", truncated=True)


def _largest(entries: object, count: int) -> list[dict[str, Any]]:
    known = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [_slim(entry) for entry in sorted(known, key=_size, reverse=True)[:count]]


def _size(entry: Mapping[str, Any]) -> float:
    usage = entry.get("UsageData")
    sizes = (entry.get("SizeRw"), usage.get("Size") if isinstance(usage, dict) else None, entry.get("Size"))
    return next((float(size) for size in sizes if isinstance(size, int | float)), 0.0)


def _slim(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _BULKY}


def _evidence(tool: str, question: Question, query: str, look: Look, clock: Clock, error: str) -> Evidence:
    name = question.component.name
    about = {"query": query, "component": name}
    key, at = f"{tool}:{name}", clock.now()
    return Evidence(key, tool, name, about, JSON_MEDIA, look.content, at, error, look.truncated)
