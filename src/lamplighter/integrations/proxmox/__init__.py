"""The integration `proxmox`: guests and nodes as components, checks of guests, and looks at both. It only reads."""

from __future__ import annotations

from lamplighter.integrations.proxmox.checks import ProxmoxCheckReader, ProxmoxChecks
from lamplighter.integrations.proxmox.client import ProxmoxClient, ProxmoxConfig
from lamplighter.integrations.proxmox.inventory import Guests
from lamplighter.integrations.proxmox.tools import Nodes, Status, Storage, Tasks
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: ProxmoxConfig, surroundings: Surroundings) -> Roles:
    """The roles of one cluster; nothing is connected yet."""
    client, clock = ProxmoxClient(config), surroundings.clock
    checks = ProxmoxChecks(client, clock)
    return Roles(
        inventories=(Guests(client),),
        tools=(Status(client, clock), Tasks(client, clock), Storage(client, clock), Nodes(client, clock)),
        readers=(ProxmoxCheckReader(surroundings.checks, checks),),
        runners=(checks,),
    )


INTEGRATION = Integration(name="proxmox", config=ProxmoxConfig, build=build)
