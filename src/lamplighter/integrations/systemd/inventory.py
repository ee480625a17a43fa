"""What units a machine has: those that the configuration names, else all services but systemd's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from lamplighter.domain.topology import Component, Edge
from lamplighter.integrations.commands import Machine, settled
from lamplighter.integrations.systemd.client import KIND, SYSTEM, UNITS_MAX, Machines, unit_name
from lamplighter.ports import ToolError

LIST = ("systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", "--no-pager")
SHOW = ("systemctl", "show", "--no-pager", "-p", "Id", "-p", "LoadState", "-p", "ActiveState", "--")
RUNNING = frozenset({"active", "activating", "reloading"})
OWN = ("systemd-*", "user@*", "user-runtime-dir@*", "getty@*", "serial-getty@*", "modprobe@*", "dbus*", "emergency*")
_ROW = re.compile(r"^\s{0,4}(\S{1,255})\s{1,200}([\w-]{1,30})\s{1,40}([\w-]{1,30})\s{1,40}([\w-]{1,30})")


class Units:
    """The units of all machines as components. Their names come without `.service`."""

    system = SYSTEM

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._seen: dict[str, list[Component]] = {}

    async def components(self) -> Sequence[Component]:
        """The units there are, running or not; of a machine that is away those that it was last seen to have.

        Raises `ToolError` where no machine can be asked.
        """
        machines = list(self._machines)
        answers = await asyncio.gather(*(self._asked(machine) for machine in machines))
        failures = [answer for answer in answers if isinstance(answer, ToolError)]
        if len(failures) == len(machines):
            raise failures[0]
        for machine, answer in zip(machines, answers, strict=True):
            if not isinstance(answer, ToolError):
                self._seen[machine.name] = answer
        return [part for machine in machines for part in self._seen.get(machine.name, ())]

    async def _asked(self, machine: Machine) -> list[Component] | ToolError:
        mapped = {name: unit_name(unit) for name, unit in self._machines.mapped(machine).items()}
        if self._machines.is_limited and not mapped:
            return []
        argv = (*SHOW, *dict.fromkeys(mapped.values())) if mapped else LIST
        try:
            async with machine.session(self._machines.seconds) as session:
                output = settled(argv, await session.run(argv, first=True))
        except ToolError as problem:
            return ToolError(f"{machine.words(argv[:3])}: {problem}")
        if not mapped:
            return [_component(machine, stem, unit, running=run) for stem, unit, run in listed(output.text)]
        states = shown(output.text)
        there = {name: unit for name, unit in mapped.items() if unit in states}
        return [_component(machine, name, unit, running=states[unit] in RUNNING) for name, unit in there.items()]


def _component(machine: Machine, name: str, unit: str, *, running: bool) -> Component:
    host = machine.name
    edges = (Edge(name, host, "runs_on", SYSTEM),) if name != host else ()
    return Component(SYSTEM, KIND, name, f"{host}:{unit}", {"unit": unit, "host": host}, running, host, edges)


def listed(text: str) -> list[tuple[str, str, bool]]:
    """Name, unit and whether it runs, of each loaded service in systemctl's list that is not systemd's own."""
    found: list[tuple[str, str, bool]] = []
    for line in text.splitlines():
        row = _ROW.match(line)
        if row and row[2] == "loaded" and not any(fnmatchcase(row[1], pattern) for pattern in OWN):
            found.append((row[1].removesuffix(".service"), row[1], row[3] in RUNNING))
    return found[:UNITS_MAX]


def shown(text: str) -> dict[str, str]:
    """The state of each unit that is there, by its name, out of `systemctl show`."""
    found: dict[str, str] = {}
    for block in text.split("\n\n"):
        pairs = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if pairs.get("LoadState", "not-found") != "not-found" and pairs.get("Id"):
            found[pairs["Id"]] = pairs.get("ActiveState", "")
    return found
