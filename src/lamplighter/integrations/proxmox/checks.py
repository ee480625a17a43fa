"""Runs checks on guests that should run: those that start with their node, or those of a name. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import CheckKind, CheckSpec, Part, Sample, SampleState, joined, reading_of, spec_of
from lamplighter.domain.verification import Reading
from lamplighter.integrations.proxmox.client import ProxmoxClient
from lamplighter.integrations.proxmox.resources import ONLINE, RUNNING, Resource
from lamplighter.ports import Clock, ToolError

EVERYTHING = frozenset({"*", "all"})
GLOB_LETTERS = frozenset("*?[")
STOPPED = "stopped"
SETTINGS_MAX = 100
QUERY = "GET /api2/json/cluster/resources"


class ProxmoxChecks:
    """Runs `proxmox`: all guests with onboot and the nodes they run on, or the guests of a name or glob."""

    def __init__(self, client: ProxmoxClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def runs(self, spec: CheckSpec) -> bool:
        """What asks Proxmox."""
        return spec.kind is CheckKind.PROXMOX

    async def sample(self, spec: CheckSpec) -> Sample:
        """One sample; never raises. A guest that is told no more may only be hidden, so it is not seen."""
        try:
            found = await self._client.resources()
        except ToolError as problem:
            return Sample(spec.name, self._clock.now(), SampleState.CANNOT_SEE, str(problem))
        guests = [one for one in found if one.is_guest and is_meant(spec.target, one)]
        everything = spec.target in EVERYTHING
        asked = [one for one in guests if everything and one.status == STOPPED][:SETTINGS_MAX]
        wishes = dict(await asyncio.gather(*(self._wish(one) for one in asked)))
        nodes = [one for one in found if one.type == "node"]
        parts = parts_of(guests, nodes, wishes, everything=everything)
        if not guests and not everything and not GLOB_LETTERS & set(spec.target):
            parts = (hidden(spec.target),)
        return joined(spec.name, self._clock.now(), parts)

    async def _wish(self, guest: Resource) -> tuple[str, bool | str]:
        """Whether a guest starts with its node; words where that cannot be seen."""
        try:
            return guest.id, (await self._client.settings(guest)).onboot
        except ToolError as problem:
            return guest.id, str(problem)


class ProxmoxCheckReader:
    """Asks for a check's guests again when its alert is to be verified."""

    def __init__(self, checks: tuple[CheckSpec, ...], runner: ProxmoxChecks) -> None:
        self._checks = checks
        self._runner = runner

    async def read(self, alert: Alert) -> Reading | None:
        """The check now; None where the alert is not from one of these checks."""
        spec = spec_of(alert, self._checks)
        if spec is None or not self._runner.runs(spec):
            return None
        return reading_of(spec, alert, await self._runner.sample(spec), QUERY)


def is_meant(target: str, guest: Resource) -> bool:
    """Whether a check's name, number or glob means this guest."""
    return target in EVERYTHING or target == str(guest.vmid) or fnmatchcase(guest.title, target)


def hidden(name: str) -> Part:
    """A guest that was asked for by its name and is not told of: gone, or the token may not see it."""
    detail = f"{name} is not told of: there is no such guest, or the token may not see it"
    return Part(name, SampleState.CANNOT_SEE, detail, {"name": name})


def parts_of(
    guests: Sequence[Resource], nodes: Sequence[Resource], wishes: Mapping[str, bool | str], *, everything: bool
) -> tuple[Part, ...]:
    """What the guests' states say; where everything is watched, what the nodes' say too."""
    found = [_guest(one, wishes.get(one.id, False) if everything else True) for one in guests]
    if everything:
        found.extend(_node(one) for one in nodes)
    return tuple(found)


def _guest(guest: Resource, wish: bool | str) -> Part:  # noqa: FBT001 - a wish, or the words why it is not known
    state, words = _judged(guest, wish)
    return Part(guest.id, state, f"{guest.title} ({guest.id}) {words}", {"name": guest.title})


def _judged(guest: Resource, wish: bool | str) -> tuple[SampleState, str]:  # noqa: FBT001 - as _guest
    if guest.status == RUNNING:
        return SampleState.OK, f"runs on {guest.node}"
    if guest.status != STOPPED:
        return SampleState.CANNOT_SEE, f"is {guest.status or 'in no known state'} on {guest.node}"
    if guest.lock:
        return SampleState.CANNOT_SEE, f"is stopped while it is locked for {guest.lock}"
    if isinstance(wish, str):
        return SampleState.CANNOT_SEE, f"is stopped, and whether it should run cannot be seen: {wish}"
    if not wish:
        return SampleState.OK, "is stopped and does not start with its node, so it need not run"
    return SampleState.FAILING, f"is stopped on {guest.node}"


def _node(node: Resource) -> Part:
    online = node.status == ONLINE
    unseen = node.status in {"", "unknown"}
    state = SampleState.OK if online else SampleState.CANNOT_SEE if unseen else SampleState.FAILING
    return Part(node.id, state, f"node {node.title} is {node.status or 'unknown'}", {"node": node.title})
