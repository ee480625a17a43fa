"""What processes supervisord looks after, running or not."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.domain.topology import Component
from lamplighter.integrations.supervisor.client import Supervisord
from lamplighter.integrations.supervisor.process import Info, ProcessId

SYSTEM = "supervisor"
KIND = "process"


class Processes:
    """Supervisord's processes as components. The memory guard is left out: nothing may act on it."""

    system = SYSTEM

    def __init__(self, daemon: Supervisord) -> None:
        self._daemon = daemon

    async def components(self) -> Sequence[Component]:
        """All processes, stopped ones too. Raises `ToolError` where supervisord cannot be seen."""
        name = await self._daemon.call("getIdentification", shape=str)
        found = await self._daemon.call("getAllProcessInfo", shape=list[Info])
        guard = self._daemon.config.memory_guard
        return [component(name, info) for info in found if not guard or guard not in (info.name, info.group)]


def component(daemon_name: str, info: Info) -> Component:
    """One process as a component."""
    key = ProcessId(daemon_name, info.group, info.name)
    return Component(SYSTEM, KIND, info.name, key.text, {"group": info.group}, info.running, info.group)
