"""The integration `kubernetes`: what a cluster runs, what belongs to what, and looks at it. It only reads."""

from __future__ import annotations

from lamplighter.integrations.kubernetes.client import KubernetesClient, KubernetesConfig
from lamplighter.integrations.kubernetes.inventory import ClusterInventory
from lamplighter.integrations.kubernetes.tools import Events, Get, Logs, Top
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: KubernetesConfig, surroundings: Surroundings) -> Roles:
    """The roles of one cluster; nothing is connected yet."""
    client, clock = KubernetesClient(config), surroundings.clock
    return Roles(
        inventories=(ClusterInventory(client),),
        tools=(Get(client, clock), Events(client, clock), Logs(client, clock), Top(client, clock)),
    )


INTEGRATION = Integration(name="kubernetes", config=KubernetesConfig, build=build)
