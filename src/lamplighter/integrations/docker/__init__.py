"""A Docker engine: its containers, looks at them, and three things that may be done to them. Its checks only look."""

from __future__ import annotations

from lamplighter.integrations.docker.actions import Restart, SetMemoryLimit, Start
from lamplighter.integrations.docker.checks import DockerCheckReader, DockerChecks
from lamplighter.integrations.docker.client import DockerConfig, Engine
from lamplighter.integrations.docker.engine_tools import DiskUsage, Processes
from lamplighter.integrations.docker.inventory import SYSTEM, Containers
from lamplighter.integrations.docker.tools import Events, Inspect, Logs, Stats
from lamplighter.ports import Integration, Roles, Surroundings


def build(config: DockerConfig, surroundings: Surroundings) -> Roles:
    """The roles that one engine plays; nothing is connected yet."""
    engine, clock = Engine(config), surroundings.clock
    checks = DockerChecks(engine, clock)
    return Roles(
        inventories=(Containers(engine),),
        tools=(
            Inspect(engine, clock),
            Logs(engine, clock),
            Stats(engine, clock),
            Events(engine, clock),
            Processes(engine, clock),
            DiskUsage(engine, clock),
        ),
        actions=(Restart(engine), Start(engine), SetMemoryLimit(engine)),
        readers=(DockerCheckReader(surroundings.checks, checks),),
        runners=(checks,),
    )


INTEGRATION = Integration(name=SYSTEM, config=DockerConfig, build=build)
