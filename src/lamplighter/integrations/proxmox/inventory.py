"""What guests and nodes there are, running or not, and which node each guest runs on."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.domain.topology import Component, Edge
from lamplighter.integrations.proxmox.client import ProxmoxClient
from lamplighter.integrations.proxmox.resources import KINDS, ONLINE, RUNNING, Resource

SYSTEM = "proxmox"
RUNS_ON = "runs_on"
TAGS_LABEL = "tags"


class Guests:
    """The cluster's containers, machines and nodes as components."""

    system = SYSTEM

    def __init__(self, client: ProxmoxClient) -> None:
        self._client = client

    async def components(self) -> Sequence[Component]:
        """All guests, stopped ones too, and all nodes. Raises `ToolError` where nothing can be seen."""
        found = await self._client.resources()
        return [component(one) for one in found if one.is_guest or one.type == "node"]


def component(resource: Resource) -> Component:
    """One guest or node. A number may be given again to another guest, so the name is part of the id."""
    if resource.type == "node":
        return Component(SYSTEM, "node", resource.title, resource.id, {}, resource.status == ONLINE)
    labels = {TAGS_LABEL: ";".join(resource.tag_list)} if resource.tags else {}
    edges = (Edge(resource.title, resource.node, RUNS_ON, SYSTEM),) if resource.node != resource.title else ()
    return Component(
        SYSTEM,
        KINDS[resource.type],
        resource.title,
        f"{resource.id}/{resource.title}",
        labels,
        resource.status == RUNNING,
        resource.pool,
        edges,
    )
