"""Read-only looks at one container: inspect, logs, stats, events. A failed look is evidence too."""

from __future__ import annotations

import asyncio
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker.client import Engine
from lamplighter.integrations.docker.container import decoded
from lamplighter.integrations.docker.inventory import SYSTEM
from lamplighter.integrations.docker.stream import Newest
from lamplighter.ports import Clock, ToolError

LOG_LINES_MAX = 200
JSON_MEDIA = "application/json"
TEXT_MEDIA = "text/plain"
ESSENTIAL = frozenset({"Id", "Name", "State", "RestartCount", "HostConfig", "Config", "Created", "Image"})
USAGE = frozenset({"memory_stats", "pids_stats", "cpu_stats", "precpu_stats", "read"})
TOLD_EVENTS = (
    "create",
    "destroy",
    "die",
    "health_status",
    "kill",
    "oom",
    "pause",
    "rename",
    "restart",
    "start",
    "stop",
    "unpause",
    "update",
)
# Pulled, loaded or tagged anew: what runs next under this name is something else.
IMAGE_EVENTS = ("delete", "import", "load", "pull", "tag", "untag")
NOTHING = "[]"
BARE_ID = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look brought: its text and whether something was left out."""

    content: str
    truncated: bool = False


class ContainerTool(ABC):
    """One read-only request about one container, and what is kept of the answer."""

    name: str
    media = JSON_MEDIA

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Containers of this engine."""
        return component.system == SYSTEM

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece of evidence; where the look failed, with `error` naming the request and the raw reason."""
        part = question.component
        path, params = self.request(question)
        query = f"GET {path}" + (f"?{urlencode(params)}" if params else "")
        about = {"query": query, "component": part.name}
        key = f"{self.name}:{part.name}"
        try:
            look = await self.look(path, params)
        except ToolError as problem:
            error = f"{query}: {problem}"
            return [Evidence(key, self.name, part.name, about, self.media, "", self._clock.now(), error)]
        at = self._clock.now()
        return [Evidence(key, self.name, part.name, about, self.media, look.content, at, truncated=look.truncated)]

    @abstractmethod
    def request(self, question: Question) -> tuple[str, dict[str, str]]:
        """The path and the parameters of the one request."""

    @abstractmethod
    async def look(self, path: str, params: Mapping[str, str]) -> Look:
        """Ask, and keep what is evidence. Raises `ToolError`."""


class Inspect(ContainerTool):
    """How the container is set up, and the state it is in."""

    name = "docker.inspect"

    def request(self, question: Question) -> tuple[str, dict[str, str]]:
        """The container's own page."""
        return f"/containers/{question.component.id}/json", {}

    async def look(self, path: str, params: Mapping[str, str]) -> Look:
        """The JSON as the engine gave it, without the values of environment variables."""
        body = await self._engine.read(path, params)
        return without_secrets(decoded(body, dict[str, Any], f"GET {path}"))


class Logs(ContainerTool):
    """The last lines of both streams, oldest first, each with its time."""

    name = "docker.logs"
    media = TEXT_MEDIA

    def request(self, question: Question) -> tuple[str, dict[str, str]]:
        """The last lines, not the window's: a container that died before the window still tells why at its end."""
        params = {"stdout": "1", "stderr": "1", "timestamps": "1", "tail": str(LOG_LINES_MAX)}
        return f"/containers/{question.component.id}/logs", params

    async def look(self, path: str, params: Mapping[str, str]) -> Look:
        """Plain text, at most 64 KiB; the newest is kept."""
        newest = Newest(EVIDENCE_BYTES_MAX)
        await self._engine.read(path, params, newest)
        return Look(newest.text, newest.truncated)


class Stats(ContainerTool):
    """What the container uses now."""

    name = "docker.stats"

    def request(self, question: Question) -> tuple[str, dict[str, str]]:
        """One reading, without waiting for a second one to compare with."""
        return f"/containers/{question.component.id}/stats", {"stream": "false", "one-shot": "true"}

    async def look(self, path: str, params: Mapping[str, str]) -> Look:
        """The JSON as the engine gave it; of one that was ever throttled, with the reading before as `precpu_stats`.

        Only two readings tell whether it is short of processor time now, and the second one takes the engine a second.
        """
        reading = decoded(await self._engine.read(path, params), dict[str, Any], f"GET {path}")
        if was_throttled(reading):
            later = decoded(await self._engine.read(path, params), dict[str, Any], f"GET {path}")
            reading = {**later, "precpu_stats": reading["cpu_stats"]}
        return _shrunk(reading, USAGE)


class Events(ContainerTool):
    """What happened to the container since the window opened, and to the image that it was made from."""

    name = "docker.events"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """The container's events; a second piece where images were pulled or tagged, or could not be asked for."""
        own, images = await asyncio.gather(super().gather(question), self._images(question))
        return [*own, *images]

    async def _images(self, question: Question) -> Sequence[Evidence]:
        part = question.component
        path, params = "/events", self._window(question, {"type": ["image"], "event": list(IMAGE_EVENTS)})
        query = f"GET {path}?{urlencode(params)}"
        image = part.labels.get(IMAGE_LABEL, "")
        about = {"query": query, "component": part.name} | ({"image": image} if image else {})
        key, error = f"{self.name}:{part.name}:images", ""
        try:
            look = newest_events([event for event in await self._asked(path, params) if is_of(event, image)])
        except ToolError as problem:
            look, error = Look(""), f"{query}: {problem}"
        if look.content == NOTHING:
            return ()
        at = self._clock.now()
        return (Evidence(key, self.name, part.name, about, self.media, look.content, at, error, look.truncated),)

    def request(self, question: Question) -> tuple[str, dict[str, str]]:
        """The window up to now. Health probes are left out: each is three events, and they would hide the rest."""
        filters = {"container": [question.component.id], "event": list(TOLD_EVENTS), "type": ["container"]}
        return "/events", self._window(question, filters)

    async def look(self, path: str, params: Mapping[str, str]) -> Look:
        """A JSON array of the engine's events, oldest first; where there are too many, the newest."""
        return newest_events(await self._asked(path, params))

    def _window(self, question: Question, filters: Mapping[str, list[str]]) -> dict[str, str]:
        since, until = question.start.timestamp(), self._clock.now().timestamp()
        return {"since": f"{since:.6f}", "until": f"{until:.6f}", "filters": json.dumps(filters)}

    async def _asked(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        body = await self._engine.read(path, params)
        return [decoded(line, dict[str, Any], f"GET {path}") for line in body.splitlines() if line.strip()]


def repository(image: str) -> str:
    """An image's name without tag and digest; empty for a bare id, which names none."""
    name = image.partition("@")[0]
    head, _, last = name.rpartition("/")
    plain = last.partition(":")[0]
    if name.startswith("sha256:") or BARE_ID.fullmatch(name):
        return ""
    return f"{head}/{plain}" if head else plain


def is_of(event: Mapping[str, Any], image: str) -> bool:
    """Whether an image's event is about the repository of `image`; of an unknown one every event may be."""
    actor = event.get("Actor")
    attributes = actor.get("Attributes") if isinstance(actor, dict) else None
    named = attributes.get("name") if isinstance(attributes, dict) else None
    wanted = repository(image)
    return not wanted or (isinstance(named, str) and repository(named) == wanted)


def was_throttled(reading: Mapping[str, Any]) -> bool:
    """Whether the container was held back from the processors at any time since its start."""
    cpu = reading.get("cpu_stats")
    throttling = cpu.get("throttling_data") if isinstance(cpu, dict) else None
    return isinstance(throttling, dict) and bool(throttling.get("throttled_periods"))


def without_secrets(details: dict[str, Any]) -> Look:
    """An inspection as evidence: of environment variables only the names stay."""
    config = details.get("Config")
    if isinstance(config, dict) and isinstance(config.get("Env"), list):
        names = [str(entry).partition("=")[0] for entry in config["Env"]]
        details = {**details, "Config": {**config, "Env": names}}
    return _shrunk(details, ESSENTIAL)


def newest_events(events: list[dict[str, Any]]) -> Look:
    """The newest events that fit into one piece of evidence."""
    kept: list[str] = []
    size = len("[]")
    for event in reversed(events):
        text = json.dumps(event)
        size += len(text.encode()) + 1
        if size > EVIDENCE_BYTES_MAX:
            break
        kept.append(text)
    return Look(f"[{','.join(reversed(kept))}]", len(kept) < len(events))


def _shrunk(value: dict[str, Any], essential: frozenset[str]) -> Look:
    """JSON of `value`, without its largest parts where it is too large; what is essential goes last."""
    parts = {key: json.dumps(part) for key, part in value.items()}
    order = sorted(parts, key=lambda key: (key in essential, -len(parts[key])))
    left_out: set[str] = set()
    for key in order:
        content = json.dumps({name: part for name, part in value.items() if name not in left_out})
        if len(content.encode()) <= EVIDENCE_BYTES_MAX:
            return Look(content, bool(left_out))
        left_out.add(key)
    return Look("{}", truncated=True)
