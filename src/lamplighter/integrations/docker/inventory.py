"""What containers there are, running or not."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker.client import Engine
from lamplighter.integrations.docker.container import Summary, decoded

SYSTEM = "docker"
KIND = "container"
PROJECT_LABEL = "com.docker.compose.project"
LIST = "/containers/json"


class Containers:
    """The engine's containers as components; ids are the engine's own, which it never gives twice."""

    system = SYSTEM

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def components(self) -> Sequence[Component]:
        """All containers, stopped ones too. Raises `ToolError` where the engine cannot be seen."""
        body = await self._engine.read(LIST, {"all": "1"})
        return [component(entry) for entry in decoded(body, list[Summary], f"GET {LIST}")]


def component(entry: Summary) -> Component:
    """One entry of the list as a component."""
    labels = dict(entry.labels or {})
    if entry.image:
        labels[IMAGE_LABEL] = entry.image
    return Component(SYSTEM, KIND, entry.name, entry.id, labels, entry.healthy, labels.get(PROJECT_LABEL, ""))
