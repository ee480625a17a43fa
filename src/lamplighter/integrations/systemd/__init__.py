"""Systemd on this machine or on others over SSH: its units, and looks at them. Nothing is ever started or stopped."""

from __future__ import annotations

from lamplighter.integrations.systemd.client import SYSTEM, Machines, SystemdConfig
from lamplighter.integrations.systemd.inventory import Units
from lamplighter.integrations.systemd.tools import Journal, Status
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: SystemdConfig, surroundings: Surroundings) -> Roles:
    """The roles of these machines; nothing is connected yet."""
    machines, clock = Machines(config), surroundings.clock
    return Roles(
        inventories=(Units(machines),),
        tools=(Status(machines, clock), Journal(machines, clock)),
    )


INTEGRATION = Integration(name=SYSTEM, config=SystemdConfig, build=build)
