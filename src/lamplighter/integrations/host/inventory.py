"""The machines themselves as components."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.domain.topology import Component
from lamplighter.integrations.host.client import KIND, SYSTEM, Hosts


class Machines:
    """This machine and those that the configuration names. Whether they answer is for the looks to say."""

    system = SYSTEM

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def components(self) -> Sequence[Component]:
        """One for each machine, by its configured name; no machine is asked."""
        return [Component(SYSTEM, KIND, machine.name, f"host:{machine.name}") for machine in self._hosts]
