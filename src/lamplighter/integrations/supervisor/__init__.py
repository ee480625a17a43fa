"""A supervisord: its processes, looks at them, and what may be done to them."""

from __future__ import annotations

from lamplighter.integrations.supervisor.actions import Restart, SetMemoryLimit, Start
from lamplighter.integrations.supervisor.client import SupervisorConfig, Supervisord
from lamplighter.integrations.supervisor.inventory import SYSTEM, Processes
from lamplighter.integrations.supervisor.tools import Logs, Status
from lamplighter.ports import Integration, RemediationAction, Roles, Surroundings


def build(config: SupervisorConfig, surroundings: Surroundings) -> Roles:
    """The roles that one supervisord plays; limits are offered only where it runs a memory guard."""
    daemon, clock = Supervisord(config), surroundings.clock
    actions: tuple[RemediationAction, ...] = (Restart(daemon, clock), Start(daemon, clock))
    if config.memory_guard:
        actions = (*actions, SetMemoryLimit(daemon, clock))
    return Roles(inventories=(Processes(daemon),), tools=(Status(daemon, clock), Logs(daemon, clock)), actions=actions)


INTEGRATION = Integration(name=SYSTEM, config=SupervisorConfig, build=build)
