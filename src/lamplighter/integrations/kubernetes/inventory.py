"""What a cluster runs, asked anew each time."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes.client import KubernetesClient
from lamplighter.integrations.kubernetes.topology import SYSTEM, components_of


class ClusterInventory:
    """The cluster's objects as components."""

    system = SYSTEM

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client

    async def components(self) -> Sequence[Component]:
        """Everything there is. Raises `ToolError` where a list cannot be had."""
        return components_of(await self._client.things())
