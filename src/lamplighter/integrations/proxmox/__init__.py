"""The integration `proxmox`: guests and nodes as components, and checks of guests that should run. It only reads."""

from __future__ import annotations

from lamplighter.integrations.proxmox.checks import ProxmoxCheckReader, ProxmoxChecks
from lamplighter.integrations.proxmox.client import ProxmoxClient, ProxmoxConfig
from lamplighter.integrations.proxmox.inventory import Guests
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: ProxmoxConfig, surroundings: Surroundings) -> Roles:
    """The roles of one cluster; nothing is connected yet."""
    client = ProxmoxClient(config)
    checks = ProxmoxChecks(client, surroundings.clock)
    return Roles(
        inventories=(Guests(client),),
        readers=(ProxmoxCheckReader(surroundings.checks, checks),),
        runners=(checks,),
    )


INTEGRATION = Integration(name="proxmox", config=ProxmoxConfig, build=build)
