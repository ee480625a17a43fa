"""The integration `kubernetes`: what a cluster runs, and what belongs to what. It only reads."""

from __future__ import annotations

from lamplighter.integrations.kubernetes.client import KubernetesClient, KubernetesConfig
from lamplighter.integrations.kubernetes.inventory import ClusterInventory
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: KubernetesConfig, _surroundings: Surroundings) -> Roles:
    """The roles of one cluster; nothing is connected yet."""
    return Roles(inventories=(ClusterInventory(KubernetesClient(config)),))


INTEGRATION = Integration(name="kubernetes", config=KubernetesConfig, build=build)
