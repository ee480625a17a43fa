"""Which unit of which machine a component is, and that its name is safe to be a word of a command."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from lamplighter.domain.topology import Component
from lamplighter.integrations.commands import LocalMachine, Machine, RemoteHost, SshMachine
from lamplighter.ports import ToolError

SYSTEM = "systemd"
KIND = "unit"
HOSTS_MAX = 50
UNITS_MAX = 200
_UNIT = re.compile(
    r"^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,240}"
    r"\.(?:service|socket|timer|mount|automount|path|target|slice|scope|swap|device)$"
)
Place = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@/-]*$", max_length=500)]


class SystemdConfig(BaseModel):
    """`sources.systemd`: the machines to ask over SSH, else this one; and which unit a component is.

    `units` maps a component to `unit` or `host/unit`; where it is given, no other unit is looked at.
    """

    model_config = ConfigDict(extra="forbid")

    hosts: list[RemoteHost] = Field(default=[], max_length=HOSTS_MAX)
    units: dict[str, Place] = Field(default={}, max_length=UNITS_MAX)
    timeout_seconds: float = Field(default=8.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("hosts")
    @classmethod
    def _named_once(cls, hosts: list[RemoteHost]) -> list[RemoteHost]:
        if len({host.name for host in hosts}) != len(hosts):
            raise ValueError("each host must have a name of its own")
        return hosts


@dataclass(frozen=True, slots=True)
class Placed:
    """One unit on one machine."""

    machine: Machine
    unit: str


class Machines:
    """The machines that are asked, and where each component's unit is."""

    def __init__(self, config: SystemdConfig, local: Machine | None = None) -> None:
        remote: list[Machine] = [SshMachine(host) for host in config.hosts]
        machines = remote or [local or LocalMachine(socket.gethostname())]
        self.seconds = config.timeout_seconds
        self._machines = {machine.name: machine for machine in machines}
        self._units = config.units

    def __iter__(self) -> Iterator[Machine]:
        return iter(self._machines.values())

    def mapped(self, machine: Machine) -> Mapping[str, str]:
        """The components that the configuration places on a machine, and their units; empty where it places none."""
        found = {component: self._split(place) for component, place in self._units.items()}
        return {component: unit for component, (host, unit) in found.items() if host == machine.name}

    @property
    def is_limited(self) -> bool:
        """Whether the configuration says which units may be looked at."""
        return bool(self._units)

    def knows(self, component: Component) -> bool:
        """Whether a component is a unit, or one that the configuration names a unit for."""
        return component.system == SYSTEM or component.name in self._units

    def placed(self, component: Component) -> Placed:
        """The component's unit. Raises `ToolError` where there is none, or its name is no unit's."""
        if component.name in self._units:
            host, unit = self._split(self._units[component.name])
        elif component.system == SYSTEM and not self.is_limited:
            host, _, unit = component.id.partition(":")
        else:
            raise ToolError(f"no unit is configured for {component.name!r}")
        if host not in self._machines:
            raise ToolError(f"no machine is called {host!r} in sources.systemd.hosts")
        return Placed(self._machines[host], unit_name(unit))

    def _split(self, place: str) -> tuple[str, str]:
        host, slash, unit = place.rpartition("/")
        return (host if slash else next(iter(self._machines))), unit


def unit_name(raw: str) -> str:
    """A unit's full name. Raises `ToolError` for what could not be one, such as an option."""
    name = raw if _UNIT.match(raw) else f"{raw}.service"
    if not _UNIT.match(name):
        raise ToolError(f"{raw[:80]!r} is not the name of a unit")
    return name
