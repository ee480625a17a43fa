"""Read-only looks at guests and nodes: status, tasks, storage, nodes. A failed look is evidence too."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.proxmox.client import ProxmoxClient, asked
from lamplighter.integrations.proxmox.inventory import SYSTEM, component
from lamplighter.integrations.proxmox.resources import Resource
from lamplighter.ports import Clock, ToolError

# A look may take ten seconds in all, and asks at most three times in a row.
WAIT_SECONDS = 3.0
TASKS_MAX = 50
ERRORS_BACK = timedelta(days=1)
GUEST_KINDS = frozenset({"lxc", "vm"})
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Place:
    """One question to the API, and what it is about."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    node: str = ""
    vmid: str = ""

    @property
    def query(self) -> str:
        """What is asked, as it is shown."""
        return f"GET {asked(self.path, self.params)}"


class ClusterTool(ABC):
    """What all looks share: the guest or node is found anew first, because guests move between nodes."""

    name: str
    kinds = GUEST_KINDS

    def __init__(self, client: ProxmoxClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Guests of this cluster; nodes where the look can tell of them."""
        return component.system == SYSTEM and component.kind in self.kinds

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each request, with `error` naming it and the raw reason where it failed."""
        part = question.component
        try:
            places = self.places(await self._found(part), question)
        except ToolError as problem:
            return [self._evidence(part, Place("/cluster/resources"), 0, error=str(problem))]
        looks = (self._look(part, place, index) for index, place in enumerate(places))
        return await asyncio.gather(*looks)

    @abstractmethod
    def places(self, resource: Resource, question: Question) -> Sequence[Place]:
        """What to ask about it."""

    async def cannot_see(self, _place: Place, _data: object) -> str:
        """Why an answer of 200 shows nothing, where that means missing rights; empty where it shows what there is."""
        return ""

    async def _found(self, part: Component) -> Resource:
        for resource in await self._client.resources(WAIT_SECONDS):
            if (resource.is_guest or resource.type == "node") and component(resource).id == part.id:
                if not _NODE.fullmatch(resource.node or resource.title):
                    raise ToolError(f"{part.name}: its node has no name that can be asked for")
                return resource
        raise ToolError(
            f"GET {asked('/cluster/resources', {})}: {part.name} is not told of: there is no such guest or node, or "
            f"the token lacks VM.Audit; on a node run: {self._client.grant('/vms')}"
        )

    async def _look(self, part: Component, place: Place, index: int) -> Evidence:
        try:
            data = await self._client.look(place.path, place.params, WAIT_SECONDS)
            problem = await self.cannot_see(place, data)
        except ToolError as failure:
            return self._evidence(part, place, index, error=str(failure))
        if problem:
            return self._evidence(part, place, index, error=problem)
        content, truncated = enveloped(data)
        return self._evidence(part, place, index, content=content, truncated=truncated)

    def _evidence(
        self, part: Component, place: Place, index: int, *, content: str = "", error: str = "", truncated: bool = False
    ) -> Evidence:
        told = {"query": place.query, "component": part.name, "node": place.node, "vmid": place.vmid}
        about = {key: value for key, value in told.items() if value}
        key = f"{self.name}:{part.id}:{index}"
        at = self._clock.now()
        return Evidence(key, self.name, part.name, about, "application/json", content, at, error, truncated)


class Status(ClusterTool):
    """How a guest runs now, and how it is set up."""

    name = "proxmox.status"

    def places(self, resource: Resource, _question: Question) -> Sequence[Place]:
        """Its current state, then its configuration."""
        own = f"/nodes/{resource.node}/{resource.type}/{resource.vmid}"
        about = (resource.node, str(resource.vmid))
        return (Place(f"{own}/status/current", {}, *about), Place(f"{own}/config", {}, *about))


class Tasks(ClusterTool):
    """What was done to a guest or on a node in the window, and what failed on its node in the day before."""

    name = "proxmox.tasks"
    kinds = GUEST_KINDS | {"node"}

    def places(self, resource: Resource, question: Question) -> Sequence[Place]:
        """Running and finished tasks of the window, then failed ones."""
        node, vmid = resource.node or resource.title, str(resource.vmid) if resource.is_guest else ""
        path = f"/nodes/{node}/tasks"
        end = {"until": f"{question.end.timestamp():.0f}", "limit": str(TASKS_MAX)}
        own = {"since": f"{question.start.timestamp():.0f}", **end, "source": "all", **({"vmid": vmid} if vmid else {})}
        errors = {"since": f"{(question.start - ERRORS_BACK).timestamp():.0f}", **end, "errors": "1"}
        return (Place(path, own, node, vmid), Place(path, errors, node))

    async def cannot_see(self, place: Place, data: object) -> str:
        """A token without Sys.Audit is told of its own tasks only, which are none: the answer is an empty list."""
        if data:
            return ""
        path = f"/nodes/{place.node}"
        rights = await self._client.look("/access/permissions", {"path": path}, WAIT_SECONDS)
        own = rights.get(path) if isinstance(rights, dict) else None
        if isinstance(own, dict) and own.get("Sys.Audit"):
            return ""
        words = f"an empty list, and the token lacks Sys.Audit on {path}, without which it sees no task of anybody else"
        return f"{place.query}: {words}; on a node run: {self._client.grant(path)}"


class Storage(ClusterTool):
    """How full the storages of a node are, which is also the node that a guest runs on."""

    name = "proxmox.storage"
    kinds = GUEST_KINDS | {"node"}

    def places(self, resource: Resource, _question: Question) -> Sequence[Place]:
        """Every storage of the node that is switched on."""
        node = resource.node or resource.title
        return (Place(f"/nodes/{node}/storage", {"enabled": "1"}, node),)

    async def cannot_see(self, place: Place, data: object) -> str:
        """Every node has storage, so none is told only to a token that may not see any."""
        if data:
            return ""
        words = "an empty list. Every node has storage: the token lacks Datastore.Audit"
        return f"{place.query}: {words}; on a node run: {self._client.grant('/storage')}"


class Nodes(ClusterTool):
    """Which nodes answer, and what the component's own node uses."""

    name = "proxmox.nodes"
    kinds = GUEST_KINDS | {"node"}

    def places(self, resource: Resource, _question: Question) -> Sequence[Place]:
        """All nodes, then the one."""
        node = resource.node or resource.title
        return (Place("/nodes", {}, node), Place(f"/nodes/{node}/status", {}, node))

    async def cannot_see(self, place: Place, data: object) -> str:
        """A node is always there; without Sys.Audit it is told of as unknown and without any number."""
        if place.path != "/nodes":
            return ""
        seen = data if isinstance(data, list) else []
        if any(isinstance(node, dict) and node.get("status") != "unknown" for node in seen):
            return ""
        words = "no node that can be seen: the token lacks Sys.Audit on /nodes"
        return f"{place.query}: {words}; on a node run: {self._client.grant('/nodes')}"


def enveloped(data: object) -> tuple[str, bool]:
    """The data as the API answers it, at most 64 KiB: a map loses its longest values, a list its last items."""
    truncated = False
    while len(text := msgspec.json.encode({"data": data})) > EVIDENCE_BYTES_MAX:
        truncated = True
        if isinstance(data, dict) and data:
            lengths = {key: len(msgspec.json.encode(value)) for key, value in data.items()}
            longest = max(lengths, key=lengths.__getitem__)
            data = {key: value for key, value in data.items() if key != longest}
        else:
            data = data[: len(data) // 2] if isinstance(data, list) else None
    return text.decode(), truncated
