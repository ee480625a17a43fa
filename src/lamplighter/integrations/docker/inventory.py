"""What containers there are, running or not, and whose network and volumes they share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from lamplighter.domain.nearby import PORTS_LABEL
from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import SERVICE_LABEL, STATE_LABEL, Component, Edge
from lamplighter.integrations.docker.client import Engine
from lamplighter.integrations.docker.container import Mounted, Summary, decoded
from lamplighter.ports import ToolError

SYSTEM = "docker"
KIND = "container"
PROJECT_LABEL = "com.docker.compose.project"
LIST = "/containers/json"
SHARED = ("container", "service")
VOLUMES_KEPT = 2000
VOLUMES_SECONDS_MAX = 3.0


class Containers:
    """The engine's containers as components; ids are the engine's own, which it never gives twice."""

    system = SYSTEM

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # By container id. A container keeps its volumes for life, so each is asked for once.
        self._volumes_from: dict[str, tuple[str, ...]] = {}

    async def components(self) -> Sequence[Component]:
        """All containers, stopped ones too. Raises `ToolError` where the engine cannot be seen."""
        body = await self._engine.read(LIST, {"all": "1"})
        entries = decoded(body, list[Summary], f"GET {LIST}")
        await self._learn_volumes(entries)
        return [component(entry, edges_of(entry, entries, self._volumes_from)) for entry in entries]

    async def _learn_volumes(self, entries: Sequence[Summary]) -> None:
        unknown = [entry.id for entry in entries if entry.id not in self._volumes_from]
        if len(self._volumes_from) > VOLUMES_KEPT:
            alive = {entry.id for entry in entries}
            self._volumes_from = {key: value for key, value in self._volumes_from.items() if key in alive}
        try:
            # What is not answered in time is asked for at the next survey; the list itself does not wait for it.
            async with asyncio.timeout(VOLUMES_SECONDS_MAX):
                await asyncio.gather(*(self._learn(identity) for identity in unknown[:VOLUMES_KEPT]))
        except TimeoutError:
            return

    async def _learn(self, identity: str) -> None:
        path = f"/containers/{identity}/json"
        try:
            mounted = decoded(await self._engine.read(path), Mounted, f"GET {path}")
        except ToolError:
            # A container that went meanwhile, or cannot be looked at, has no edges of this kind until it can.
            return
        self._volumes_from[identity] = tuple(mounted.host_config.volumes_from or ())


def component(entry: Summary, edges: tuple[Edge, ...] = ()) -> Component:
    """One entry of the list as a component."""
    # What the engine says itself must not come from a container's own label.
    said = {IMAGE_LABEL: entry.image, STATE_LABEL: entry.standing, PORTS_LABEL: entry.opened}
    labels = {key: value for key, value in (entry.labels or {}).items() if key not in said}
    labels |= {key: value for key, value in said.items() if value}
    return Component(SYSTEM, KIND, entry.name, entry.id, labels, entry.healthy, labels.get(PROJECT_LABEL, ""), edges)


def edges_of(
    entry: Summary, entries: Sequence[Summary], volumes_from: Mapping[str, tuple[str, ...]]
) -> tuple[Edge, ...]:
    """Whose network and whose volumes a container lives in; it fails with them."""
    found: dict[Edge, None] = {}
    mode, _, other = (entry.host_config.network_mode if entry.host_config else "").partition(":")
    if mode in SHARED and other:
        found[Edge(entry.name, _named(other, entry, entries), "depends_on", f"docker network_mode {mode}")] = None
    for item in volumes_from.get(entry.id, ()):
        other = item.partition(":")[0]
        found[Edge(entry.name, _named(other, entry, entries), "stores_in", "docker volumes_from")] = None
    return tuple(edge for edge in found if edge.target and edge.target != entry.name)


def _named(wanted: str, near: Summary, entries: Sequence[Summary]) -> str:
    """The name of the container that an id, a name, or a service of the same project means; empty where it is none."""
    if not wanted:
        return ""
    project = (near.labels or {}).get(PROJECT_LABEL, "")
    for entry in entries:
        labels = entry.labels or {}
        own = project and labels.get(PROJECT_LABEL) == project and labels.get(SERVICE_LABEL) == wanted
        if wanted in {entry.name, entry.id} or own:
            return entry.name
    return ""
