"""Machines: this one by psutil, others over SSH. It only looks."""

from __future__ import annotations

from lamplighter.integrations.host.client import SYSTEM, HostConfig, Hosts
from lamplighter.integrations.host.inventory import Machines
from lamplighter.integrations.host.tools import Df, Free, HostState, PackageChanges, Ps, Uptime
from lamplighter.ports import EvidenceTool, Integration, Roles, Surroundings


def build(config: HostConfig, surroundings: Surroundings) -> Roles:
    """The roles of these machines; nothing is connected yet."""
    hosts, clock = Hosts(config), surroundings.clock
    tools: tuple[EvidenceTool, ...] = (HostState(hosts, clock), PackageChanges(hosts, clock))
    if config.hosts:
        tools = (*tools, Df(hosts, clock), Free(hosts, clock), Ps(hosts, clock), Uptime(hosts, clock))
    return Roles(contact=hosts.contact, inventories=(Machines(hosts),), tools=tools)


INTEGRATION = Integration(name=SYSTEM, config=HostConfig, build=build)
